"""Who may have a reader's browser send a form: our pages and the site's, and programs."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.db import Database
from moderation.models import Comment, Site
from moderation.web.gate import PUBLIC
from tests.factories import ARTICLE, ORIGIN, make_site
from tests.web.pages import JSON, Page, Reader

OURS, EVIL = "https://comments.example.com", "https://evil.example"
HOST = "http://localhost"  # the other name by which the tests' client reaches us
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def sent_by(relation: str | None = None, origin: str | None = None) -> dict[str, str]:
    """The headers by which a browser says who sends a form."""
    told = {"Sec-Fetch-Site": relation, "Origin": origin}
    return {name: value for name, value in told.items() if value is not None}


WELCOME = {
    "our page, in a frame or by itself": sent_by("same-origin", OURS),
    "our page, which sends no referrer": sent_by("same-origin", "null"),
    "a form on the site's page, or its script": sent_by("cross-site", ORIGIN),
    "the site's page on a neighbouring host": sent_by("same-site", ORIGIN),
    "nobody but the reader": sent_by("none"),
    "our page, in an older browser": sent_by(None, OURS),
    "our page by its other name, in an older browser": sent_by(None, HOST),
    "the site's page, in an older browser": sent_by(None, ORIGIN),
    "a program": sent_by(),
}
FOREIGN = {
    "a foreign page": sent_by("cross-site", EVIL),
    "a foreign page without referrer, or a sandbox": sent_by("cross-site", "null"),
    "a browser that leaves the origin out": sent_by("cross-site"),
    "a neighbouring host of somebody else": sent_by("same-site", "https://evil.example.com"),
    "a neighbouring host without referrer": sent_by("same-site", "null"),
    "a host with a name like the site's": sent_by("cross-site", f"{ORIGIN}.evil.example"),
    "a page of another site here": sent_by("cross-site", "https://other.example.com"),
    "a relation that is not known yet": sent_by("nested", EVIL),
    "a foreign page, in an older browser": sent_by(None, EVIL),
    "a page without referrer, in an older browser or over http": sent_by(None, "null"),
}


@pytest.fixture
def overrides() -> dict[str, Any]:
    mail = {"SMTP_HOST": "127.0.0.1", "SMTP_SECURITY": "none", "MAIL_FROM": "c@news.example.com"}
    return {"PUBLIC_URL": OURS, **mail}


@pytest.fixture
def send_all(
    reader: Reader, write: Callable[..., Comment], database: Database
) -> Callable[[dict[str, str]], dict[str, TestResponse]]:
    """Sends a comment, a report and an address, as a browser with these headers does."""
    comment = write()
    with database.transaction() as session:
        make_site(session, "other").origins = ["https://other.example.com"]

    def send(headers: dict[str, str]) -> dict[str, TestResponse]:
        fields = reader.fields()
        report = {**fields, "comment": comment.public_id, "reason": "spam"}
        forms = {"comments": fields, "reports": report, "data": {"email": "ada@example.com"}}
        return {
            name: reader.client.post(f"/s/news/{name}", data=form, headers=headers)
            for name, form in forms.items()
        }

    return send


@pytest.mark.parametrize("who", FOREIGN)
def test_a_foreign_page_sends_nothing_through_its_visitors(
    send_all: Callable[[dict[str, str]], dict[str, TestResponse]],
    everything: Callable[[], object],
    who: str,
) -> None:
    before = everything()

    codes = {name: answer.status_code for name, answer in send_all(FOREIGN[who]).items()}

    assert codes == {"comments": 403, "reports": 403, "data": 403}
    assert everything() == before


@sqlite
@pytest.mark.parametrize("who", WELCOME)
def test_our_pages_those_of_the_site_and_programs_send_what_they_like(
    send_all: Callable[[dict[str, str]], dict[str, TestResponse]], who: str
) -> None:
    codes = {name: answer.status_code for name, answer in send_all(WELCOME[who]).items()}

    assert codes == {"comments": 202, "reports": 202, "data": 200}


@sqlite
def test_every_form_of_readers_without_a_secret_in_its_address_asks_who_sends_it(
    app: Flask, client: FlaskClient, site: Site
) -> None:
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        and rule.endpoint in PUBLIC
        and rule.endpoint.startswith("readers.")
        and "token" not in rule.arguments
    ]

    assert len(rules) >= 4
    for rule in rules:
        path = rule.rule.replace("<site_key>", "news")
        answer = client.post(path, headers={**JSON, **FOREIGN["a foreign page"]})
        assert (answer.status_code, answer.get_json()["error"]) == (403, "foreign_form"), path


@sqlite
def test_who_typed_something_is_told_what_became_of_it(reader: Reader) -> None:
    headers = FOREIGN["a foreign page"]

    page = reader.client.post(reader.path, data=reader.fields(), headers=headers)
    lost = reader.client.post(reader.path, data=b"x", headers={**headers, "Content-Type": "x/y"})

    said = Page(page.text).one("h1").text
    assert "nothing was sent" in said and "back button keeps what you typed" in said
    assert f"frame-ancestors {ORIGIN}" in page.headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in page.headers
    assert lost.status_code == 403


@sqlite
def test_the_refusal_is_said_in_the_language_of_the_site(
    reader: Reader, database: Database, site: Site
) -> None:
    with database.transaction() as session:
        session.get_one(Site, site.id).policy = {"language": "de"}

    answer = reader.client.post(
        reader.path, data={"article": ARTICLE}, headers=FOREIGN["a foreign page"]
    )

    assert "Zurück-Taste" in Page(answer.text).one("h1").text


@sqlite
def test_the_links_that_a_browser_keeps_are_asked_about_by_our_pages_alone(
    client: FlaskClient, site: Site
) -> None:
    def ask(headers: dict[str, str]) -> int:
        return client.post("/s/news/mine", data={"article": ARTICLE}, headers=headers).status_code

    for who in ("our page, in a frame or by itself", "our page, in an older browser", "a program"):
        assert ask(WELCOME[who]) == 200, who
    for headers in (sent_by("cross-site", ORIGIN), sent_by(None, ORIGIN), *FOREIGN.values()):
        assert ask(headers) == 403, headers
