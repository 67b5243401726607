"""Working beside colleagues: each is led to another comment, and sees what the others do."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.db import Database
from moderation.flow.queue.claims import CLAIM_FOR
from moderation.flow.review import decide_by_hand
from moderation.models import Comment, Moderator, Site
from moderation.statuses import Change
from tests.doubles import NOON, Clock
from tests.factories import make_comment
from tests.web.pages import Page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def held(database: Database, site: Site) -> list[Comment]:
    """Two held comments."""
    with database.transaction() as session:
        return [make_comment(session, site, body=f"Text {number}.") for number in range(2)]


@pytest.fixture
def other(linus: Moderator, sign_in_as: Callable[[Moderator], FlaskClient]) -> FlaskClient:
    """A colleague's browser."""
    return sign_in_as(linus)


def go_next(desk: FlaskClient) -> str:
    """Press "One by one"; answers where it leads."""
    token = Page(desk.get("/log").text).value("csrf_token")
    answer = desk.post("/queue/next?queue=held", data={"csrf_token": token})
    assert answer.status_code == 303
    return answer.headers["Location"]


def decide(desk: FlaskClient, place: str, action: str = "approve") -> TestResponse:
    """Press a button of the card that stands there."""
    page = Page(desk.get(place).text)
    form = page.one("form", class_="decide")
    data = {
        "csrf_token": page.value("csrf_token"),
        "version": page.value("version"),
        "action": action,
    }
    return desk.post(form.attrs["action"], data=data)


def test_two_are_led_to_different_comments_and_on_from_there(
    desk: FlaskClient, other: FlaskClient, held: list[Comment]
) -> None:
    first, second = go_next(desk), go_next(other)

    assert (held[0].public_id in first, held[1].public_id in second) == (True, True)
    answer = decide(desk, first)
    assert answer.headers["Location"] == "/queue?queue=held", "the other one is open at linus's"
    answer = decide(other, second)
    assert answer.headers["Location"] == "/queue?queue=held"
    assert "Nothing waits" in Page(desk.get("/queue").text).text


def test_deciding_leads_on_and_says_what_was_done(desk: FlaskClient, held: list[Comment]) -> None:
    answer = decide(desk, go_next(desk))

    place = answer.headers["Location"]
    assert held[1].public_id in place and "one=1" in place
    page = Page(desk.get(place).text)
    assert "Approved: the comment is public." in page.one("div", role="status").text
    assert "Text 1." in page.text


def test_where_all_is_open_elsewhere_it_says_so(
    desk: FlaskClient, other: FlaskClient, held: list[Comment]
) -> None:
    decide(desk, go_next(desk))
    go_next(desk)

    place = go_next(other)

    assert place == "/queue?queue=held"
    said = Page(other.get(place).text).one("div", role="status").text
    assert "Nothing more waits here that no colleague has open." in said


def test_an_open_card_says_who_has_it_open_until_it_ends(
    desk: FlaskClient, other: FlaskClient, held: list[Comment], clock: Clock
) -> None:
    place = go_next(other)
    assert "linus has it open" in Page(desk.get("/queue").text).text
    assert "linus has it open" in Page(desk.get(f"/queue/{held[0].public_id}").text).text
    assert "has it open" not in Page(other.get(place).text).text

    clock.forward(CLAIM_FOR.total_seconds())
    assert "has it open" not in Page(desk.get("/queue").text).text


def test_looking_at_a_comment_claims_nothing_but_a_page_may(
    desk: FlaskClient, other: FlaskClient, held: list[Comment]
) -> None:
    path = f"/queue/{held[0].public_id}"
    page = Page(desk.get(path).text)
    assert "has it open" not in Page(other.get(path).text).text

    (form,) = [f for f in page.all("form") if f.attrs.get("action", "").endswith("/claim")]
    token = {"csrf_token": page.value("csrf_token")}
    assert desk.post(form.attrs["action"], data=token).get_json() == {"claimed_by": None}
    assert "grace has it open" in Page(other.get(path).text).text
    token = {"csrf_token": Page(other.get(path).text).value("csrf_token")}
    assert other.post(f"{path}/claim", data=token).get_json() == {"claimed_by": "grace"}


