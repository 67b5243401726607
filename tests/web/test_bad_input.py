"""Bad input: each gets its documented status and a clear message, is logged by id only, and
changes nothing."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from moderation.db import Database
from moderation.models import Comment, Site
from moderation.statuses import Status
from tests.doubles import Clock
from tests.factories import ARTICLE, make_comment, make_site
from tests.web.pages import Page, Reader

SECRET_BODY = "Seventeen purple larches whisper."
SECRET_NAME = "Zebulon Quux"
SECRET_EMAIL = "zebulon.quux@example.com"


class Bad(NamedTuple):
    """What is wrong, the status it gets, and a part of the message."""

    fields: Mapping[str, str | None]
    status: int
    message: str


FIELDS = {
    "name missing": Bad({"name": None}, 400, "Please enter a name."),
    "name empty": Bad({"name": ""}, 400, "Please enter a name."),
    "name of spaces": Bad({"name": " \t\n "}, 400, "Please enter a name."),
    "name too long": Bad({"name": "x" * 81}, 400, "at most 80 characters"),
    "name an email": Bad({"name": SECRET_EMAIL}, 400, "Please use a name"),
    "email missing": Bad({"email": None}, 400, "Please enter your email"),
    "email malformed": Bad({"email": "zebulon@@example"}, 400, "Please enter an email"),
    "email with a line": Bad({"email": "a@example.com\r\nBcc: b@c.de"}, 400, "enter an email"),
    "email too long": Bad({"email": "x" * 250 + "@example.com"}, 400, "too long"),
    "email with NUL": Bad({"email": "zebulon\0@@example.com"}, 400, "Please enter an email"),
    "body missing": Bad({"body": None}, 400, "Please write a comment."),
    "body empty": Bad({"body": ""}, 400, "Please write a comment."),
    "body of spaces": Bad({"body": " \n\u3000\u200b\t"}, 400, "Please write a comment."),
    "body of controls": Bad({"body": "\x00\x01\x7f\u202e"}, 400, "Please write a comment."),
    "body too long": Bad({"body": "x" * 10_001}, 400, "at most 10,000 characters"),
    "body of 100,000": Bad({"body": "x" * 100_000}, 413, "too long to send"),
    "body with the email": Bad({"body": f"Me: {SECRET_EMAIL}"}, 400, "stands in your comment"),
    "article missing": Bad({"article": None}, 400, "address is missing"),
    "article of elsewhere": Bad({"article": "https://evil.example/"}, 400, "one of this site"),
    "article no address": Bad({"article": "javascript:alert(1)"}, 400, "one of this site"),
    "article disguised": Bad(
        {"article": "https://evil.example\\@news.example.com/"}, 400, "one of this site"
    ),
    "article with NUL": Bad({"article": f"{ARTICLE}\0"}, 400, "one of this site"),
    "article too long": Bad({"article": f"{ARTICLE}?{'x' * 2000}"}, 400, "one of this site"),
    "parent unknown": Bad({"parent": "nobody"}, 400, "no longer there"),
    "parent with NUL": Bad({"parent": "no\0body"}, 400, "no longer there"),
    "token missing": Bad({"csrf_token": None}, 400, "could not be recognised"),
    "token forged": Bad({"csrf_token": "WyJ4Il0.forged"}, 400, "could not be recognised"),
    "token with NUL": Bad({"csrf_token": "\0"}, 400, "could not be recognised"),
}


@pytest.fixture
def overrides(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"LOG_LEVEL": getattr(request, "param", "INFO")}


@pytest.fixture
def logged(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> Callable[[], str]:
    """Everything that was logged, by us and by libraries, at every level."""
    caplog.set_level(logging.DEBUG)

    def read() -> str:
        out, err = capfd.readouterr()
        return out + err + "\n".join(str(record.__dict__) for record in caplog.records)

    return read


@pytest.mark.parametrize("case", FIELDS)
def test_it_is_refused_with_its_reason_and_changes_nothing(
    reader: Reader, case: str, everything: Callable[[], object], logged: Callable[[], str]
) -> None:
    bad = FIELDS[case]
    fields = {"name": SECRET_NAME, "email": SECRET_EMAIL, "body": SECRET_BODY, **bad.fields}
    token = reader.token()
    before = everything()

    page = reader.send(**{"csrf_token": token, **fields})
    as_json = reader.send_json(**{"csrf_token": token, **fields})

    assert (page.status_code, as_json.status_code) == (bad.status, bad.status)
    assert bad.message in Page(page.text).text
    assert bad.message in str(as_json.get_json()["errors"])
    assert everything() == before
    assert_no_content(logged(), reader, fields, token)


def assert_no_content(
    lines: str, reader: Reader, fields: Mapping[str, str | None], token: str
) -> None:
    """The log names what happened, and holds nothing that was typed."""
    assert "request" in lines and reader.path.replace("news", "<site_key>") in lines
    secrets = {SECRET_NAME, SECRET_EMAIL, SECRET_BODY, token, "Seventeen", "zebulon", ARTICLE}
    typed = {
        value for name, value in fields.items() if name != "parent" and value and len(value) > 5
    }
    for secret in secrets | {value[:40] for value in typed if value.strip()}:
        assert secret not in lines, secret


@pytest.mark.parametrize("overrides", ["DEBUG"], indirect=True)
def test_nothing_typed_is_logged_at_any_level_when_all_goes_well(
    reader: Reader, desk: FlaskClient, logged: Callable[[], str]
) -> None:
    token = reader.token()
    fields = {"name": SECRET_NAME, "email": SECRET_EMAIL, "body": SECRET_BODY, "csrf_token": token}

    sent = reader.send_json(**fields)
    reader.send(**{**fields, "body": "Seventeen others."})
    reader.send(**{**fields, "csrf_token": ""})
    private = sent.get_json()["manage_url"].partition(":8000")[2]
    assert reader.client.get(private).status_code == 200
    assert desk.get("/queue").status_code == 200
    login = Page(reader.client.get("/login").text).value("csrf_token")
    refused = {"email": SECRET_EMAIL, "password": SECRET_BODY, "csrf_token": login}
    assert reader.client.post("/login", data=refused).status_code == 401

    lines = logged()
    assert_no_content(lines, reader, fields, token)
    assert private not in lines and private.removeprefix("/c/") not in lines
    assert login not in lines
    assert sent.get_json()["id"] not in lines, "the numeric id stands for it"


@pytest.mark.parametrize("overrides", ["DEBUG"], indirect=True)
def test_nothing_typed_is_logged_when_we_break(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str]
) -> None:
    fields = reader.fields(name=SECRET_NAME, email=SECRET_EMAIL, body=SECRET_BODY)

    def fail(*_args: object, **_more: object) -> None:
        raise RuntimeError(f"{SECRET_BODY} by {SECRET_EMAIL}")

    monkeypatch.setattr("moderation.flow.submit.store_comment", fail)
    answer = reader.client.post(reader.path, data=fields)

    assert answer.status_code == 500
    assert "Something went wrong on our side." in answer.text
    lines = logged()
    assert "unexpected_error" in lines and "RuntimeError" in lines
    assert_no_content(lines, reader, fields, fields["csrf_token"])


@pytest.mark.parametrize(
    "path",
    [
        "/s/nowhere/comments",
        "/s/%00/comments",
        "/s/news%00/comments",
        "/s/%ED%A0%80/comments.json",
        "/s/nowhere/form-token",
        "/s/nowhere/counts.json",
        "/c/%00",
        "/c/" + "x" * 5000,
        "/c/..%2f..%2fetc%2fpasswd",
        "/static/../config.py",
        "/static/%2e%2e/%2e%2e/config.py",
        "/static/%00",
        "/%00",
        "/queue%00",
    ],
)
def test_what_is_not_there_is_not_there(client: FlaskClient, site: Site, path: str) -> None:
    answer = client.get(path, query_string={"article": ARTICLE})

    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/queue/%00", "/queue/a%00b", "/queue/unknown", "/queue/"])
def test_what_is_not_there_is_not_there_for_moderators(desk: FlaskClient, path: str) -> None:
    assert desk.get(path).status_code == 404


@pytest.mark.parametrize("kind", ["parent", "after", "title", "published"])
@pytest.mark.parametrize("value", ["\0", "\ud800".encode("utf-8", "surrogatepass"), "9" * 9999])
def test_a_broken_address_still_shows_the_thread(
    client: FlaskClient, database: Database, site: Site, kind: str, value: Any
) -> None:
    with database.transaction() as session:
        make_comment(session, site, status=Status.APPROVED)

    answer = client.get("/s/news/comments", query_string={"article": ARTICLE, kind: value})

    assert answer.status_code == 200
    assert "What a lovely tree." in answer.text


@pytest.mark.parametrize(
    "published", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00", "0001-01-01", "x"]
)
def test_a_date_at_the_end_of_the_calendar_breaks_nothing(
    database: Database, reader: Reader, published: str
) -> None:
    with database.transaction() as session:
        make_site(session, "brief", closes_after_days=30)
    reader.site = "brief"

    assert reader.read(published=published).status_code == 200
    token = reader.token()
    assert reader.send(csrf_token=token, published=published).status_code in (202, 403)


def test_a_comment_longer_than_allowed_in_four_byte_letters_is_told_so(reader: Reader) -> None:
    answer = reader.client.post(
        reader.path,
        data=reader.fields(body="𝄞" * 10_001),
        content_type="multipart/form-data",
    )

    assert answer.status_code == 400
    assert "at most 10,000 characters" in answer.text


def test_lone_surrogates_and_broken_bytes_become_readable_text(
    reader: Reader, database: Database, clock: Clock
) -> None:
    token = reader.token()
    fields = reader.fields(csrf_token=token, body="x")
    fields.pop("body")
    sent = "&".join(f"{name}={value}" for name, value in fields.items())

    answer = reader.client.post(
        reader.path,
        data=f"{sent}&body=broken+%ED%A0%80+%FF+bytes".encode(),
        content_type="application/x-www-form-urlencoded",
    )

    assert answer.status_code == 202


def test_a_get_writes_nothing(
    reader: Reader, database: Database, desk: FlaskClient, everything: Callable[[], object]
) -> None:
    written = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def _watch(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        written.append(statement.split()[0].upper())

    before = everything()
    reader.read(title="New", published="2026-05-01")
    desk.get("/queue")

    assert set(written) - {"SELECT", "BEGIN"} == set()
    assert everything() == before


def test_a_comment_of_another_site_is_no_parent(
    reader: Reader, database: Database, stored: Callable[[], list[Comment]]
) -> None:
    with database.transaction() as session:
        other = make_site(session, "other")
        foreign = make_comment(session, other, status=Status.APPROVED)

    assert reader.send(parent=foreign.public_id).status_code == 400
    assert len(stored()) == 1
