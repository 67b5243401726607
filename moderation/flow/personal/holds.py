"""Legal holds: the stored copy of a comment stays, whatever retention or its commenter want."""

import datetime as dt

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager

from moderation.flow.locks import keep
from moderation.models import Comment, Event, LegalHold, Moderator
from moderation.statuses import Actor, Change

Id = InstrumentedAttribute[int] | InstrumentedAttribute[int | None]


def set_hold(
    session: Session,
    comment: Comment,
    *,
    reason: str,
    expires_at: dt.datetime,
    now: dt.datetime,
    moderator: Moderator | None,
) -> LegalHold:
    """Keep the comment until `expires_at`. `moderator` is None for the command line."""
    keep(session, comment)  # what is being purged is purged first
    hold = LegalHold(
        comment_id=comment.id,
        moderator_id=moderator.id if moderator else None,
        reason=reason,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(hold)
    session.flush()
    _record(session, comment, hold, Change.LEGAL_HOLD_SET, moderator, now)
    return hold


def lift_holds(
    session: Session, comment: Comment, *, now: dt.datetime, moderator: Moderator | None
) -> int:
    """End every hold in force on the comment; answers how many there were."""
    holds = holds_in_force(session, comment, now=now)
    for hold in holds:
        hold.lifted_at = now
        _record(session, comment, hold, Change.LEGAL_HOLD_LIFTED, moderator, now)
    return len(holds)


def holds_in_force(session: Session, comment: Comment, *, now: dt.datetime) -> list[LegalHold]:
    """The holds that keep this comment at `now`, oldest first."""
    query = select(LegalHold).where(LegalHold.comment_id == comment.id, _is_in_force(now))
    return list(session.scalars(query.order_by(LegalHold.id)))


def read_holds(
    session: Session, owner: Moderator, *, now: dt.datetime
) -> list[tuple[LegalHold, str | None]]:
    """All holds in force on the owner's sites with the name of who set each, next to end first."""
    query = (
        select(LegalHold, Moderator.name)
        .join(LegalHold.comment)
        .outerjoin(Moderator, Moderator.id == LegalHold.moderator_id)
        .where(_is_in_force(now))
        .options(contains_eager(LegalHold.comment))
        .order_by(LegalHold.expires_at)
    )
    if owner.site_id is not None:
        query = query.where(Comment.site_id == owner.site_id)
    return [(hold, name) for hold, name in session.execute(query)]


def is_kept(comment_id: Id, now: dt.datetime) -> ColumnElement[bool]:
    """Whether a hold in force keeps the comment with this id: for the WHERE of another query."""
    return (
        select(LegalHold.id).where(LegalHold.comment_id == comment_id, _is_in_force(now)).exists()
    )


def keeps_commenter(commenter_id: Id, now: dt.datetime) -> ColumnElement[bool]:
    """Whether a hold in force keeps a comment of this commenter, and so who they are."""
    return (
        select(LegalHold.id)
        .join(Comment, Comment.id == LegalHold.comment_id)
        .where(Comment.commenter_id == commenter_id, _is_in_force(now))
        .exists()
    )


def _is_in_force(now: dt.datetime) -> ColumnElement[bool]:
    return LegalHold.lifted_at.is_(None) & (LegalHold.expires_at > now)


def _record(
    session: Session,
    comment: Comment,
    hold: LegalHold,
    change: Change,
    moderator: Moderator | None,
    now: dt.datetime,
) -> None:
    session.add(
        Event(
            site_id=comment.site_id,
            comment_id=comment.id,
            moderator_id=moderator.id if moderator else None,
            change=change,
            actor=Actor.MODERATOR,
            data={"hold": hold.id},
            created_at=now,
        )
    )
