"""Every refusal of `POST /s/<site>/comments`, as a page and as JSON."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from config import Settings
from moderation.db import Database
from moderation.models import Comment, Site
from moderation.statuses import Status
from moderation.web.readers import stand, submissions
from tests.doubles import Clock
from tests.factories import make_comment, make_site
from tests.web.pages import JSON, Page, Reader, errors_of

Stored = Callable[[], list[Comment]]
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_it_answers_400_with_the_errors_of_each_field(reader: Reader, stored: Stored) -> None:
    answer = reader.send_json(name="", email="ada@", body="")

    assert answer.status_code == 400
    assert answer.get_json() == {
        "errors": {
            "name": ["Please enter a name."],
            "email": ["Please enter an email address, such as name@example.com."],
            "body": ["Please write a comment."],
        }
    }
    assert not stored()


@sqlite
def test_it_answers_400_for_an_article_of_elsewhere(reader: Reader, stored: Stored) -> None:
    token = reader.token()

    answers = [
        reader.client.post(
            reader.path, data=reader.fields(article=url, csrf_token=token), headers=h
        )
        for url in ("https://evil.example/", "", "javascript:alert(1)")
        for h in (JSON, {})
    ]

    assert [answer.status_code for answer in answers] == [400] * 6
    assert "not on one of this site" in errors_of(answers[0])["form"][0]
    assert "not on one of this site" in answers[1].text
    assert not stored()


def test_it_answers_403_where_comments_are_closed(
    database: Database, reader: Reader, stored: Stored
) -> None:
    with database.transaction() as session:
        make_site(session, "shut", publishing="closed")
    reader.site = "shut"
    token = reader.client.get(
        "/s/shut/form-token", query_string={"article": reader.article}
    ).get_json()["csrf_token"]

    page = reader.send(csrf_token=token, body="kept text")
    as_json = reader.send_json(csrf_token=token)
    incomplete = reader.send_json(csrf_token=token, name="")

    assert [a.status_code for a in (page, as_json, incomplete)] == [403] * 3
    assert Page(page.text).one("textarea", id="kept").text.strip() == "kept text"
    assert errors_of(as_json) == errors_of(incomplete) == {"form": ["Comments are closed here."]}
    assert not stored()


def test_it_answers_409_to_the_same_text_under_another_token(
    reader: Reader, stored: Stored
) -> None:
    reader.send()

    page = reader.send(body="  what a LOVELY tree. ")
    as_json = reader.send_json()

    assert (page.status_code, as_json.status_code) == (409, 409)
    notice = Page(page.text).one("div", id="notice")
    assert notice.text.strip() == "You said this already."
    assert "refused" not in notice.attrs["class"], "nothing went wrong"
    assert Page(page.text).value("body").strip() == "what a LOVELY tree."
    assert "You said this already" in errors_of(as_json)["form"][0]
    assert len(stored()) == 1


@sqlite
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_it_answers_413_to_more_than_64_kilobytes(
    reader: Reader, stored: Stored, kind: str
) -> None:
    fields = reader.fields(body="x" * 65_536)

    page = reader.client.post(reader.path, data=fields, content_type=kind)
    as_json = reader.client.post(reader.path, data=fields, content_type=kind, headers=JSON)

    assert (page.status_code, as_json.status_code) == (413, 413)
    assert "too long to send" in page.text
    assert "too long to send" in as_json.get_json()["message"]
    assert not stored()


@sqlite
@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain", "", "application/x-www-form-urlencodedx"]
)
def test_it_answers_415_to_what_is_no_form(reader: Reader, stored: Stored, kind: str) -> None:
    body = '{"name": "Ada"}'

    page = reader.client.post(reader.path, data=body, content_type=kind)
    as_json = reader.client.post(reader.path, data=body, content_type=kind, headers=JSON)

    assert (page.status_code, as_json.status_code) == (415, 415)
    assert "Please send the form from the page itself." in page.text
    assert as_json.get_json()["error"] == "http_415"
    assert not stored()


@sqlite
@pytest.mark.parametrize("overrides", [{"RATE_SUBMIT": "2 per minute"}], indirect=True)
def test_it_answers_429_with_retry_after_and_keeps_the_text(reader: Reader, stored: Stored) -> None:
    for body in ("One.", "Two."):
        assert reader.send(body=body).status_code == 202

    page = reader.send(body="Three.")
    as_json = reader.send_json(body="Three.")

    assert (page.status_code, as_json.status_code) == (429, 429)
    assert 0 < int(page.headers["Retry-After"]) <= 61
    assert 0 < int(as_json.headers["Retry-After"]) <= 61
    assert Page(page.text).value("body").strip() == "Three."
    (told,) = errors_of(as_json)["form"]
    assert re.search(r"please send it again in (1 minute|\d+ seconds)\.", told)
    assert len(stored()) == 2


@sqlite
def test_it_answers_503_with_the_text_when_the_database_fails(
    reader: Reader, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = reader.token()

    def fail(*_args: object, **_more: object) -> None:
        raise OperationalError("INSERT …", {}, Exception("disk full"))

    monkeypatch.setattr(submissions, "submit", fail)
    page = reader.send(csrf_token=token, body="Worth keeping.")
    as_json = reader.send_json(csrf_token=token)

    assert (page.status_code, as_json.status_code) == (503, 503)
    assert page.headers["Retry-After"] == as_json.headers["Retry-After"] == "60"
    parsed = Page(page.text)
    assert parsed.value("body").strip() == "Worth keeping."
    assert "could not be stored" in parsed.one("div", id="notice").text
    assert "could not be stored" in errors_of(as_json)["form"][0]
    assert "disk full" not in page.text + as_json.text
    monkeypatch.undo()
    assert reader.send(csrf_token=parsed.value("csrf_token")).status_code == 202
    assert len(stored()) == 1


@sqlite
def test_it_answers_503_when_the_database_is_gone(
    reader: Reader, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = reader.fields()

    def fail(*_args: object, **_more: object) -> None:
        raise OperationalError("SELECT …", {}, Exception("no route to host"))

    monkeypatch.setattr(stand, "find_site", fail)
    answers = [
        reader.client.post(reader.path, data=fields),
        reader.client.post(reader.path, data=fields, headers=JSON),
        reader.read(),
    ]

    assert [answer.status_code for answer in answers] == [503] * 3
    assert {answer.headers["Retry-After"] for answer in answers} == {"60"}
    assert not any("no route" in answer.text for answer in answers)


@sqlite
@pytest.mark.parametrize("status", [Status.HELD, Status.REJECTED, Status.DELETED])
def test_an_unknown_a_foreign_and_a_hidden_parent_answer_alike(
    reader: Reader, database: Database, site: Site, stored: Stored, status: Status
) -> None:
    with database.transaction() as session:
        hidden = make_comment(session, site, status=status)
        foreign = make_comment(
            session, site, status=Status.APPROVED, article=f"{reader.article}/other"
        )
    before = len(stored())

    answers = [
        reader.send_json(parent=parent, csrf_token=reader.token())
        for parent in ("nobody", foreign.public_id, hidden.public_id)
    ]
    page = reader.send(parent="nobody", body="Kept.")

    assert {(a.status_code, a.text) for a in answers} == {(400, answers[0].text)}
    assert errors_of(answers[0]) == {"parent": ["The comment you reply to is no longer there."]}
    assert page.status_code == 400
    assert Page(page.text).value("parent") == "", "the next attempt goes through"
    assert Page(page.text).value("body").strip() == "Kept."
    assert len(stored()) == before


@sqlite
def test_an_unknown_site_is_not_there(reader: Reader) -> None:
    reader.site = "nowhere"

    assert reader.read().status_code == 404
    assert reader.send(csrf_token="x").status_code == 404
    assert reader.send_json(csrf_token="x").get_json()["error"] == "unknown_site"


class TestAsShipped:
    """The limits that an installation starts with."""

    @pytest.fixture
    def overrides(self) -> dict[str, Any]:
        names = ("FORM_MIN_AGE", "RATE_SUBMIT", "RATE_COMMENTER")
        return {name: Settings.model_fields[name].default for name in names}

    @sqlite
    def test_they_let_a_person_talk_and_stop_a_flood(self, reader: Reader, clock: Clock) -> None:
        token = reader.token()
        assert reader.send(csrf_token=token).status_code == 400, "faster than a person types"
        codes = []
        for number in range(14):
            token = reader.token()
            clock.forward(2)
            codes.append(reader.send(csrf_token=token, body=f"Thought {number}.").status_code)

        assert codes == [202] * 11 + [429] * 3
