"""Every answer of `POST /s/<site>/comments`, as a page and as JSON."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from config import Settings
from moderation.db import Database
from moderation.models import Comment, Site
from moderation.services import Services
from moderation.statuses import Code, Status
from moderation.web.readers import stand, submissions
from moderation.worker import Worker
from tests.doubles import Clock
from tests.factories import make_comment, make_site
from tests.web.pages import JSON, Page, Reader, errors_of

Stored = Callable[[], list[Comment]]


@pytest.fixture
def overrides(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings of one test: `@pytest.mark.parametrize("overrides", [{…}], indirect=True)`."""
    return dict(getattr(request, "param", {}))


@pytest.fixture
def scoring(worker: Worker) -> Iterator[None]:
    """A scorer that works beside the requests."""
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(0.01):
            worker.tick()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    ended.set()
    thread.join()


def settings(**values: object) -> pytest.MarkDecorator:
    """Run the test with these settings."""
    return pytest.mark.parametrize("overrides", [values], indirect=True)


sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@settings(SCORE_WAIT=60)
def test_it_answers_201_when_the_comment_is_published_at_once(
    reader: Reader, scoring: None, stored: Stored
) -> None:
    answer = reader.send_json()

    assert answer.status_code == 201
    comment = stored()[0]
    assert answer.get_json() == {
        "id": comment.public_id,
        "status": "approved",
        "message": "Thank you. Your comment is published.",
        "manage_url": answer.get_json()["manage_url"],
    }
    assert answer.get_json()["manage_url"].startswith("http://127.0.0.1:8000/c/")
    assert comment.status is Status.APPROVED


@sqlite
@settings(SCORE_WAIT=60)
def test_its_page_shows_the_comment_published_at_once(reader: Reader, scoring: None) -> None:
    answer = reader.send(body="Limes are best.")

    assert answer.status_code == 201
    page = Page(answer.text)
    assert "Thank you. Your comment is published." in page.one("div", id="notice").text
    assert "1 comment" in page.one("h1").text
    assert "Limes are best." in page.one("ol", class_="thread").text
    assert page.value("body") == "", "the next form is empty"


@sqlite
@settings(SCORE_WAIT=60)
def test_it_answers_202_when_the_comment_is_held_at_once(reader: Reader, scoring: None) -> None:
    answer = reader.send_json(body="You idiot.")

    assert (answer.status_code, answer.get_json()["status"]) == (202, "held")
    assert answer.get_json()["message"].endswith("a person will look at it.")


@sqlite
@settings(SCORE_WAIT=60)
def test_it_tells_a_rejection_on_the_private_page_only(
    database: Database, reader: Reader, scoring: None, stored: Stored
) -> None:
    with database.transaction() as session:
        make_site(session, "strict", banned_words=["larch"], reject_banned_words=True)
    reader.site = "strict"

    answer = reader.send_json(body="A larch.")

    assert stored()[0].status is Status.REJECTED
    assert (answer.status_code, answer.get_json()["status"]) == (202, "held")
    page = reader.client.get(answer.get_json()["manage_url"].partition(":8000")[2])
    assert "Your comment was not published." in page.text
    assert "larch" not in Page(page.text).one("h1").text


def test_it_answers_202_while_the_comment_is_checked(reader: Reader, stored: Stored) -> None:
    answer = reader.send()
    as_json = reader.send_json(body="Another thought.")

    assert (answer.status_code, as_json.status_code) == (202, 202)
    assert "received and is being checked" in Page(answer.text).one("div", id="notice").text
    assert as_json.get_json()["status"] == "processing"
    assert [comment.status for comment in stored()] == [Status.PROCESSING] * 2
    assert "What a lovely tree." not in reader.page().text, "nobody else sees it yet"


