"""A surge as readers and moderators see it: a sentence, a banner, one click to end it."""

import itertools
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.db import Database
from moderation.models import Article, Comment, Event, Moderator, Site
from moderation.services import Services
from moderation.statuses import Change, Status
from moderation.worker import Worker
from tests.doubles import Clock
from tests.factories import make_moderator, make_site
from tests.web.pages import Page, Reader

SignInAs = Callable[[Moderator], FlaskClient]
Stored = Callable[[], list[Comment]]
SENTENCE = "Many people are writing here at the moment"
HOURS = 3600
_numbers = itertools.count()


@pytest.fixture
def site(database: Database) -> Site:
    """A site where six comments in ten minutes are a surge."""
    with database.transaction() as session:
        return make_site(session, surge_comments=6)


@pytest.fixture
def surge(reader: Reader) -> int:
    """Six people write: the number of the article."""
    write(reader, 6)
    return 1


def write(reader: Reader, count: int) -> None:
    """Have so many people write, who wrote nothing before."""
    for number in itertools.islice(_numbers, count):
        sent = reader.send(name=f"P{number}", email=f"p{number}@example.com", body=f"Tree {number}")
        assert sent.status_code == 202


def banners(desk: FlaskClient, query: str = "") -> list[str]:
    """What the banners of the queue say."""
    page = Page(desk.get(f"/queue{query}").text)
    return [" ".join(form.text.split()) for form in page.all("form", class_="surge")]


def press(desk: FlaskClient, page: Page, **button: str) -> TestResponse:
    """Press the button in the only such form."""
    found = page.one("button", **button) if button else page.one("form", class_="surge")
    form = found if found.tag == "form" else next(e for e in found.inside if e.tag == "form")
    token = page.value("csrf_token")
    return desk.post(form.attrs["action"], data={"csrf_token": token})


def after(desk: FlaskClient, answer: TestResponse) -> Page:
    assert answer.status_code == 303
    return Page(desk.get(answer.headers["Location"]).text)


# Readers


def test_readers_are_told_while_it_lasts(reader: Reader, surge: int, clock: Clock) -> None:
    def told() -> tuple[bool, bool]:
        answer = reader.client.get(f"{reader.path}.json", query_string={"article": reader.article})
        said = answer.get_json()["announcement"]
        assert said is None or said.startswith(SENTENCE)
        return SENTENCE in reader.page().text, said is not None

    assert told() == (True, True)
    clock.forward(2 * HOURS)
    assert told() == (False, False)


def test_before_it_and_elsewhere_nobody_is_told(reader: Reader, client: FlaskClient) -> None:
    write(reader, 5)
    assert SENTENCE not in reader.page().text
    write(Reader(client, article="https://news.example.com/other"), 1)
    assert SENTENCE not in reader.page().text


def test_a_closed_article_says_that_it_is_closed_and_nothing_else(
    reader: Reader, surge: int, database: Database
) -> None:
    with database.transaction() as session:
        session.scalars(select(Article)).one().publishing = "closed"
    page = reader.page()
    assert "Comments are closed here." in page.text and SENTENCE not in page.text
    answer = reader.client.get(f"{reader.path}.json", query_string={"article": reader.article})
    assert answer.get_json()["announcement"] is None


def test_the_tag_of_the_json_moves_at_begin_and_end(
    reader: Reader, desk: FlaskClient, clock: Clock
) -> None:
    def tag() -> str | None:
        query = {"article": reader.article}
        return reader.client.get(f"{reader.path}.json", query_string=query).headers["ETag"]

    write(reader, 5)
    before = tag()
    write(reader, 1)
    during = tag()
    press(desk, Page(desk.get("/queue").text))
    assert before == tag() != during


# Moderators


def test_the_queue_says_where_since_when_how_many_and_until_when(
    desk: FlaskClient, surge: int, viewer_desk: FlaskClient, clock: Clock
) -> None:
    [said] = banners(desk)
    assert "Very many comments under Trees since 4 May 2026, 12:00 UTC: 6 within minutes" in said
    assert "0 of them held for what they say" in said
    assert "until 4 May 2026, 14:00 UTC" in said and "End it now" in said
    [seen] = banners(viewer_desk)
    assert "End it now" not in seen
    clock.forward(2 * HOURS)
    assert banners(desk) == []


