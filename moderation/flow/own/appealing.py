"""A commenter asks, once, that somebody else looks at the rejection of their comment."""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.errors import NothingToAppeal
from moderation.flow.locks import keep
from moderation.flow.own.appeals import may_appeal
from moderation.flow.own.edits import refuse_if_moved
from moderation.flow.queue.queues import count_move, queues_of
from moderation.models import Appeal, Comment, Event, StandingDecision
from moderation.statuses import Actor, Change, Status


def appeal(
    session: Session, comment: Comment, text: str, *, version_seen: int, now: dt.datetime
) -> None:
    """Put a rejected comment before another judge, with its commenter's words.

    Its version moves: nobody decides about it who has not seen the words. Raises NothingToAppeal,
    and VersionConflict where another rejection than the one seen stands (see `refuse_if_moved`).
    """
    keep(session, comment)
    if not may_appeal(session, comment):
        raise NothingToAppeal("it is not rejected, or was appealed against before")
    refuse_if_moved(session, comment, version_seen)
    before = queues_of(comment)
    comment.appealed = True
    comment.version += 1
    against = _who_rejected(session, comment)
    session.add(Appeal(comment_id=comment.id, text=text, against_id=against, created_at=now))
    session.add(
        Event(
            site_id=comment.site_id,
            comment_id=comment.id,
            change=Change.APPEALED,
            actor=Actor.COMMENTER,
            version=comment.version,
            data={},
            created_at=now,
        )
    )
    count_move(session, comment, before)
    session.flush()


def _who_rejected(session: Session, comment: Comment) -> int | None:
    """The person whose rejection stands; also by a standing decision of theirs."""
    rejection = session.scalar(
        select(Event)
        .where(
            Event.comment_id == comment.id,
            Event.to_status == Status.REJECTED,
            Event.change != Change.UNDONE,
        )
        .order_by(Event.id.desc())
        .limit(1)
    )
    if rejection is None:
        return None
    if "standing_moderator" in rejection.data:
        return int(rejection.data["standing_moderator"])
    # Older entries name the standing decision alone, which may be gone.
    standing = session.get(StandingDecision, rejection.data.get("standing", 0))
    return standing.moderator_id if standing else rejection.moderator_id