@sqlite
@settings(SCORE_WAIT=0.3, SCORE_WAITERS=1)
def test_it_waits_no_longer_than_told_and_with_no_more_requests_than_told(
    reader: Reader, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed, pauses = [0.0], []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        passed[0] += seconds

    clock = SimpleNamespace(monotonic=lambda: passed[0], sleep=sleep)
    monkeypatch.setattr(submissions, "time", clock)
    token = reader.token()
    reader.send_json(csrf_token=token)
    assert sum(pauses) == pytest.approx(0.3, abs=2 * submissions.LOOK_EVERY)
    pauses.clear()
    assert services.waiters.acquire(blocking=False)

    answer = reader.send_json(csrf_token=token)

    services.waiters.release()
    assert (answer.status_code, pauses) == (202, [])


@sqlite
def test_a_retry_learns_the_outcome_though_all_waiting_places_are_taken(
    reader: Reader, worker: Worker, services: Services
) -> None:
    token = reader.token()
    reader.send_json(csrf_token=token)
    worker.tick()
    while services.waiters.acquire(blocking=False):
        pass

    assert reader.send_json(csrf_token=token).status_code == 201


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


def test_it_answers_a_retry_after_the_article_closed_as_it_answered_before(
    database: Database, reader: Reader, site: Site, stored: Stored
) -> None:
    token = reader.token()
    first = reader.send_json(csrf_token=token)
    with database.transaction() as session:
        session.get_one(Site, site.id).policy = {"publishing": "closed"}

    again = reader.send_json(csrf_token=token)

    assert (again.status_code, again.get_json()) == (202, first.get_json())
    assert len(stored()) == 1


def test_it_answers_409_to_the_same_text_under_another_token(
    reader: Reader, stored: Stored
) -> None:
    reader.send()

    page = reader.send(body="  what a LOVELY tree. ")
    as_json = reader.send_json()

    assert (page.status_code, as_json.status_code) == (409, 409)
    assert "You said this already" in Page(page.text).one("div", id="notice").text
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
@settings(RATE_SUBMIT="2 per minute")
def test_it_answers_429_with_retry_after_and_keeps_the_text(reader: Reader, stored: Stored) -> None:
    for body in ("One.", "Two."):
        assert reader.send(body=body).status_code == 202

    page = reader.send(body="Three.")
    as_json = reader.send_json(body="Three.")

    assert (page.status_code, as_json.status_code) == (429, 429)
    assert 0 < int(page.headers["Retry-After"]) <= 61
    assert 0 < int(as_json.headers["Retry-After"]) <= 61
    assert Page(page.text).value("body").strip() == "Three."
    assert "Too many comments at once" in errors_of(as_json)["form"][0]
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
def test_a_filled_honeypot_is_accepted_and_noted(reader: Reader, stored: Stored) -> None:
    assert reader.send(website="https://buy.example").status_code == 202

    assert stored()[0].signals == [Code.HONEYPOT]


@sqlite
@settings(RATE_COMMENTER="1 per hour")
def test_a_commenter_over_their_rate_gets_the_same_answer_and_is_noted(
    reader: Reader, stored: Stored
) -> None:
    first = reader.send_json(body="One.")
    second = reader.send_json(body="Two.", email="ADA+tag@example.com")
    other = reader.send_json(body="Three.", email="grace@example.com")

    assert [a.status_code for a in (first, second, other)] == [202] * 3
    assert first.get_json().keys() == second.get_json().keys()
    assert [comment.signals for comment in stored()] == [[], [Code.COMMENTER_RATE], []]


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
def test_a_reply_hangs_below_its_parent(
    reader: Reader, database: Database, site: Site, stored: Stored
) -> None:
    with database.transaction() as session:
        parent = make_comment(session, site, status=Status.APPROVED)

    assert reader.send(parent=parent.public_id).status_code == 202

    assert stored()[-1].parent_id == parent.id


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
        for number in range(7):
            token = reader.token()
            clock.forward(2)
            codes.append(reader.send(csrf_token=token, body=f"Thought {number}.").status_code)

        assert codes == [202] * 5 + [429] * 2


@settings(SCORE_WAIT=0)
def test_a_false_date_of_publication_closes_the_article_for_nobody_else(
    database: Database, reader: Reader, clock: Clock
) -> None:
    with database.transaction() as session:
        session.scalars(select(Site)).one().policy = {"closes_after_days": 7}
    almost = (clock() - dt.timedelta(days=7) + dt.timedelta(seconds=2)).isoformat()
    assert reader.send(published=almost, body="First.").status_code == 202
    clock.forward(60)
    assert reader.send(body="Second.").status_code == 202
