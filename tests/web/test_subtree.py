"""Rejecting a comment together with its replies, as a browser does it."""

from collections.abc import Callable
from functools import partial

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.db import Database
from moderation.flow.subtree import count_below
from moderation.flow.telling import read_explanation
from moderation.models import Comment, Event, Moderator, Site
from moderation.services import Services
from moderation.statuses import Change, Reason, Status
from moderation.web.moderators import queue, subtree
from tests.factories import make_comment, make_moderator, make_site
from tests.web.pages import Page

Stored = Callable[[], list[Comment]]


@pytest.fixture
def thread(database: Database, site: Site) -> list[Comment]:
    """A public comment, two public replies, one that waits, and another thread."""
    with database.transaction() as session:
        top = make_comment(session, site, status=Status.APPROVED)
        return [
            top,
            make_comment(session, site, status=Status.APPROVED, parent=top, body="First."),
            make_comment(session, site, status=Status.APPROVED, parent=top, body="Second."),
            make_comment(session, site, status=Status.HELD, parent=top, body="Third."),
            make_comment(session, site, status=Status.APPROVED, body="Elsewhere."),
        ]


def decide(desk: FlaskClient, comment: Comment, action: str, **fields: str) -> TestResponse:
    page = Page(desk.get(f"/queue/{comment.public_id}").text)
    data = {"csrf_token": page.value("csrf_token"), "version": page.value("version")}
    path = f"/queue/{comment.public_id}/decisions"
    return desk.post(path, data={**data, "action": action, **fields})


def confirm(desk: FlaskClient, page: Page, **fields: str) -> Page:
    chosen = [each.attrs["value"] for each in page.all("input", name="chosen")]
    (reason,) = [o.attrs["value"] for o in page.all("option") if "selected" in o.attrs]
    data = {"csrf_token": page.value("csrf_token"), "chosen": chosen, "reason": reason}
    for first in page.all("input", name="first"):
        data |= {"first": first.attrs["value"], "below": page.value("below")}
        data["own"] = page.one("textarea", name="own").text
    answer = desk.post("/queue/decisions", data={**data, "action": "reject", **fields})
    return Page(desk.get(answer.headers["Location"]).text)


def test_the_page_offers_it_where_something_is_below(
    desk: FlaskClient, thread: list[Comment]
) -> None:
    offered = Page(desk.get(f"/queue/{thread[0].public_id}").text)
    assert "and hide the 3 replies below it" in offered.text
    for other in (thread[1], thread[4]):
        assert "below it" not in Page(desk.get(f"/queue/{other.public_id}").text).text
    assert "below it" not in Page(desk.get("/queue?queue=approved").text).text


def test_it_asks_first_then_all_go_as_one_and_come_back_as_one(
    desk: FlaskClient, thread: list[Comment], stored: Stored
) -> None:
    answer = decide(desk, thread[0], "reject", reason="hate", below="y")
    assert answer.status_code == 200
    assert {comment.status for comment in stored()} == {Status.APPROVED, Status.HELD}, "not yet"

    page = Page(answer.text)
    assert "4 comments at once" in page.text
    assert [b.attrs["value"] for b in page.all("button", name="action")] == ["reject", "spam"]
    page = confirm(desk, page)

    assert "4 rejected." in page.text
    found = stored()
    assert [c.status for c in found] == [Status.REJECTED] * 4 + [Status.APPROVED]
    assert {c.reason for c in found[:4]} == {Reason.HATE}

    (form,) = [f for f in page.all("form") if "/undo" in f.attrs.get("action", "")]
    token = {"csrf_token": page.value("csrf_token")}
    desk.post(form.attrs["action"], data=token)
    assert [c.status for c in stored()] == [
        Status.APPROVED,
        Status.APPROVED,
        Status.APPROVED,
        Status.HELD,
        Status.APPROVED,
    ]


def test_the_box_means_nothing_for_an_approval(
    desk: FlaskClient, thread: list[Comment], stored: Stored
) -> None:
    assert decide(desk, thread[3], "approve", below="y").status_code == 303
    assert stored()[3].status is Status.APPROVED


def test_replies_of_what_is_hidden_already_are_hidden_later(
    desk: FlaskClient, thread: list[Comment], stored: Stored
) -> None:
    decide(desk, thread[0], "spam")
    page = Page(desk.get(f"/queue/{thread[0].public_id}").text)
    (link,) = [a for a in page.all("a") if "/below" in a.attrs["href"]]
    assert link.text == "Hide the 3 replies below it"

    page = Page(desk.get(link.attrs["href"]).text)
    assert "3 comments at once" in page.text, "the comment itself stays as it is"
    confirm(desk, page)

    assert {comment.status for comment in stored()[:4]} == {Status.REJECTED}


