"""Who has which comment open, so that two people do not decide about the same one.

A claim keeps nobody from deciding: the version seen does that. It only says who is at it, and has
`next_unclaimed` lead each to another comment.
"""

import datetime as dt

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from moderation.flow.queue.filters import Filters
from moderation.flow.queue.page import ORDERS, Order, Place, matching, sorted_ids
from moderation.models import Claim, Comment, Moderator
from moderation.statuses import Queue

CLAIM_FOR = dt.timedelta(minutes=3)  # without a sign of life; long enough to read and think
TRIES = 40  # comments offered to one who looks for the next: more people than that work nowhere


def claim(session: Session, comment_id: int, moderator: Moderator, *, now: dt.datetime) -> bool:
    """Make the comment this moderator's for CLAIM_FOR; False where somebody else has it.

    One statement, so that of two at the same instant one gets it.
    """
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {"moderator_id": moderator.id, "expires_at": now + CLAIM_FOR}
    taken = session.scalar(
        insert(Claim)
        .values(comment_id=comment_id, **values)
        .on_conflict_do_update(
            index_elements=[Claim.comment_id],
            set_=values,
            where=or_(Claim.expires_at <= now, Claim.moderator_id == moderator.id),
        )
        .returning(Claim.comment_id)
    )
    return taken is not None


def release(session: Session, comment_ids: list[int], moderator: Moderator) -> None:
    """Let go of these comments, where they are this moderator's."""
    session.execute(
        delete(Claim).where(Claim.comment_id.in_(comment_ids), Claim.moderator_id == moderator.id)
    )


def release_all(session: Session, moderator: Moderator) -> None:
    """Let go of all that this moderator has open."""
    session.execute(delete(Claim).where(Claim.moderator_id == moderator.id))


def forget_expired(session: Session, *, now: dt.datetime) -> None:
    """Take out claims that ended by themselves."""
    session.execute(delete(Claim).where(Claim.expires_at <= now))


def claimed_by(
    session: Session, comment_ids: list[int], moderator: Moderator, *, now: dt.datetime
) -> dict[int, str]:
    """The names of colleagues who have these comments open, by comment."""
    rows = session.execute(
        select(Claim.comment_id, Moderator.name)
        .join(Moderator, Moderator.id == Claim.moderator_id)
        .where(
            Claim.comment_id.in_(comment_ids),
            Claim.expires_at > now,
            Claim.moderator_id != moderator.id,
        )
    )
    return {comment_id: name for comment_id, name in rows}


def claim_next(
    session: Session,
    moderator: Moderator,
    queue: Queue,
    filters: Filters,
    *,
    order: Order | None = None,
    after: Place | None = None,
    now: dt.datetime,
) -> Comment | None:
    """The first comment after `after` that nobody has open, now this moderator's; None: no more."""
    order = order if order in ORDERS[queue] else ORDERS[queue][0]
    conditions = [*matching(session, moderator, queue, filters), _is_free(moderator, now)]
    release_all(session, moderator)
    for comment_id in session.scalars(sorted_ids(conditions, order, after, TRIES)).all():
        with session.begin_nested() as attempt:
            if claim(session, comment_id, moderator, now=now):
                # A colleague may have claimed, decided and let go of it since the ids were read.
                still = select(Comment).where(Comment.id == comment_id, *conditions)
                if found := session.scalar(still):
                    return found
            # Also lets go of the row: who walk in opposite orders must not wait for each other.
            attempt.rollback()
    return None


def _is_free(moderator: Moderator, now: dt.datetime) -> ColumnElement[bool]:
    return ~exists().where(
        Claim.comment_id == Comment.id, Claim.expires_at > now, Claim.moderator_id != moderator.id
    )
