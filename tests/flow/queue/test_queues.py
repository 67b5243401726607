"""Which comment stands in which queue, and that the counts never drift from it."""

import datetime as dt
import random

import pytest
from sqlalchemy import func, select

from moderation.errors import (
    AppealUnanswered,
    NothingToAppeal,
    NothingToUndo,
    OwnAppeal,
    UnknownComment,
    VersionConflict,
)
from moderation.flow.bulk import Choice, decide_portion, start_batch
from moderation.flow.own.appealing import appeal
from moderation.flow.personal.taking_down import take_down
from moderation.flow.queue.calls import escalate, report
from moderation.flow.queue.queues import CRITERIA, fold_counts, queues_of, read_counts
from moderation.flow.review import decide_by_hand, undo
from moderation.models import Comment, QueueDelta
from moderation.statuses import Actor, Change, Queue, Reason, ReportReason, Status, Urgency
from tests.doubles import NOON
from tests.flow.desk import Desk
from tests.together import together

REFUSALS = (
    AppealUnanswered,
    NothingToAppeal,
    NothingToUndo,
    OwnAppeal,
    UnknownComment,
    VersionConflict,
)


def counted(desk: Desk) -> dict[Queue, int]:
    """How many comments of all sites really stand in each queue."""
    with desk.database.reading() as session:
        return {
            queue: session.scalar(select(func.count()).select_from(Comment).where(criterion)) or 0
            for queue, criterion in CRITERIA.items()
        }


def told(desk: Desk) -> dict[Queue, int]:
    """What the pages say."""
    with desk.database.reading() as session:
        return read_counts(session, desk.grace)


def fold(desk: Desk) -> None:
    with desk.database.transaction() as session:
        fold_counts(session)


def rows(desk: Desk) -> int:
    with desk.database.reading() as session:
        return session.scalar(select(func.count()).select_from(QueueDelta)) or 0


@pytest.mark.parametrize(
    ("status", "reason", "queues"),
    [
        (Status.PROCESSING, None, set()),
        (Status.HELD, None, {Queue.HELD}),
        (Status.APPROVED, None, {Queue.APPROVED}),
        (Status.REJECTED, None, {Queue.REJECTED}),
        (Status.REJECTED, Reason.INSULT, {Queue.REJECTED}),
        (Status.REJECTED, Reason.SPAM, {Queue.SPAM}),
        (Status.DELETED, None, set()),
    ],
)
@pytest.mark.parametrize("is_called_for", [False, True])
def test_python_and_sql_agree_on_where_a_comment_stands(
    desk: Desk, status: Status, reason: Reason | None, queues: set[Queue], is_called_for: bool
) -> None:
    comment_id = desk.comment()
    with desk.database.transaction() as session:
        comment = session.get_one(Comment, comment_id)
        comment.status, comment.reason = status, reason
        if is_called_for:
            comment.urgent, comment.reports, comment.sampled = Urgency.SELF_HARM, 2, True
            comment.appealed = True
            queues = queues | {Queue.URGENT, Queue.REPORTED, Queue.AUDIT, Queue.APPEALS}
    with desk.database.reading() as session:
        found = {
            queue
            for queue, criterion in CRITERIA.items()
            if session.scalar(select(Comment.id).where(criterion))
        }
        assert found == queues == queues_of(session.get_one(Comment, comment_id))


def test_counts_are_exact_after_thousands_of_random_acts(desk: Desk) -> None:
    """Every way that moves a comment, in any order, folded now and then; some are refused."""
    dice = random.Random(7)  # noqa: S311 (no secret)
    desk.set_policy(audit_share=100)
    comments = [desk.comment(dice.choice(list(Status)[:4])) for _ in range(30)]
    refused, filled = 0, set[Queue]()
    for number in range(600):
        comment_id = dice.choice(comments)
        now = NOON + dt.timedelta(seconds=number)
        try:
            act(desk, dice, comment_id, now)
        except REFUSALS:
            refused += 1
        if number % 97 == 0:
            fold(desk)
        if number % 50 == 0:
            assert told(desk) == counted(desk)
        if number % 10 == 0:
            filled |= {queue for queue, count in told(desk).items() if count}
    assert told(desk) == counted(desk)
    assert 10 < refused < 500, "the acts were neither all refused nor all taken"
    assert filled == set(Queue), "no queue was empty all the time"


