"""Step `review`: a moderator decides about the version they saw, and can take it back."""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.errors import NothingToUndo, VersionConflict
from moderation.flow.queue import last_event
from moderation.flow.store import change_status
from moderation.models import Comment, Event, Moderator
from moderation.statuses import DECIDABLE, DECISIONS, Actor, Change, Reason, Status


def decide_by_hand(
    session: Session,
    comment_id: int,
    change: Change,
    *,
    version_seen: int,
    moderator: Moderator,
    now: dt.datetime,
    reason: Reason | None = None,
) -> Event | None:
    """Approve or reject the version seen; None where it is decided so already (a no-op).

    Raises VersionConflict when the comment moved since.
    """
    comment = _lock(session, comment_id)
    to = DECISIONS[change]
    if _is_same_decision(comment, to, reason):
        return None
    if comment.version != version_seen or comment.status not in DECIDABLE:
        raise _conflict(session, comment)
    return change_status(
        session,
        comment,
        to,
        change=change,
        actor=Actor.MODERATOR,
        now=now,
        moderator_id=moderator.id,
        reason=reason,
    )


def undo(
    session: Session,
    comment_id: int,
    *,
    version_seen: int,
    moderator: Moderator,
    now: dt.datetime,
) -> Event | None:
    """Take the last decision of a moderator back: the comment stands where it stood before.

    None where this moderator undid that version already (a second click).

    It counts as touched by a human from then on, so a machine will not decide it again.
    Raises VersionConflict, or NothingToUndo where the last change was no such decision.
    """
    comment = _lock(session, comment_id)
    last = last_event(session, comment)
    if _is_undone_already(last, version_seen, moderator):
        return None
    if comment.version != version_seen:
        raise _conflict(session, comment)
    if last is None or last.change not in DECISIONS or last.from_status is None:
        raise NothingToUndo("the last change was not a moderator's decision")
    return change_status(
        session,
        comment,
        last.from_status,
        change=Change.UNDONE,
        actor=Actor.MODERATOR,
        now=now,
        moderator_id=moderator.id,
        reason=_reason_before(session, last),
        data={"undone_event": last.id},
    )


def _lock(session: Session, comment_id: int) -> Comment:
    return session.scalars(
        select(Comment)
        .where(Comment.id == comment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _is_same_decision(comment: Comment, to: Status, reason: Reason | None) -> bool:
    by_hand = comment.decided_by is Actor.MODERATOR
    return by_hand and comment.status is to and comment.reason == reason


def _is_undone_already(last: Event | None, version_seen: int, moderator: Moderator) -> bool:
    return (
        last is not None
        and last.change is Change.UNDONE
        and last.moderator_id == moderator.id
        and last.version == version_seen + 1
    )


def _conflict(session: Session, comment: Comment) -> VersionConflict:
    last = last_event(session, comment)
    who = session.get(Moderator, last.moderator_id) if last and last.moderator_id else None
    by = who.name if who else f"the {last.actor if last else Actor.MACHINE}"
    return VersionConflict(status=comment.status, by=by)


def _reason_before(session: Session, event: Event) -> Reason | None:
    earlier = session.scalar(
        select(Event)
        .where(
            Event.comment_id == event.comment_id,
            Event.id < event.id,
            Event.to_status == event.from_status,
        )
        .order_by(Event.id.desc())
        .limit(1)
    )
    return Reason(earlier.reason) if earlier and earlier.reason else None
