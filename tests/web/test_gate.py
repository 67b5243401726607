"""Closed by default: what a stranger reaches is one list, and no GET changes anything."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.routing import Rule

from moderation.db import Base, Database
from moderation.services import Services
from moderation.statuses import Role, Status
from moderation.web.gate import PUBLIC
from moderation.web.moderators.tables import TABLES
from moderation.web.owners.sites import FORMS
from tests.factories import ARTICLE, PASSWORD, make_comment, make_moderator, make_site

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def browsers(services: Services, database: Database, app: Flask) -> dict[str, FlaskClient]:
    """A stranger's browser and an owner's, on an installation where something has happened."""
    with database.transaction() as session:
        site = make_site(session)
        make_comment(session, site, status=Status.APPROVED)
        make_comment(
            session, site, status=Status.HELD, email="ada@example.com", vault=services.vault
        )
        make_moderator(session, services.vault, role=Role.OWNER)
    owner = app.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', owner.get("/login").text)
    assert token
    fields = {"email": "grace@example.com", "password": PASSWORD, "csrf_token": token[1]}
    assert owner.post("/login", data=fields).status_code == 302
    return {"stranger": app.test_client(), "owner": owner}


def rules_of(app: Flask) -> list[Rule]:
    """Every rule of the app."""
    rules = list(app.url_map.iter_rules())
    assert len(rules) >= 15
    return rules


def address(rule: Rule, database: Database) -> str:
    """An address that the rule takes: of what is there, where something is."""
    with database.reading() as session:
        public_id = session.scalar(text("SELECT public_id FROM comments WHERE status = 'held'"))
        commenter_id = session.scalar(text("SELECT public_id FROM commenters"))
    values = {"site_key": "news", "public_id": public_id, "filename": "base.css", "token": "x"}
    values["name"] = next(iter(TABLES))
    values["section"] = next(iter(FORMS))
    values["commenter_id"] = commenter_id
    values |= dict.fromkeys(
        (
            *("article_id", "person_id", "session_id", "invitation_id"),
            *("ban_id", "standing_id", "text_id", "webhook_id", "note_id"),
        ),
        "1",
    )
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values[match[1]]), rule.rule)
    return f"{path}?article={ARTICLE}"


def call(browser: FlaskClient, path: str, method: str) -> tuple[int, str]:
    """The answer's status and where it leads."""
    answer = browser.open(path, method=method)
    answer.close()
    return answer.status_code, answer.headers.get("Location", "")


@sqlite
def test_a_stranger_reaches_nothing_but_what_is_public(
    app: Flask, browsers: dict[str, FlaskClient], database: Database
) -> None:
    closed = [rule for rule in rules_of(app) if rule.endpoint not in PUBLIC]
    assert len(closed) >= 5
    for rule in closed:
        for method in METHODS:
            code, leads = call(browsers["stranger"], address(rule, database), method)
            is_sent_to_login = code == 302 and leads.startswith("/login?next=")
            is_allowed = method in (rule.methods or ())
            assert is_sent_to_login or code in (401, 404, *(() if is_allowed else (405,))), (
                f"{method} {rule.rule} answers a stranger {code}"
            )


@sqlite
def test_what_is_closed_opens_for_those_who_signed_in(
    app: Flask, browsers: dict[str, FlaskClient], database: Database
) -> None:
    closed = [r for r in rules_of(app) if r.endpoint not in PUBLIC and "GET" in (r.methods or ())]

    for rule in closed:
        code, leads = call(browsers["owner"], address(rule, database), "GET")
        leads_on = code == 302 and leads in ("/queue", "/articles/1/rules")
        assert code == 200 or leads_on, rule.rule


@sqlite
def test_every_public_endpoint_exists(app: Flask) -> None:
    assert PUBLIC <= app.view_functions.keys()


@sqlite
@pytest.mark.parametrize("who", ["stranger", "owner"])
def test_a_get_never_changes_anything(
    app: Flask, browsers: dict[str, FlaskClient], database: Database, who: str
) -> None:
    def everything() -> dict[str, list[str]]:
        with database.reading() as session:
            return {
                table.name: sorted(repr(tuple(row)) for row in session.execute(table.select()))
                for table in Base.metadata.sorted_tables
            }

    before = everything()
    assert before["comments"] and before["events"] and before["sign_ins"]
    for rule in rules_of(app):
        for method in ("GET", "HEAD", "OPTIONS"):
            code, _ = call(browsers[who], address(rule, database), method)
            assert code < 500 or rule.endpoint == "machines.readyz", rule.rule
    assert everything() == before