def act(desk: Desk, dice: random.Random, comment_id: int, now: dt.datetime) -> None:
    """One of all the things that people do to a comment."""
    with desk.database.transaction() as session:
        comment = session.get_one(Comment, comment_id)
        seen = comment.version - (dice.random() < 0.1)
        match dice.randrange(9):
            case 0 | 1 | 2:
                change = dice.choice([Change.APPROVED, Change.REJECTED, Change.HELD])
                reason = dice.choice(list(Reason)[:-1] + [Reason.SPAM] * 5)
                decide_by_hand(
                    session,
                    comment_id,
                    change,
                    version_seen=seen,
                    moderator=desk.grace,
                    now=now,
                    reason=reason if change is Change.REJECTED else None,
                )
            case 3 | 4:
                undo(session, comment_id, version_seen=seen, moderator=desk.linus, now=now)
            case 5:
                escalate(
                    session, comment, dice.choice(list(Urgency)), moderator=desk.grace, now=now
                )
            case 6:
                hashed = bytes([dice.randrange(6)])
                report(session, comment, ReportReason.ABUSE, range_hash=hashed, now=now)
            case 7:
                appeal(session, comment, "Please look again.", version_seen=seen, now=now)
            case 8:
                batch = start_batch(session, desk.grace, now=now)
                choice = Choice(comment.public_id, seen)
                decide_portion(
                    session, batch.id, [choice], Change.APPROVED, moderator=desk.grace, now=now
                )
                if dice.random() < 0.05:
                    take_down(
                        session, comment_id, change=Change.ERASED, actor=Actor.COMMENTER, now=now
                    )


def test_folding_leaves_one_row_a_count_and_loses_none(desk: Desk) -> None:
    for _ in range(3):
        desk.decide(desk.comment(), Change.APPROVED)
    before = told(desk)

    fold(desk)

    assert told(desk) == before and before[Queue.APPROVED] == 3
    assert rows(desk) == 1
    fold(desk)
    assert rows(desk) == 1


def test_a_sum_below_nothing_is_kept_until_what_outweighs_it_is_seen(desk: Desk) -> None:
    """A fold may see a comment leave before it sees, from another transaction, how it came."""

    def add(delta: int) -> None:
        with desk.database.transaction() as session:
            session.add(QueueDelta(site_id=desk.site.id, queue=Queue.HELD, delta=delta))

    add(-2)
    fold(desk)
    add(3)

    assert told(desk)[Queue.HELD] == 1


def test_folding_beside_decisions_and_other_folds_loses_none(desk: Desk) -> None:
    held = [desk.comment() for _ in range(8)]
    together(
        *[lambda c=c: desk.decide(c, Change.APPROVED) for c in held],
        *[lambda: fold(desk)] * 3,
    )
    assert told(desk) == counted(desk)


def test_a_moderator_of_one_site_is_told_the_counts_of_it(desk: Desk) -> None:
    desk.comment()
    desk.comment(site=desk.other_site)
    desk.comment(Status.APPROVED)

    with desk.database.reading() as session:
        own = read_counts(session, desk.bound)
        assert own == {**dict.fromkeys(Queue, 0), Queue.HELD: 1}
        assert read_counts(session, desk.grace)[Queue.HELD] == 2


def test_counts_stay_exact_while_a_decision_and_an_escalation_meet(desk: Desk) -> None:
    held = [desk.comment() for _ in range(6)]

    def make_urgent(comment_id: int) -> None:
        with desk.database.transaction() as session:
            comment = session.get_one(Comment, comment_id)
            escalate(session, comment, Urgency.ILLEGAL, moderator=desk.linus, now=NOON)

    together(
        *[lambda c=c: desk.decide(c, Change.APPROVED) for c in held],
        *[lambda c=c: make_urgent(c) for c in held],
    )
    assert told(desk) == counted(desk)
