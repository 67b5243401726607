"""One click closes, opens or pre-moderates an article, from the desk."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.db import Database
from moderation.models import Article, Comment, Event, Moderator, Site
from moderation.services import Services
from moderation.statuses import Change, Role, Status
from moderation.worker import Worker
from tests.factories import make_comment, make_moderator, make_site
from tests.web.pages import Page, Reader

Stored = Callable[[], list[Comment]]


@pytest.fixture
def held(database: Database, site: Site) -> Comment:
    """A held comment under the reader's article."""
    with database.transaction() as session:
        return make_comment(session, site, name="Mallory", body="It waits.")


def set_to(desk: FlaskClient, held: Comment, label: str) -> Page:
    """Press this button on the comment's page."""
    page = Page(desk.get(f"/queue/{held.public_id}").text)
    form = page.one("form", class_="article-acts")
    (button,) = [b for b in page.all("button") if form in b.inside and b.text == label]
    data = {e.attrs["name"]: e.attrs["value"] for e in page.all("input") if form in e.inside}
    data["publishing"] = button.attrs["value"]
    answer = desk.post(form.attrs["action"], data=data)
    assert answer.status_code == 303
    return Page(desk.get(answer.headers["Location"]).text)


def undo(desk: FlaskClient, page: Page) -> None:
    (button,) = page.all("button", data_undo="")
    form = next(e for e in button.inside if e.tag == "form")
    inside = [e for e in page.all("input") if form in e.inside]
    data = {e.attrs["name"]: e.attrs["value"] for e in inside}
    assert desk.post(form.attrs["action"], data=data).status_code == 303


def test_a_closed_article_takes_no_comments_until_it_is_opened_again(
    desk: FlaskClient, reader: Reader, held: Comment
) -> None:
    token = reader.token()
    page = set_to(desk, held, "Close")

    assert "The article is closed: no new comments." in page.one("div", role="status").text
    assert "closed" in page.one("p", class_="where").text
    assert reader.send(csrf_token=token).status_code == 403
    undo(desk, page)
    assert reader.send(csrf_token=token).status_code == 202


def test_what_waits_when_an_article_closes_can_still_be_decided(
    desk: FlaskClient, reader: Reader, held: Comment, stored: Stored
) -> None:
    set_to(desk, held, "Close")
    page = Page(desk.get(f"/queue/{held.public_id}").text)
    data = {"csrf_token": page.value("csrf_token"), "version": page.value("version")}

    desk.post(f"/queue/{held.public_id}/decisions", data={**data, "action": "approve"})

    assert [comment.status for comment in stored()] == [Status.APPROVED]
    shown = reader.page()
    assert "It waits." in shown.text and not shown.all("textarea", name="body")


def test_a_person_approves_everything_under_one_article_only(
    desk: FlaskClient, reader: Reader, held: Comment, worker: Worker, stored: Stored
) -> None:
    set_to(desk, held, "A person approves all")

    reader.send()
    elsewhere = Reader(reader.client, article="https://news.example.com/other")
    elsewhere.send(body="What a lovely pond.")
    while worker.tick():
        pass

    assert [c.status for c in stored()] == [Status.HELD, Status.HELD, Status.APPROVED]
    assert "all comments wait" in Page(desk.get("/queue").text).text


def test_the_act_and_its_undo_come_back_to_the_view(desk: FlaskClient, held: Comment) -> None:
    view = "queue=held&order=newest&q=waits"
    page = Page(desk.get(f"/queue?{view}").text)
    form = page.one("form", class_="article-acts")
    data = {"csrf_token": page.value("csrf_token"), "publishing": "closed"}
    for address in (form.attrs["action"], None):
        if address is None:
            (button,) = page.all("button", data_undo="")
            address = next(e for e in button.inside if e.tag == "form").attrs["action"]
            data |= {"publishing": "", "expected": "closed"}
        answer = desk.post(address, data=data)
        led = parse_qs(urlsplit(answer.headers["Location"]).query)
        assert led == {"queue": ["held"], "order": ["newest"], "q": ["waits"]}
        page = Page(desk.get(answer.headers["Location"]).text)


