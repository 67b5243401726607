"""Standing decisions go some days after their end, or at once with the text they were made of."""

import datetime as dt

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from moderation.flow.standing.acts import lift
from moderation.models import Moderator, StandingDecision

KEPT_AFTER_END = dt.timedelta(days=7)  # so long people see what they did


def forget_ended_standing(session: Session, *, now: dt.datetime, limit: int) -> int:
    """Delete at most `limit` that ended some days ago; answers how many it were."""
    over = now - KEPT_AFTER_END
    query = select(StandingDecision.id).where(
        or_(StandingDecision.lifted_at < over, StandingDecision.expires_at < over)
    )
    ids = session.scalars(query.limit(limit).with_for_update(skip_locked=True)).all()
    session.execute(delete(StandingDecision).where(StandingDecision.id.in_(ids)))
    return len(ids)


def forget_standing_of(
    session: Session, comment_id: int, *, now: dt.datetime, moderator: Moderator | None = None
) -> None:
    """The comment's text goes, or becomes another one: so does all that looks for the like of it.

    The caller keeps the comment, so that nobody sets one meanwhile.
    """
    query = select(StandingDecision).where(StandingDecision.comment_id == comment_id)
    for found in session.scalars(query.with_for_update()).all():
        lift(session, found, moderator=moderator, now=now)
        session.delete(found)