def test_what_moved_meanwhile_is_left_out(
    desk: FlaskClient, thread: list[Comment], stored: Stored
) -> None:
    page = Page(decide(desk, thread[0], "reject", reason="hate", below="y").text)
    decide(desk, thread[2], "hold")

    page = confirm(desk, page)

    assert "1 moved in between and was left out" in page.text
    assert stored()[2].status is Status.HELD


def test_about_a_version_that_moved_nobody_is_asked(
    desk: FlaskClient, thread: list[Comment], stored: Stored
) -> None:
    decide(desk, thread[0], "hold")
    answer = decide(
        desk, thread[0], "reject", reason="hate", below="y", version="1", own="Because of it."
    )

    assert answer.status_code == 409
    page = Page(answer.text)
    assert "This comment has moved: it is held now, by grace." in page.text
    assert page.one("textarea", name="own").text == "Because of it.", "nothing typed is lost"
    assert stored()[0].status is Status.HELD


def test_what_was_typed_goes_on_and_its_commenter_reads_it(
    desk: FlaskClient, thread: list[Comment], stored: Stored, database: Database
) -> None:
    answer = decide(desk, thread[0], "reject", reason="hate", below="y", own="Because of it.")
    page = Page(answer.text)
    assert page.one("textarea", name="own").text == "Because of it."

    page = confirm(desk, page)

    assert "4 rejected." in page.text and "explanation" not in page.one("div", role="status").text
    with database.reading() as session:
        told = [read_explanation(session, comment) for comment in stored()]
        assert told == ["Because of it.", None, None, None, None]
        explained = [
            event.comment_id
            for event in session.scalars(select(Event).where(Event.change == Change.REJECTED))
            if event.data.get("explained")
        ]
        assert explained == [thread[0].id]


def test_an_explanation_that_was_not_sent_is_no_secret(
    desk: FlaskClient, thread: list[Comment], stored: Stored
) -> None:
    page = Page(decide(desk, thread[0], "reject", reason="hate", below="y", own="Because.").text)
    decide(desk, thread[0], "hold")

    page = confirm(desk, page)

    assert "0 rejected. Your explanation was not sent" in page.text
    assert stored()[0].status is Status.HELD


def test_replies_of_what_a_colleague_lets_stand_are_left_alone(
    desk: FlaskClient,
    database: Database,
    thread: list[Comment],
    stored: Stored,
    sign_in_as: Callable[[Moderator], FlaskClient],
    linus: Moderator,
) -> None:
    with database.transaction() as session:
        session.get_one(Comment, thread[0].id).reports = 1
    page = Page(decide(desk, thread[0], "reject", reason="hate", below="y").text)
    decide(sign_in_as(linus), thread[0], "approve")

    page = confirm(desk, page)

    assert "0 rejected. What answers it stands as before" in page.text
    assert "1 moved in between and was left out: approved by linus" in page.text
    assert Status.REJECTED not in {comment.status for comment in stored()}
    assert not [f for f in page.all("form") if "/batches/" in f.attrs.get("action", "")]


def test_words_for_nobody_are_refused(desk: FlaskClient, thread: list[Comment]) -> None:
    page = Page(desk.get(f"/queue/{thread[0].public_id}/below?reason=hate").text)
    data = {
        "csrf_token": page.value("csrf_token"),
        "chosen": f"{thread[1].public_id}.{thread[1].version}",
        "first": thread[0].public_id,
        "own": "Because.",
        "action": "spam",
    }
    assert desk.post("/queue/decisions", data=data).status_code == 400


@pytest.mark.parametrize("most, is_cut", [(2, True), (3, False)])
def test_what_does_not_fit_below_a_rejected_one_is_told(
    desk: FlaskClient,
    thread: list[Comment],
    monkeypatch: pytest.MonkeyPatch,
    most: int,
    is_cut: bool,
) -> None:
    decide(desk, thread[0], "reject", reason="hate")
    monkeypatch.setattr(subtree, "MOST", most)

    page = Page(desk.get(f"/queue/{thread[0].public_id}/below").text)

    assert len(page.all("input", name="chosen")) == most
    assert ("come back for the rest" in page.text) is is_cut


def test_very_many_replies_are_not_counted_out(
    desk: FlaskClient, thread: list[Comment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "MOST", 2)
    monkeypatch.setattr(queue, "count_below", partial(count_below, most=2))

    page = Page(desk.get(f"/queue/{thread[0].public_id}").text)

    assert "and hide the more than 2 replies below it" in page.text


def test_other_sites_and_viewers_are_not_asked(
    services: Services,
    thread: list[Comment],
    viewer_desk: FlaskClient,
    sign_in_as: Callable[[Moderator], FlaskClient],
) -> None:
    with services.database.transaction() as session:
        other = make_site(session, "other")
        bound = make_moderator(session, services.vault, email="bound@example.com", site=other)
    path = f"/queue/{thread[0].public_id}/below"

    assert sign_in_as(bound).get(path).status_code == 404
    assert viewer_desk.get(path).status_code == 403
