"""What becomes of `POST /s/<site>/comments` that is accepted, as a page and as JSON."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from moderation.db import Database
from moderation.models import Comment, Site
from moderation.services import Services
from moderation.statuses import Code, Status
from moderation.web.readers import submissions
from moderation.worker import Worker
from tests.doubles import Clock
from tests.factories import make_comment, make_site
from tests.web.pages import Page, Reader

Stored = Callable[[], list[Comment]]


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
    [way] = [each.attrs["href"] for each in page.all("a") if each.text == "Show it"]
    assert page.one("li", id=way.removeprefix("#")), "it stands on this very page"
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


def test_its_page_leads_to_the_comment_that_waits_in_its_place(
    reader: Reader, scoring: None
) -> None:
    page = Page(reader.send(body="You idiot.").text)
    (link,) = [each for each in page.all("a") if each.text == "Show it"]
    assert page.one("li", id=link.attrs["href"].removeprefix("#"))


def test_the_order_stays_as_it_was_chosen(reader: Reader) -> None:
    for order, chosen in (("newest", "newest"), ("oldest", None), ("", None)):
        page = reader.page(sort=order)
        fields = {f.attrs["name"]: f.attrs["value"] for f in page.all("input", name="sort")}
        assert fields.get("sort") == chosen
        answer = Page(reader.send(body=f"In the order {order}.", **fields).text)
        is_newest = "data-newest" in answer.one("section", id="discussion").attrs
        assert is_newest is bool(chosen)


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
def test_a_reply_hangs_below_its_parent(
    reader: Reader, database: Database, site: Site, stored: Stored
) -> None:
    with database.transaction() as session:
        parent = make_comment(session, site, status=Status.APPROVED)

    assert reader.send(parent=parent.public_id).status_code == 202

    assert stored()[-1].parent_id == parent.id


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
