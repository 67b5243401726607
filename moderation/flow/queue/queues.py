"""Which comment stands in which queue, in Python and in SQL; nothing else says so."""

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from moderation.models import Comment, Moderator, QueueDelta
from moderation.statuses import Queue, Reason, Status

# The queues of decided and undecided comments; the others lie across these.
_OF_STATUS = {Status.HELD: Queue.HELD, Status.APPROVED: Queue.APPROVED}
CRITERIA: dict[Queue, ColumnElement[bool]] = {
    Queue.URGENT: Comment.urgent.is_not(None),
    Queue.HELD: Comment.status == Status.HELD,
    Queue.REPORTED: Comment.reports > 0,
    Queue.APPEALS: Comment.appealed.is_(True),
    Queue.AUDIT: Comment.sampled.is_(True),
    Queue.APPROVED: Comment.status == Status.APPROVED,
    Queue.REJECTED: and_(
        Comment.status == Status.REJECTED,
        or_(Comment.reason.is_(None), Comment.reason != Reason.SPAM),
    ),
    Queue.SPAM: and_(Comment.status == Status.REJECTED, Comment.reason == Reason.SPAM),
}
STATUS_IN = {
    Queue.HELD: Status.HELD,
    Queue.AUDIT: Status.APPROVED,
    Queue.APPROVED: Status.APPROVED,
    Queue.REJECTED: Status.REJECTED,
    Queue.SPAM: Status.REJECTED,
}


def queues_of(comment: Comment) -> set[Queue]:
    """Where this comment stands."""
    found = set()
    if comment.status is Status.REJECTED:
        found.add(Queue.SPAM if comment.reason is Reason.SPAM else Queue.REJECTED)
    elif comment.status in _OF_STATUS:
        found.add(_OF_STATUS[comment.status])
    if comment.urgent is not None:
        found.add(Queue.URGENT)
    if comment.reports:
        found.add(Queue.REPORTED)
    if comment.appealed:
        found.add(Queue.APPEALS)
    if comment.sampled:
        found.add(Queue.AUDIT)
    return found


def count_move(session: Session, comment: Comment, before: set[Queue]) -> None:
    """Note which queues the comment left and came into since it stood in `before`."""
    after = queues_of(comment)
    for queue, delta in [(q, -1) for q in before - after] + [(q, 1) for q in after - before]:
        session.add(QueueDelta(site_id=comment.site_id, queue=queue, delta=delta))


def read_counts(session: Session, moderator: Moderator) -> dict[Queue, int]:
    """How many comments of this moderator's sites stand in each queue, exactly."""
    query = select(QueueDelta.queue, func.sum(QueueDelta.delta)).group_by(QueueDelta.queue)
    if moderator.site_id is not None:
        query = query.where(QueueDelta.site_id == moderator.site_id)
    found = {queue: int(count) for queue, count in session.execute(query)}
    return {queue: found.get(queue, 0) for queue in Queue}


def fold_counts(session: Session) -> None:
    """Put the rows of each count into one; concurrent decisions neither wait nor are lost.

    Only rows that this transaction deletes are summed up, so two folds at once are no danger.
    """
    newest = session.scalar(select(func.max(QueueDelta.id)))
    if newest is None:
        return
    gone = session.execute(
        QueueDelta.__table__.delete()  # type: ignore[attr-defined]  # a Table, to SQLAlchemy's types
        .where(QueueDelta.id <= newest)
        .returning(QueueDelta.site_id, QueueDelta.queue, QueueDelta.delta)
    )
    sums: dict[tuple[int, Queue], int] = {}
    for site_id, queue, delta in gone:
        sums[site_id, queue] = sums.get((site_id, queue), 0) + delta
    session.add_all(
        QueueDelta(site_id=site_id, queue=queue, delta=delta)
        for (site_id, queue), delta in sums.items()
        if delta
    )
    session.flush()
