"""Decisions about many comments, as a moderator's browser makes them, with and without a script."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from moderation.db import Database
from moderation.flow.review import decide_by_hand, undo
from moderation.models import Comment, Moderator, Site
from moderation.statuses import Change, Reason, Status
from moderation.web.moderators import bulk
from tests.doubles import NOON
from tests.factories import make_comment
from tests.web.pages import Page

Stored = Callable[[], list[Comment]]
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def held(database: Database, site: Site) -> list[Comment]:
    """Three held comments."""
    with database.transaction() as session:
        return [make_comment(session, site, body=f"Text {number}.") for number in range(3)]


def decide(
    desk: FlaskClient, choices: list[Comment], action: str = "spam", **fields: str
) -> TestResponse:
    """Tick these on the page, as they stood when it was made, and press a button of the bar."""
    page = Page(desk.get("/queue").text)
    boxes = [box.attrs["value"] for box in page.all("input", name="chosen")]
    ticked = [f"{comment.public_id}.{comment.version}" for comment in choices]
    assert set(ticked) <= set(boxes), "the page offers them"
    form = page.one("form", id="bulk")
    data = {"csrf_token": page.value("csrf_token"), "action": action, "chosen": ticked, **fields}
    return desk.post(form.attrs["action"], data=data)


def follow(desk: FlaskClient, answer: TestResponse) -> Page:
    assert answer.status_code == 303
    return Page(desk.get(answer.headers["Location"]).text)


def press(desk: FlaskClient, page: Page, path: str) -> Page:
    """Send the form that leads there."""
    (form,) = [f for f in page.all("form") if path in f.attrs.get("action", "")]
    data = {"csrf_token": page.value("csrf_token")}
    return follow(desk, desk.post(form.attrs["action"], data=data))


def approve(session: Session, comment: Comment, *, seen: int, by: Moderator) -> None:
    decide_by_hand(session, comment.id, Change.APPROVED, version_seen=seen, moderator=by, now=NOON)


def test_ticked_comments_are_decided_and_undone_as_one(
    desk: FlaskClient, held: list[Comment], stored: Stored
) -> None:
    page = follow(desk, decide(desk, held[:2]))

    assert "2 rejected as spam." in page.text
    assert [c.status for c in stored()] == [Status.REJECTED, Status.REJECTED, Status.HELD]
    assert [c.reason for c in stored()] == [Reason.SPAM, Reason.SPAM, None]

    for _click in range(2):
        undone = press(desk, page, "/undo")
        assert "2 stand where they stood before." in undone.text
    assert [c.status for c in stored()] == [Status.HELD] * 3


def test_what_was_decided_otherwise_since_is_not_told_as_undone(
    desk: FlaskClient, held: list[Comment], database: Database, grace: Moderator, linus: Moderator
) -> None:
    page = follow(desk, decide(desk, held))
    with database.transaction() as session:
        undo(session, held[0].id, version_seen=3, moderator=linus, now=NOON)
        approve(session, held[1], seen=3, by=grace)

    undone = press(desk, page, "/undo")
    assert "1 stand where they stood before." in undone.text
    assert "2 moved in between and were left out" in undone.text

    with database.transaction() as session:
        approve(session, held[2], seen=4, by=grace)
        undo(session, held[2].id, version_seen=5, moderator=grace, now=NOON)
    undone = press(desk, page, "/undo")
    assert "0 stand where they stood before." in undone.text
    assert "3 moved in between and were left out" in undone.text


def test_the_same_form_sent_twice_is_one_act_with_one_undo(
    desk: FlaskClient, held: list[Comment], stored: Stored
) -> None:
    page = Page(desk.get("/queue").text)
    ticked = [box.attrs["value"] for box in page.all("input", name="chosen")]
    data = {"csrf_token": page.value("csrf_token"), "action": "spam", "chosen": ticked}
    first, second = (follow(desk, desk.post("/queue/decisions", data=data)) for _click in range(2))

    assert "3 rejected as spam." in first.text and "3 rejected as spam." in second.text
    press(desk, second, "/undo")
    assert [c.status for c in stored()] == [Status.HELD] * 3
    again = follow(desk, desk.post("/queue/decisions", data=data))
    assert "0 rejected as spam." in again.text and "3 moved in between" in again.text


@sqlite
def test_what_was_decided_before_the_database_stopped_is_told_and_undone(
    desk: FlaskClient, held: list[Comment], stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide_some, calls = bulk.decide_portion, itertools.count()

    def stop_at_the_second(*arguments: Any, **known: Any) -> Any:
        if next(calls) == 1:
            raise OperationalError("", {}, Exception())
        return decide_some(*arguments, **known)

    monkeypatch.setattr(bulk, "portions", lambda choices: [choices[:2], choices[2:]])
    monkeypatch.setattr(bulk, "decide_portion", stop_at_the_second)
    page = follow(desk, decide(desk, held))

    assert "2 rejected as spam." in page.text and "Try again" in page.text
    assert [c.status for c in stored()].count(Status.HELD) == 1
    press(desk, page, "/undo")
    assert [c.status for c in stored()] == [Status.HELD] * 3


def test_what_a_colleague_moved_is_left_out_and_listed(
    desk: FlaskClient, held: list[Comment], stored: Stored, database: Database, grace: Moderator
) -> None:
    page = Page(desk.get("/queue").text)
    ticked = [box.attrs["value"] for box in page.all("input", name="chosen")]
    with database.transaction() as session:
        approve(session, held[1], seen=2, by=grace)
    data = {"csrf_token": page.value("csrf_token"), "action": "spam", "chosen": ticked}

    page = follow(desk, desk.post("/queue/decisions", data=data))

    assert "2 rejected as spam." in page.text
    assert "1 moved in between and was left out: approved by grace" in page.text
    assert page.all("a", href=f"/queue/{held[1].public_id}")
    assert stored()[1].status is Status.APPROVED


@sqlite
def test_all_that_a_filter_finds_is_decided_after_a_look(
    desk: FlaskClient, held: list[Comment], stored: Stored, database: Database, site: Site
) -> None:
    with database.transaction() as session:
        make_comment(session, site, body="Elephants.")
    page = Page(desk.get("/queue/all?queue=held&q=text").text)

    assert "Approve 3" in page.text and "Text 0." in page.text
    assert "Elephants" not in page.text
    chosen = [item.attrs["value"] for item in page.all("input", name="chosen")]
    form = page.one("form", class_="panel")
    data = {"csrf_token": page.value("csrf_token"), "action": "approve", "chosen": chosen}
    page = follow(desk, desk.post(form.attrs["action"], data=data))

    assert "3 approved." in page.text
    assert [c.status for c in stored()] == [Status.APPROVED] * 3 + [Status.HELD]


@sqlite
def test_a_thousand_fit_into_one_form(
    desk: FlaskClient, database: Database, site: Site, stored: Stored
) -> None:
    with database.transaction() as session:
        for number in range(1_001):
            make_comment(session, site, body=f"Text {number}.")
    page = Page(desk.get("/queue/all").text)
    chosen = [item.attrs["value"] for item in page.all("input", name="chosen")]
    assert len(chosen) == 1_000 and "come back for the rest" in page.text

    data = {"csrf_token": page.value("csrf_token"), "action": "approve", "chosen": chosen}
    page = follow(desk, desk.post("/queue/decisions", data=data))

    assert "1000 approved." in page.text
    assert sum(c.status is Status.HELD for c in stored()) == 1


@sqlite
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"action": "reject"}, "Choose a reason for the rejection."),
        ({"action": "approve", "chosen": []}, "No comment was chosen: tick some first."),
        ({"action": "nonsense"}, "Not a valid choice."),
        ({}, "Not a valid choice."),
    ],
)
def test_what_is_incomplete_is_told_and_changes_nothing(
    desk: FlaskClient, held: list[Comment], stored: Stored, fields: dict[str, str], message: str
) -> None:
    chosen = [f"{comment.public_id}.{comment.version}" for comment in held]
    token = Page(desk.get("/queue").text).value("csrf_token")
    data = {"csrf_token": token, "chosen": chosen, **fields}

    page = follow(desk, desk.post("/queue/decisions", data=data))

    assert message in page.one("div", role="alert").text
    assert {c.status for c in stored()} == {Status.HELD}


@sqlite
@pytest.mark.parametrize("chosen", [["x"], ["x."], ["x.-1"], ["x.1"] * 1_001, ["x." + "9" * 30]])
def test_what_no_page_sends_is_refused(
    desk: FlaskClient, held: list[Comment], chosen: list[str]
) -> None:
    token = Page(desk.get("/queue").text).value("csrf_token")
    data = {"csrf_token": token, "action": "approve", "chosen": chosen}

    assert desk.post("/queue/decisions", data=data).status_code == 400


@sqlite
@pytest.mark.parametrize("one", ["", "?one=1"])
def test_a_comment_by_itself_has_no_box(desk: FlaskClient, held: list[Comment], one: str) -> None:
    page = Page(desk.get(f"/queue/{held[0].public_id}{one}").text)
    assert page.all("input", name="chosen") == []


@sqlite
def test_viewers_see_no_boxes_and_decide_nothing(
    viewer_desk: FlaskClient, held: list[Comment], stored: Stored
) -> None:
    page = Page(viewer_desk.get("/queue").text)
    assert not page.all("input", name="chosen") and not page.all("form", id="bulk")
    chosen = [f"{comment.public_id}.{comment.version}" for comment in held]
    data = {"csrf_token": page.value("csrf_token"), "action": "approve", "chosen": chosen}

    assert viewer_desk.post("/queue/decisions", data=data).status_code == 403
    assert viewer_desk.get("/queue/all").status_code == 403
    assert viewer_desk.post("/queue/next", data=data).status_code == 403
    assert {c.status for c in stored()} == {Status.HELD}


@sqlite
def test_nobody_takes_back_what_another_did(
    desk: FlaskClient,
    held: list[Comment],
    sign_in_as: Callable[[Moderator], FlaskClient],
    stored: Stored,
    linus: Moderator,
) -> None:
    page = follow(desk, decide(desk, held))
    (form,) = [f for f in page.all("form") if "/undo" in f.attrs.get("action", "")]
    other = sign_in_as(linus)
    token = Page(other.get("/queue").text).value("csrf_token")

    answer = other.post(form.attrs["action"], data={"csrf_token": token})

    assert answer.status_code == 404
    assert {c.status for c in stored()} == {Status.REJECTED}


@sqlite
def test_all_that_say_the_same_are_decided_from_one_card(
    desk: FlaskClient, database: Database, site: Site, stored: Stored
) -> None:
    with database.transaction() as session:
        for number in range(3):
            make_comment(session, site, body=f"Buy my pills at pills{number}.example today!")
        make_comment(session, site, body="Who would ever buy pills from a stranger?")
    page = Page(desk.get("/queue").text)
    links = page.all("a")
    link = next(a for a in links if "Decide about all of them at once" in a.text)

    page = Page(desk.get(link.attrs["href"]).text)
    assert "say the same" in page.text and "Approve 3" in page.text
    chosen = [item.attrs["value"] for item in page.all("input", name="chosen")]
    data = {"csrf_token": page.value("csrf_token"), "action": "spam", "chosen": chosen}
    follow(desk, desk.post("/queue/decisions", data=data))

    assert [c.status for c in stored()] == [Status.REJECTED] * 3 + [Status.HELD]