def test_cards_and_the_comments_page_say_so(
    desk: FlaskClient, surge: int, worker: Worker, stored: Stored
) -> None:
    while worker.tick():
        pass
    comment = stored()[0]
    assert comment.status is Status.HELD
    assert "very many comments: all wait" in Page(desk.get("/queue").text).text
    page = Page(desk.get(f"/queue/{comment.public_id}").text)
    assert "End it now" in page.text
    assert "A person approves every comment here" in page.text


def test_one_click_ends_it_and_undo_takes_that_back(
    desk: FlaskClient, reader: Reader, surge: int, worker: Worker, stored: Stored
) -> None:
    page = after(desk, press(desk, Page(desk.get("/queue").text)))

    assert "Ended: what comes now is published as before." in page.one("div", role="status").text
    assert banners(desk) == [] and SENTENCE not in reader.page().text

    page = after(desk, press(desk, page, data_undo=""))
    assert "Undone: a person approves everything" in page.one("div", role="status").text
    assert len(banners(desk)) == 1 and SENTENCE in reader.page().text
    while worker.tick():
        pass
    assert {c.status for c in stored()} == {Status.HELD}


def test_the_second_of_two_is_told_that_it_was_over(
    desk: FlaskClient, linus: Moderator, sign_in_as: SignInAs, surge: int
) -> None:
    other = sign_in_as(linus)
    page = Page(other.get("/queue").text)
    ended = after(desk, press(desk, Page(desk.get("/queue").text)))

    told = after(other, press(other, page))
    assert "It was over already." in told.one("div", role="status").text
    assert not told.all("button", data_undo="")

    # What Grace ended only she takes back, and only while its time lasts.
    token = told.value("csrf_token")
    answer = other.post(f"/articles/{surge}/surge/resume", data={"csrf_token": token})
    assert "It is over meanwhile" in after(other, answer).one("div", role="alert").text
    assert "Undone" in after(desk, press(desk, ended, data_undo="")).one("div", role="status").text


def test_the_view_of_the_queue_is_kept(desk: FlaskClient, surge: int) -> None:
    page = Page(desk.get("/queue?queue=approved&order=oldest").text)
    answer = press(desk, page)
    assert answer.headers["Location"] == "/queue?queue=approved&order=oldest"


def test_it_is_in_the_log_in_words(desk: FlaskClient, surge: int, database: Database) -> None:
    press(desk, Page(desk.get("/queue").text))
    text = Page(desk.get("/log").text).text
    assert "surge began by the machine: 6 comments within minutes, 0 of them held" in text
    assert "surge ended by grace" in text.lower()
    with database.reading() as session:
        [event] = session.scalars(select(Event).where(Event.change == Change.SURGE_BEGAN))
        assert event.data == {"article": surge, "comments": 6, "holds": 0}


@pytest.mark.parametrize("act", ["end", "resume"])
def test_who_may_not_changes_nothing(
    desk: FlaskClient,
    viewer_desk: FlaskClient,
    surge: int,
    services: Services,
    sign_in_as: SignInAs,
    act: str,
) -> None:
    with services.database.transaction() as session:
        other = make_site(session, "other")
        bound = make_moderator(session, services.vault, email="bound@example.com", site=other)
    theirs = sign_in_as(bound)
    assert banners(theirs) == []
    for browser, number, status in (
        (viewer_desk, surge, 403),
        (theirs, surge, 404),
        (desk, 999, 404),
    ):
        token = Page(browser.get("/log").text).value("csrf_token")
        answer = browser.post(f"/articles/{number}/surge/{act}", data={"csrf_token": token})
        assert answer.status_code == status
    assert desk.get(f"/articles/{surge}/surge/{act}").status_code == 405
    assert len(banners(desk)) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_of_very_many_surges_the_first_five_are_shown(
    desk: FlaskClient, client: FlaskClient, surge: int
) -> None:
    for number in range(6):
        write(Reader(client, article=f"https://news.example.com/{number}"), 6)
    assert len(banners(desk)) == 5
    assert "Likewise under 2 more" in Page(desk.get("/queue").text).text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_housekeeper_writes_down_that_it_is_over(
    services: Services, surge: int, clock: Clock, database: Database
) -> None:
    clock.forward(2 * HOURS)
    services.housekeeper()
    with database.reading() as session:
        ended = session.scalars(select(Event).where(Event.change == Change.SURGE_ENDED)).all()
    assert [event.created_at for event in ended] == [clock()]
