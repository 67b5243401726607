"""A person asks for their data, takes a copy, has it erased: without an account."""

import datetime as dt
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select, update

from moderation.db import Database
from moderation.flow.commenters import find_commenter
from moderation.flow.own.deletion import delete_own
from moderation.flow.personal.holds import set_hold
from moderation.models import Comment, Commenter, Erasure, Mail, Site
from moderation.privacy.links import ProofLinks
from moderation.services import Services
from moderation.statuses import ErasureScope, Status
from tests.doubles import NOON, Clock
from tests.factories import make_comment, set_policy
from tests.web.pages import Page

EMAIL = "ada@example.com"
MAIL = {"SMTP_HOST": "127.0.0.1", "SMTP_SECURITY": "none", "MAIL_FROM": "c@news.example.com"}


@pytest.fixture
def overrides(request: pytest.FixtureRequest) -> dict[str, Any]:
    return getattr(request, "param", MAIL)


@pytest.fixture
def link(services: Services, site: Site) -> str:
    """The link that was mailed to Ada, who wrote two comments and proved her address."""
    with services.database.transaction() as session:
        for body in ("A <b>tree</b>.", "Another."):
            made = make_comment(
                session,
                site,
                status=Status.APPROVED,
                body=body,
                email=EMAIL,
                vault=services.vault,
            )
        make_comment(
            session, site, name="Zqbob", body="Zqbob's.", email="b@x.org", vault=services.vault
        )
        ada = find_commenter(session, site, EMAIL, vault=services.vault)
        assert ada is not None and made.commenter_id == ada.id
        ada.confirmed_at = NOON
        public_id = ada.public_id
    links = ProofLinks(services.settings.SECRET_KEY.get_secret_value())
    return f"/p/{links.issue(public_id, 1, expires_at=NOON + dt.timedelta(days=30))}"


def mails(database: Database) -> list[Mail]:
    with database.reading() as session:
        return list(session.scalars(select(Mail).order_by(Mail.id)))


def bodies(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Comment.body).order_by(Comment.id)))


def ask(client: FlaskClient, email: str) -> tuple[int, str]:
    answer = client.post("/s/news/data", data={"email": email})
    return answer.status_code, answer.text


def test_known_and_unknown_addresses_are_answered_alike(
    client: FlaskClient, database: Database, link: str
) -> None:
    asked: list[list[str]] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        asked[-1].append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    answers = []
    for email in (EMAIL, "nobody@example.com", "b@x.org"):
        asked.append([])
        answers.append(ask(client, email))
    event.remove(database.engine, "before_cursor_execute", note)
    assert answers[0][0] == 200
    assert answers[0] == answers[1] == answers[2]
    assert asked[0] == asked[1] == asked[2]
    assert len(asked[0]) > 2
    assert [mail.commenter_id is None for mail in mails(database)] == [False, True, False]


def test_asking_shows_nothing_of_the_address(client: FlaskClient, link: str) -> None:
    page = Page(ask(client, EMAIL)[1])
    assert "a mail with a link is on its way" in page.text
    assert "ada" not in page.html.lower()


@pytest.mark.parametrize("email", ["", "no address", "a" * 250 + "@example.com"])
def test_what_is_no_address_is_refused(
    client: FlaskClient, database: Database, site: Site, email: str
) -> None:
    assert ask(client, email)[0] == 400
    assert mails(database) == []


@pytest.mark.parametrize("overrides", [{}], indirect=True)
def test_without_mail_it_says_whom_to_write_to(
    client: FlaskClient, database: Database, site: Site
) -> None:
    with database.transaction() as session:
        session.get_one(Site, site.id).policy = {"contact": "ann@news.example"}
    assert "Please write to ann@news.example." in Page(client.get("/s/news/data").text).text
    ask(client, EMAIL)
    assert mails(database) == []


@pytest.mark.parametrize("overrides", [{**MAIL, "RATE_SUBMIT": "2 per minute"}], indirect=True)
def test_nobody_asks_without_end(client: FlaskClient, database: Database, site: Site) -> None:
    assert [ask(client, f"n{n}@x.org")[0] for n in range(3)] == [200, 200, 429]
    assert len(mails(database)) == 2


@pytest.mark.parametrize("overrides", [{**MAIL, "RATE_SUBMIT": "2 per minute"}], indirect=True)
def test_nobody_takes_copies_without_end(client: FlaskClient, link: str) -> None:
    assert [client.post(f"{link}/export").status_code for _ in range(3)] == [200, 200, 429]


def test_the_copy_holds_ones_own_and_nothing_of_others(client: FlaskClient, link: str) -> None:
    answer = client.post(f"{link}/export", data={"format": "json"})
    data = json.loads(answer.text)
    assert data["email"] == EMAIL
    assert [comment["text"] for comment in data["comments"]] == ["A <b>tree</b>.", "Another."]
    assert "Zqbob" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "attachment" in answer.headers["Content-Disposition"]

    read = client.post(f"{link}/export", data={"format": "html"})
    assert "A &lt;b&gt;tree&lt;/b&gt;." in read.text
    assert EMAIL in read.text
    text = Page(read.text).text
    assert "May 4, 2026" in text and "T12:00" not in text, "for people to read"
    assert not re.search(r"[a-z][.:?][A-Z]", text)
    assert read.headers["Cache-Control"] == "no-store"