def test_an_open_page_hears_what_moved_and_what_is_open(
    desk: FlaskClient, other: FlaskClient, held: list[Comment], database: Database, linus: Moderator
) -> None:
    shown = [f"{comment.public_id}.{comment.version}" for comment in held]
    go_next(other)
    with database.transaction() as session:
        decide_by_hand(
            session, held[1].id, Change.APPROVED, version_seen=2, moderator=linus, now=NOON
        )

    page = Page(
        desk.get(
            "/queue/changes", query_string={"queue": "held", "shown": shown, "newest": held[1].id}
        ).text
    )

    said = {e.attrs["id"]: " ".join(e.text.split()) for e in page.all("span", class_="moved")}
    assert said == {
        f"moved-{held[0].public_id}": "linus has it open",
        f"moved-{held[1].public_id}": "approved by linus meanwhile",
    }
    counts = {e.attrs["data-queue"]: e.text for e in page.all("span", class_="count")}
    assert (counts["held"], counts["approved"]) == ("1", "1")
    assert not page.one("p", id="news").text
    make_new(database)
    query = {"queue": "held", "newest": held[1].id}
    page = Page(desk.get("/queue/changes", query_string=query).text)
    assert page.one("p", id="news").text == "1 new: show it"
    assert page.one("nav", id="tabs").attrs["hx-swap-oob"] == "true"


def make_new(database: Database) -> None:
    with database.transaction() as session:
        make_comment(session, session.scalars(select(Site)).one())


@pytest.mark.parametrize("shown", ["", "x", ".", "x.y.z", "é.1"])
def test_an_open_page_may_ask_for_nonsense(
    desk: FlaskClient, held: list[Comment], shown: str
) -> None:
    answer = desk.get("/queue/changes", query_string={"shown": shown})
    assert answer.status_code == 200
    assert not Page(answer.text).all("span", class_="moved")


@pytest.mark.parametrize("name", ["site", "commenter", "language", "q", "shown", "after"])
def test_a_nul_in_an_address_is_refused(desk: FlaskClient, held: list[Comment], name: str) -> None:
    for path in ("/queue", "/queue/changes"):
        assert desk.get(path, query_string={name: "a\0.1"}).status_code == 400
    token = Page(desk.get("/queue").text).value("csrf_token")
    data = {"csrf_token": token, "chosen": "\0.1", "action": "approve"}
    assert desk.post("/queue/decisions", data=data).status_code == 400


# What a script asks for: a piece of the page instead of the whole


def ask(
    desk: FlaskClient, comment: Comment, action: str, version: int, **fields: str
) -> TestResponse:
    token = Page(desk.get("/queue").text).value("csrf_token")
    return desk.post(
        f"/queue/{comment.public_id}/decisions?queue=held",
        data={"csrf_token": token, "version": str(version), "action": action, **fields},
        headers={"HX-Request": "true"},
    )


def test_a_script_gets_one_line_in_place_of_the_card_and_the_card_after_an_undo(
    desk: FlaskClient, held: list[Comment]
) -> None:
    page = Page(ask(desk, held[0], "approve", 2).text)

    card = page.one("article")
    assert "over" in card.attrs["class"] and "Approved: the comment is public." in card.text
    assert page.one("p", id="said").text == "Approved: the comment is public."
    assert not page.all("html")
    assert {e.attrs["data-queue"]: e.text for e in page.all("span", class_="count")}["held"] == "1"

    page = Page(ask(desk, held[0], "undo", 3).text)
    card = page.one("article")
    assert "over" not in card.attrs["class"].split() and "Text 0." in card.text
    assert page.value("version") == "4"


@pytest.mark.parametrize(
    ("action", "version", "status"), [("approve", 1, 409), ("reject", 2, 400), ("hold", 1, 200)]
)
def test_a_script_gets_the_card_as_it_stands_where_a_decision_fails(
    desk: FlaskClient, held: list[Comment], action: str, version: int, status: int
) -> None:
    if action == "hold":
        ask(desk, held[0], "approve", 2)
        status = 409
    answer = ask(desk, held[0], action, version)

    page = Page(answer.text)
    assert answer.status_code == status
    assert page.one("article").attrs["id"] == f"comment-{held[0].public_id}"
    assert page.one("p", role="alert").text == page.one("p", id="said").text


# The urgent queue


def test_an_urgent_comment_stands_first_until_it_is_decided(
    desk: FlaskClient, held: list[Comment]
) -> None:
    path = f"/queue/{held[1].public_id}"
    page = Page(desk.get(path).text)
    fields = {"csrf_token": page.value("csrf_token"), "kind": "self_harm"}
    assert desk.post(f"{path}/escalation", data={**fields, "kind": "x"}).status_code == 400
    assert desk.post(f"{path}/escalation", data=fields).status_code == 303

    queue = Page(desk.get("/queue?queue=urgent").text)
    assert "Text 1." in queue.text and "urgent: Self-harm" in queue.text
    assert "alarm" in queue.one("span", data_queue="urgent").attrs["class"]
    decide(desk, path)
    assert "Nothing here" in Page(desk.get("/queue?queue=urgent").text).text
    states = [e for e in Page(desk.get(path).text).all("span", class_="state") if e.is_in("header")]
    assert [e.text for e in states] == ["approved"]
