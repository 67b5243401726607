"""What people see of bans goes: with an erasure at once, a year after the end with the ban."""

import datetime as dt

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from moderation.flow.bans.force import hashes_of
from moderation.models import Ban
from moderation.statuses import BanKind

KEPT_AFTER_END = dt.timedelta(days=365)


def forget_whom(session: Session, commenter_id: int) -> None:
    """Of the bans of this commenter's email nothing stays but hash, place and times."""
    hashes = hashes_of(session, commenter_id)
    of_email = (Ban.kind == BanKind.EMAIL, Ban.lookup_hash.in_(hashes))
    session.execute(update(Ban).where(*of_email).values(label=None, reason=None))


def forget_long_ended(session: Session, *, now: dt.datetime, limit: int) -> int:
    """Delete at most `limit` bans that ended a year ago; answers how many it were."""
    over = now - KEPT_AFTER_END
    query = select(Ban.id).where(or_(Ban.lifted_at < over, Ban.expires_at < over)).limit(limit)
    ids = session.scalars(query.with_for_update(skip_locked=True)).all()
    session.execute(delete(Ban).where(Ban.id.in_(ids)))
    return len(ids)
