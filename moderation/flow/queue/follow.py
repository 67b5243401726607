"""What became of comments that somebody has on the screen, while they look at them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.flow.queue.claims import claimed_by
from moderation.flow.queue.filters import Filters
from moderation.flow.queue.page import bounded_count, matching
from moderation.models import Comment, Event, Moderator
from moderation.statuses import Change, Queue, Status

MASKINGS = (Change.REDACTED, Change.REDACTION_UNDONE)


@dataclass(frozen=True)
class Shown:
    """A comment on the screen: moved since (by whom), or open at a colleague's, or as it was."""

    public_id: str
    status: Status
    has_moved: bool
    is_masked: bool
    """Its last move was that passages were masked, or no longer."""
    is_appealed: bool
    """Its last move was that its commenter appealed."""
    is_urgent: bool
    by: str | None
    claimed_by: str | None


def _movers(session: Session, comments: Sequence[Comment]) -> dict[int, tuple[str, Change]]:
    """By the comments' ids who made each the version that it is, in words, and by what."""
    rows = session.execute(
        select(Event, Moderator.name)
        .outerjoin(Moderator, Moderator.id == Event.moderator_id)
        .where(
            Event.comment_id.in_([comment.id for comment in comments]),
            Event.version.is_not(None),
        )
        .order_by(Event.id)
    )
    return {
        event.comment_id or 0: (name or f"the {event.actor}", event.change) for event, name in rows
    }


def newest_id(session: Session) -> int:
    """The id of the newest comment there is; what `count_new` counts comes after it."""
    return session.scalar(select(func.max(Comment.id))) or 0


def count_new(
    session: Session, moderator: Moderator, queue: Queue, filters: Filters, *, newest: int
) -> int:
    """How many comments newer than `newest` stand in the queue; exact up to FEW."""
    conditions = matching(session, moderator, queue, filters)
    return bounded_count(session, [*conditions, Comment.id > newest])


def read_changes(
    session: Session, moderator: Moderator, shown: Mapping[str, str], *, now: dt.datetime
) -> list[Shown]:
    """How the comments in `shown` (public ids, each with the version on the screen) stand now."""
    query = select(Comment).where(Comment.public_id.in_(shown))
    if moderator.site_id is not None:
        query = query.where(Comment.site_id == moderator.site_id)
    comments = list(session.scalars(query.order_by(Comment.id)))
    claims = claimed_by(session, [comment.id for comment in comments], moderator, now=now)
    moved = [c for c in comments if str(c.version) != shown[c.public_id]]
    last = _movers(session, moved)
    return [
        Shown(
            public_id=comment.public_id,
            status=comment.status,
            has_moved=comment.id in last,
            is_masked=last.get(comment.id, (None, None))[1] in MASKINGS,
            is_appealed=last.get(comment.id, (None, None))[1] is Change.APPEALED,
            is_urgent=comment.urgent is not None,
            by=last.get(comment.id, (None, None))[0],
            claimed_by=claims.get(comment.id),
        )
        for comment in comments
    ]