@pytest.mark.parametrize("one", ["", "?one=1"])
def test_from_a_comments_own_page_it_comes_back_there(
    desk: FlaskClient, held: Comment, one: str
) -> None:
    page = Page(desk.get(f"/queue/{held.public_id}{one}").text)
    form = page.one("form", class_="article-acts")
    data = {"csrf_token": page.value("csrf_token"), "publishing": "closed"}
    led = desk.post(form.attrs["action"], data=data).headers["Location"]
    assert led.startswith(f"/queue/{held.public_id}") and ("one=1" in led) == bool(one)


def test_an_old_page_does_not_open_what_a_colleague_closed(
    desk: FlaskClient, reader: Reader, held: Comment
) -> None:
    token = reader.token()
    page = Page(desk.get("/queue").text)
    form = page.one("form", class_="article-acts")
    data = {e.attrs["name"]: e.attrs["value"] for e in page.all("input") if form in e.inside}
    set_to(desk, held, "Close")

    answer = desk.post(form.attrs["action"], data={**data, "publishing": "human"})

    shown = Page(desk.get(answer.headers["Location"]).text)
    assert "A colleague has changed this article" in shown.one("div", role="alert").text
    assert reader.send(csrf_token=token).status_code == 403


def test_it_is_in_the_log_with_what_was_before(
    desk: FlaskClient, held: Comment, database: Database, grace: Moderator
) -> None:
    set_to(desk, held, "Close")
    set_to(desk, held, "As the site")

    with database.reading() as session:
        events = session.scalars(
            select(Event).where(Event.change == Change.ARTICLE_CHANGED).order_by(Event.id)
        ).all()
        article = session.scalars(select(Article)).one()
    assert [(e.data["publishing"], e.data["before"]) for e in events] == [
        ("closed", None),
        (None, "closed"),
    ]
    assert {(e.moderator_id, e.data["article"]) for e in events} == {(grace.id, article.id)}
    assert article.version == 3 and article.publishing is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_wrong_changes_nothing(
    desk: FlaskClient,
    viewer_desk: FlaskClient,
    held: Comment,
    services: Services,
    sign_in_as: Callable[[Moderator], FlaskClient],
) -> None:
    with services.database.transaction() as session:
        other = make_site(session, "other")
        bound = make_moderator(
            session, services.vault, email="bound@example.com", role=Role.MODERATOR, site=other
        )
        path = f"/articles/{held.article_id}/publishing"
    for browser, where, word, status in (
        (desk, path, "nonsense", 400),
        (desk, "/articles/999/publishing", "closed", 404),
        (desk, f"/articles/{'9' * 20}/publishing", "closed", 404),
        (sign_in_as(bound), path, "closed", 404),
        (viewer_desk, path, "closed", 403),
    ):
        token = Page(browser.get("/log").text).value("csrf_token")
        answer = browser.post(where, data={"csrf_token": token, "publishing": word})
        assert answer.status_code == status
    with services.database.reading() as session:
        assert session.scalars(select(Article.publishing)).all() == [None]
    assert not Page(viewer_desk.get(f"/queue/{held.public_id}").text).all(
        "form", class_="article-acts"
    )


def test_an_undo_does_not_take_back_what_a_colleague_did(
    desk: FlaskClient, held: Comment, database: Database
) -> None:
    page = set_to(desk, held, "A person approves all")
    (button,) = page.all("button", data_undo="")
    form = next(e for e in button.inside if e.tag == "form")
    inside = [e for e in page.all("input") if form in e.inside]
    data = {e.attrs["name"]: e.attrs["value"] for e in inside}
    set_to(desk, held, "Close")

    answer = desk.post(form.attrs["action"], data={**data, "publishing": ""})

    shown = Page(desk.get(answer.headers["Location"]).text)
    assert "A colleague has changed this article" in shown.one("div", role="alert").text
    with database.reading() as session:
        assert session.scalars(select(Article.publishing)).all() == ["closed"]
