"""Decisions as a moderator makes them: by form, about the version seen, and undone."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.review import decide_by_hand
from moderation.models import Comment, Event, Moderator, Site
from moderation.services import Services
from moderation.statuses import Actor, Change, Reason, Status
from tests.doubles import NOON
from tests.factories import make_comment, make_moderator, make_site
from tests.web.deciding import decide, press
from tests.web.pages import Page, Reader

Stored = Callable[[], list[Comment]]
SignInAs = Callable[[Moderator], FlaskClient]
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def held(database: Database, site: Site) -> Comment:
    """A held comment."""
    with database.transaction() as session:
        return make_comment(session, site, name="Mallory", body="You know who you are.")


def test_it_approves_by_form_and_readers_see_it(
    desk: FlaskClient, held: Comment, reader: Reader, stored: Stored
) -> None:
    answer = press(desk, desk.get("/queue").text, "approve")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/queue?queue=held")
    assert stored()[0].status is Status.APPROVED
    assert "You know who you are." in reader.page().text
    assert "Approved" in Page(desk.get("/queue").text).one("div", role="status").text


def test_it_rejects_with_a_reason_and_readers_do_not_see_it(
    desk: FlaskClient, held: Comment, grace: Moderator, reader: Reader, database: Database
) -> None:
    answer = press(desk, desk.get("/queue").text, "reject", reason="insult")

    assert answer.status_code == 303
    assert "You know who you are." not in reader.page().text
    with database.reading() as session:
        event = session.scalars(select(Event).order_by(Event.id.desc())).first()
        assert event
        assert (event.change, event.actor, event.moderator_id, event.reason, event.to_status) == (
            Change.REJECTED,
            Actor.MODERATOR,
            grace.id,
            Reason.INSULT,
            Status.REJECTED,
        )


@sqlite
def test_a_rejection_needs_a_reason(desk: FlaskClient, held: Comment, stored: Stored) -> None:
    answers = [
        press(desk, desk.get("/queue").text, "reject"),
        decide(desk, held, action="reject"),
        decide(desk, held, action="reject", reason="nonsense"),
    ]

    assert [answer.status_code for answer in answers] == [400] * 3
    assert "Choose a reason for the rejection." in answers[0].text
    assert stored()[0].status is Status.HELD


@pytest.mark.parametrize("button, reason", [("approve", ""), ("reject", "spam")])
def test_it_undoes_from_the_notice_right_after(
    desk: FlaskClient, held: Comment, stored: Stored, button: str, reason: str
) -> None:
    press(desk, desk.get("/queue").text, button, **({"reason": reason} if reason else {}))

    answer = press(desk, desk.get("/queue").text, "undo")

    assert answer.status_code == 303
    assert stored()[0].status is Status.HELD
    assert "Undone" in Page(desk.get("/queue").text).one("div", role="status").text


@sqlite
def test_it_undoes_from_the_comments_own_page_later(
    desk: FlaskClient, held: Comment, stored: Stored
) -> None:
    press(desk, desk.get("/queue").text, "reject", reason="spam")
    desk.get("/queue")

    answer = press(desk, desk.get(f"/queue/{held.public_id}").text, "undo")

    assert answer.status_code == 303
    assert stored()[0].status is Status.HELD
    assert decide(desk, stored()[0], action="undo").status_code == 409, "once is all"


@sqlite
def test_without_javascript_a_script_may_leave_the_reason_out(
    desk: FlaskClient, held: Comment
) -> None:
    assert decide(desk, held, action="approve").status_code == 303


def test_a_decision_about_an_old_version_shows_who_was_faster(
    desk: FlaskClient, held: Comment, database: Database, services: Services, stored: Stored
) -> None:
    with database.transaction() as session:
        ada = make_moderator(session, services.vault, email="hopper@example.com")
        decide_by_hand(
            session, held.id, Change.REJECTED, version_seen=held.version, moderator=ada, now=NOON,
            reason=Reason.SPAM,
        )  # fmt: skip

    answer = decide(desk, held, action="approve")

    assert answer.status_code == 409
    assert "it is rejected now, by hopper" in Page(answer.text).one("p", role="alert").text
    assert stored()[0].status is Status.REJECTED
    undone = decide(desk, held, action="undo")
    assert undone.status_code == 409
    again = press(desk, answer.text, "approve")
    assert again.status_code == 303, "the page shown carries the new version"


@sqlite
def test_the_same_decision_twice_changes_nothing_more(
    desk: FlaskClient, held: Comment, everything: Callable[[], object]
) -> None:
    assert decide(desk, held, action="approve").status_code == 303
    before = everything()

    assert decide(desk, held, action="approve").status_code == 303
    assert everything() == before


@sqlite
@pytest.mark.parametrize(
    "fields",
    [
        {"action": "publish"},
        {"action": ""},
        {"action": "approve", "version": ""},
        {"action": "approve", "version": "x"},
        {"action": "approve", "version": "-1"},
        {"action": "approve", "version": "9" * 30},
        {"action": "approve", "csrf_token": ""},
        {"action": "approve", "csrf_token": "forged"},
    ],
)
def test_a_broken_decision_is_refused(
    desk: FlaskClient, held: Comment, everything: Callable[[], object], fields: dict[str, str]
) -> None:
    before = everything()

    assert decide(desk, held, **fields).status_code == 400
    assert everything() == before


def test_a_viewer_looks_and_does_not_decide(
    viewer_desk: FlaskClient, held: Comment, stored: Stored
) -> None:
    page = Page(viewer_desk.get("/queue").text)

    assert "You know who you are." in page.text
    assert not page.all("button", name="action")
    assert decide(viewer_desk, held, action="approve").status_code == 403
    assert stored()[0].status is Status.HELD


def test_a_moderator_of_one_site_knows_nothing_of_others(
    database: Database, services: Services, held: Comment, sign_in_as: SignInAs, stored: Stored
) -> None:
    with database.transaction() as session:
        other = make_site(session, "other")
        bound = make_moderator(session, services.vault, email="bound@example.com", site=other)
        own = make_comment(session, other, body="Our own.")
    desk = sign_in_as(bound)

    queue = desk.get("/queue").text
    log = desk.get("/log").text
    foreign = desk.get(f"/queue/{held.public_id}")
    unknown = desk.get("/queue/unknown")
    decided = decide(desk, held, action="approve")

    assert "Our own." in queue and "You know who you are." not in queue
    assert own.public_id in log and held.public_id not in log
    assert (foreign.status_code, unknown.status_code, decided.status_code) == (404, 404, 404)
    assert foreign.text == unknown.text
    assert stored()[0].status is Status.HELD
    assert decide(desk, own, action="approve").status_code == 303
