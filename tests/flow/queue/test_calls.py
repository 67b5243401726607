"""Reports and escalations call for a look; a decision settles them, undoing it renews them."""

import pytest
from sqlalchemy import select

from moderation.errors import UnknownComment, VersionConflict
from moderation.flow.personal.taking_down import take_down
from moderation.flow.queue.calls import escalate, report
from moderation.flow.review import decide_by_hand, undo
from moderation.models import Comment, Event, Report
from moderation.statuses import Actor, Change, Queue, Reason, ReportReason, Status, Urgency
from tests.doubles import NOON
from tests.flow.desk import Desk


def call(desk: Desk, comment_id: int, *ranges: bytes) -> int:
    with desk.database.transaction() as session:
        comment = session.get_one(Comment, comment_id)
        for hashed in ranges:
            report(session, comment, ReportReason.ABUSE, range_hash=hashed, now=NOON)
        return comment.reports


def make_urgent(desk: Desk, comment_id: int) -> None:
    with desk.database.transaction() as session:
        comment = session.get_one(Comment, comment_id)
        escalate(session, comment, Urgency.THREAT_TO_LIFE, moderator=desk.grace, now=NOON)


def undo_last(desk: Desk, comment_id: int) -> None:
    with desk.database.transaction() as session:
        seen = session.get_one(Comment, comment_id).version
        undo(session, comment_id, version_seen=seen, moderator=desk.grace, now=NOON)


def test_distinct_reporters_are_counted(desk: Desk) -> None:
    comment_id = desk.comment(Status.APPROVED)
    assert call(desk, comment_id, b"a", b"a", b"b") == 2
    assert desk.ids(Queue.REPORTED) == desk.ids(Queue.APPROVED) == [comment_id]


@pytest.mark.parametrize("status", [Status.HELD, Status.REJECTED, Status.PROCESSING])
def test_only_what_is_public_is_reported(desk: Desk, status: Status) -> None:
    comment_id = desk.comment(status)
    assert call(desk, comment_id, b"a") == 0
    with desk.database.reading() as session:
        assert session.scalars(select(Report)).all() == []


@pytest.mark.parametrize("status", [Status.HELD, Status.APPROVED])
def test_an_urgent_comment_stays_as_public_as_it_was(desk: Desk, status: Status) -> None:
    comment_id = desk.comment(status)
    make_urgent(desk, comment_id)
    assert desk.ids(Queue.URGENT) == [comment_id]
    with desk.database.reading() as session:
        comment = session.get_one(Comment, comment_id)
        assert (comment.status, comment.urgent) == (status, Urgency.THREAT_TO_LIFE)
        event = session.scalars(select(Event).order_by(Event.id.desc())).first()
    assert event and (event.change, event.reason) == (Change.ESCALATED, "threat_to_life")
    assert event.moderator_id == desk.grace.id and event.to_status is None


@pytest.mark.parametrize("change", [Change.APPROVED, Change.REJECTED])
def test_a_decision_settles_both_and_undoing_it_renews_them(desk: Desk, change: Change) -> None:
    comment_id = desk.comment(Status.APPROVED)
    call(desk, comment_id, b"a", b"b")
    make_urgent(desk, comment_id)
    reason = Reason.THREAT if change is Change.REJECTED else None

    desk.decide(comment_id, change, reason=reason)
    assert desk.ids(Queue.URGENT) == desk.ids(Queue.REPORTED) == []

    undo_last(desk, comment_id)
    assert desk.ids(Queue.URGENT) == desk.ids(Queue.REPORTED) == [comment_id]
    with desk.database.reading() as session:
        assert session.get_one(Comment, comment_id).reports == 2
    assert call(desk, comment_id, b"c") == 3


def test_who_reported_before_a_decision_is_not_counted_again(desk: Desk) -> None:
    comment_id = desk.comment(Status.APPROVED)
    call(desk, comment_id, b"a")
    desk.decide(comment_id, Change.APPROVED)

    assert call(desk, comment_id, b"a") == 0
    assert call(desk, comment_id, b"b") == 1


def test_approving_again_settles_what_came_after_the_first_time(desk: Desk) -> None:
    comment_id = desk.comment()
    desk.decide(comment_id, Change.APPROVED)
    call(desk, comment_id, b"a")
    make_urgent(desk, comment_id)

    desk.decide(comment_id, Change.APPROVED)

    assert desk.ids(Queue.URGENT) == desk.ids(Queue.REPORTED) == []
    assert desk.ids(Queue.APPROVED) == [comment_id]


def test_undoing_leaves_what_was_escalated_since(desk: Desk) -> None:
    comment_id = desk.comment()
    desk.decide(comment_id, Change.APPROVED)
    make_urgent(desk, comment_id)

    undo_last(desk, comment_id)

    assert desk.ids(Queue.URGENT) == desk.ids(Queue.HELD) == [comment_id]


def test_nobody_decides_who_has_not_seen_that_it_is_urgent(desk: Desk) -> None:
    comment_id = desk.comment()
    make_urgent(desk, comment_id)

    with pytest.raises(VersionConflict) as conflict, desk.database.transaction() as session:
        decide_by_hand(
            session, comment_id, Change.APPROVED, version_seen=2, moderator=desk.linus, now=NOON
        )
    assert (conflict.value.status, conflict.value.by) == (Status.HELD, "grace")


def test_what_is_deleted_calls_for_nothing(desk: Desk) -> None:
    comment_id = desk.comment(Status.REJECTED)
    make_urgent(desk, comment_id)
    with desk.database.transaction() as session:
        take_down(session, comment_id, change=Change.PURGED, actor=Actor.MACHINE, now=NOON)
    assert desk.ids(Queue.URGENT) == []

    with pytest.raises(UnknownComment):
        make_urgent(desk, comment_id)
    assert desk.ids(Queue.URGENT) == []
