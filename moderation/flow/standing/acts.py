"""Setting a standing decision, lifting it, taking that back. Each writes to the log, by its id."""

import datetime as dt

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from moderation.errors import TooManyStanding, UnknownComment, UnknownStanding
from moderation.flow.locks import lock_comment
from moderation.flow.queue.similar import COMPARED, LENGTH_MIN, letters
from moderation.flow.standing.force import is_in_force, stands
from moderation.models import Batch, Comment, Event, Moderator, Site, StandingDecision
from moderation.statuses import Actor, Change, Reason

LASTS = dt.timedelta(hours=24)
MOST = 200  # in force on a site: each is compared with each new comment


def set_standing(
    session: Session,
    comment: Comment,
    change: Change,
    *,
    batch: Batch,
    moderator: Moderator,
    now: dt.datetime,
    reason: Reason | None = None,
) -> StandingDecision:
    """Have what says the same as `comment` decided likewise for LASTS: APPROVED or REJECTED.

    It belongs to the act `batch`, which has decided so about `comment` just now: undoing that
    lifts it, and to approve wants one of its names. An older one for the same text ends. Raises
    UnknownComment where the text is gone, and TooManyStanding.
    """
    comment = lock_comment(session, comment.id)  # an erasure waits, or is seen
    if comment.emptied_at is not None:
        raise UnknownComment("its text was taken out meanwhile")
    _make_room(session, comment.site_id, comment.text_hash, moderator, now)
    made = StandingDecision(
        site_id=comment.site_id,
        comment_id=comment.id,
        moderator_id=moderator.id,
        batch_id=batch.id,
        change=change,
        reason=reason,
        text_hash=comment.text_hash,
        letters=_comparable(comment.body) if change is Change.REJECTED else None,
        created_at=now,
        expires_at=now + LASTS,
    )
    session.add(made)
    session.flush()
    _record(session, made, Change.STANDING_SET, moderator, now)
    return made


def lift(
    session: Session, found: StandingDecision, *, moderator: Moderator | None, now: dt.datetime
) -> bool:
    """End it now; answers whether it was in force. What it decided stays decided.

    Without a moderator it ends with the text that it was made of.
    """
    if not stands(found, now):
        return False
    found.lifted_at = now
    _record(session, found, Change.STANDING_LIFTED, moderator, now)
    return True


def set_again(
    session: Session, found: StandingDecision, *, moderator: Moderator, now: dt.datetime
) -> bool:
    """Take back that it was lifted, until its first end; answers whether that is still to come.

    Raises TooManyStanding.
    """
    if found.lifted_at is None or found.expires_at <= now:
        return False
    _make_room(session, found.site_id, found.text_hash, moderator, now)
    found.lifted_at = None
    _record(session, found, Change.STANDING_SET, moderator, now)
    return True


def lift_of_batch(
    session: Session, batch: Batch, *, moderator: Moderator, now: dt.datetime
) -> StandingDecision | None:
    """An act on many comments is taken back: what it set for those to come ends too."""
    found = session.scalar(_of_batch(batch, moderator).with_for_update())
    if found is not None:
        lift(session, found, moderator=moderator, now=now)
    return found


def find_of_batch(
    session: Session, batch: Batch, moderator: Moderator, *, now: dt.datetime
) -> StandingDecision | None:
    """What an act on many comments set for those to come, while it is in force."""
    return session.scalar(_of_batch(batch, moderator).where(is_in_force(now)))


def find_to_change(session: Session, standing_id: int, moderator: Moderator) -> StandingDecision:
    """One of this moderator's sites, held until the transaction ends. Raises UnknownStanding."""
    found = session.get(StandingDecision, standing_id, with_for_update=True)
    if found is None or moderator.site_id not in (None, found.site_id):
        raise UnknownStanding("no such standing decision")
    return found


def _of_batch(batch: Batch, moderator: Moderator) -> Select[StandingDecision]:
    query = select(StandingDecision).where(StandingDecision.batch_id == batch.id)
    if moderator.site_id is not None:  # somebody's sites may change
        query = query.where(StandingDecision.site_id == moderator.site_id)
    return query


def _make_room(
    session: Session, site_id: int, text_hash: bytes, moderator: Moderator, now: dt.datetime
) -> None:
    """End those of the same text, so that one text has one. Raises TooManyStanding."""
    # One at a time on a site: the number is exact. Comments that come in do not wait for this.
    session.scalar(select(Site.id).where(Site.id == site_id).with_for_update(key_share=True))
    of_site = (StandingDecision.site_id == site_id, is_in_force(now))
    same = select(StandingDecision).where(*of_site, StandingDecision.text_hash == text_hash)
    current = same.with_for_update().execution_options(populate_existing=True)
    for older in session.scalars(current).all():  # a colleague may lift it at the same time
        lift(session, older, moderator=moderator, now=now)
    session.flush()
    count = session.scalar(select(func.count()).select_from(StandingDecision).where(*of_site))
    if (count or 0) >= MOST:
        raise TooManyStanding("too many are in force on this site")


def _comparable(body: str) -> str | None:
    """The letters of a text, where enough of them say the same and not too many are compared."""
    found = letters(body)
    return found if LENGTH_MIN <= len(found) <= COMPARED else None


def _record(
    session: Session,
    found: StandingDecision,
    change: Change,
    moderator: Moderator | None,
    now: dt.datetime,
) -> None:
    session.add(
        Event(
            site_id=found.site_id,
            moderator_id=moderator.id if moderator else None,
            change=change,
            actor=Actor.MODERATOR if moderator else Actor.MACHINE,
            reason=found.reason,
            data={"standing": found.id, "decision": found.change.value},
            created_at=now,
        )
    )