def test_all_of_it_speaks_the_sites_language(
    client: FlaskClient, database: Database, site: Site, link: str
) -> None:
    set_policy(database, site, language="de")
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "fr"
    copy = client.post(f"{link}/export", data={"format": "html"})
    refused = client.post(f"{link}/erasure", data={"scope": "all"})
    with database.transaction() as session:
        session.execute(update(Commenter).values(confirmed_at=None))
    unproven = client.post(f"{link}/erasure/cancel")
    answers = (copy, refused, unproven)
    assert [answer.status_code for answer in answers] == [200, 400, 404]
    for answer in answers:
        assert Page(answer.text).one("html").attrs["lang"] == "de"


@pytest.mark.parametrize("overrides", [{**MAIL, "RATE_SUBMIT": "1 per minute"}], indirect=True)
def test_whoever_asks_too_often_is_told_in_the_sites_language(
    client: FlaskClient, database: Database, site: Site, link: str
) -> None:
    set_policy(database, site, language="de")
    assert client.post(f"{link}/export").status_code == 200
    answer = client.post(f"{link}/export", headers={"Accept-Language": "fr"})
    assert answer.status_code == 429
    assert Page(answer.text).one("html").attrs["lang"] == "de"


def test_what_only_a_legal_hold_keeps_stands_neither_in_the_list_nor_in_the_copy(
    client: FlaskClient, database: Database, link: str
) -> None:
    assert "Another." in client.get(link).text
    with database.transaction() as session:
        comment = session.scalars(select(Comment).where(Comment.body == "Another.")).one()
        until = NOON + dt.timedelta(days=30)
        set_hold(session, comment, reason="court", expires_at=until, now=NOON, moderator=None)
        delete_own(session, comment.id, version_seen=comment.version, now=NOON)
    assert "Another." in bodies(database)
    answers = [client.get(link)]
    answers += [client.post(f"{link}/export", data={"format": each}) for each in ("json", "html")]
    for answer in answers:
        assert "tree" in answer.text and "Another." not in answer.text


def test_no_other_page_learns_the_link(client: FlaskClient, link: str) -> None:
    acts = {
        "export": {"format": "html"},
        "erasure": {"scope": "texts"},
        "erasure/cancel": {},
        "wishes": {},
    }
    answers = [client.get(link)]
    answers += [client.post(f"{link}/{act}", data=data) for act, data in acts.items()]
    assert [answer.status_code for answer in answers] == [200, 200, 303, 303, 303]
    for answer in answers:
        assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("scope", ErasureScope)
def test_erasure_can_be_taken_back_and_else_is_carried_out(
    client: FlaskClient, services: Services, clock: Clock, link: str, scope: ErasureScope
) -> None:
    assert client.post(f"{link}/erasure", data={"scope": scope}).status_code == 303
    assert "May 11, 2026" in client.get(link).text
    assert client.post(f"{link}/erasure/cancel").status_code == 303
    assert "May 11, 2026" not in client.get(link).text
    clock.forward(8 * 86_400)
    services.housekeeper()
    assert "" not in bodies(services.database)

    client.post(f"{link}/erasure", data={"scope": scope})
    clock.forward(7 * 86_400)
    services.housekeeper()
    assert bodies(services.database) == ["", "", "Zqbob's."]
    # The link to what is gone leads nowhere.
    assert client.get(link).status_code == (404 if scope is ErasureScope.EVERYTHING else 200)


def test_reading_changes_nothing(client: FlaskClient, link: str, everything: Any) -> None:
    before = everything()
    for path in (link, f"{link}/export", f"{link}/erasure", f"{link}/erasure/cancel"):
        client.get(path)
    client.get("/s/news/data")
    assert everything() == before


@pytest.mark.parametrize("act", ["export", "erasure", "erasure/cancel"])
def test_who_did_not_prove_the_address_gets_nothing(
    client: FlaskClient, services: Services, site: Site, link: str, act: str
) -> None:
    with services.database.transaction() as session:
        ada = find_commenter(session, site, EMAIL, vault=services.vault)
        assert ada is not None
        ada.confirmed_at = None
    assert client.post(f"{link}/{act}", data={"scope": "texts"}).status_code == 404
    assert client.post(f"{link}x/{act}", data={"scope": "texts"}).status_code == 404
    with services.database.reading() as session:
        assert session.scalars(select(Erasure)).all() == []


def test_an_unknown_scope_is_refused(client: FlaskClient, database: Database, link: str) -> None:
    assert client.post(f"{link}/erasure", data={"scope": "all"}).status_code == 400
    with database.reading() as session:
        assert session.scalars(select(Erasure)).all() == []
