"""A person wants their data gone: asked for, thought over, carried out; again after a restore."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from moderation.flow.bans.forgetting import forget_whom
from moderation.flow.own.wishes import forget_wishes
from moderation.flow.personal.holds import is_kept
from moderation.flow.personal.taking_down import take_down
from moderation.models import (
    Comment,
    Commenter,
    CommenterEmail,
    Erasure,
    Event,
    Mail,
    Moderator,
    Note,
)
from moderation.statuses import Actor, Change, ErasureScope, Status

AGAIN_AFTER = dt.timedelta(days=1)  # what a legal hold keeps is tried again


@dataclass(frozen=True)
class Step:
    """What one step of an erasure took from sight, by opaque id; `done`: no more to do now."""

    comments: tuple[str, ...]
    commenter: str | None
    done: bool


def ask_for_erasure(
    session: Session,
    commenter: Commenter,
    scope: ErasureScope,
    *,
    asked_by: Actor,
    now: dt.datetime,
    delay: dt.timedelta,
) -> Erasure:
    """Note the wish; it is carried out after `delay`. A wish that waits already gets this scope."""
    found = pending_erasure(session, commenter)
    if found is not None and found.scope is scope:
        return found
    if found is not None:
        found.cancelled_at = now
    wish = Erasure(
        site_id=commenter.site_id,
        commenter_id=commenter.id,
        scope=scope,
        asked_by=asked_by,
        asked_at=now,
        run_after=now + delay,
    )
    session.add(wish)
    session.flush()
    _record(session, wish, Change.ERASURE_ASKED, asked_by, now)
    return wish


def cancel_erasure(session: Session, commenter: Commenter, *, now: dt.datetime) -> bool:
    """The person changed their mind; answers whether a wish was waiting."""
    found = pending_erasure(session, commenter)
    if found is None:
        return False
    found.cancelled_at = now
    _record(session, found, Change.ERASURE_CANCELLED, Actor.COMMENTER, now)
    return True


def pending_erasure(session: Session, commenter: Commenter) -> Erasure | None:
    """The wish that waits to be carried out, if any."""
    query = select(Erasure).where(
        Erasure.commenter_id == commenter.id,
        Erasure.done_at.is_(None),
        Erasure.cancelled_at.is_(None),
    )
    return session.scalar(query)


def read_erasures(session: Session, owner: Moderator) -> list[tuple[Erasure, str]]:
    """The wishes that wait on the owner's sites with the commenter's public id, next one first."""
    query = (
        select(Erasure, Commenter.public_id)
        .join(Commenter, Commenter.id == Erasure.commenter_id)
        .where(Erasure.done_at.is_(None), Erasure.cancelled_at.is_(None))
        .order_by(Erasure.run_after)
    )
    if owner.site_id is not None:
        query = query.where(Erasure.site_id == owner.site_id)
    return [(wish, public_id) for wish, public_id in session.execute(query)]


def due_erasures(session: Session, *, now: dt.datetime) -> Sequence[int]:
    """Ids of the wishes whose time to think is over."""
    query = select(Erasure.id).where(
        Erasure.run_after <= now, Erasure.done_at.is_(None), Erasure.cancelled_at.is_(None)
    )
    return session.scalars(query.order_by(Erasure.run_after)).all()


def erase(session: Session, erasure_id: int, *, now: dt.datetime, limit: int) -> Step:
    """Carry out the next `limit` comments of a wish, then what else belongs to it.

    Under a legal hold comments leave the sight of readers only, and the wish waits for the end of
    the hold. The ids answered have to be in the list of erased ones before this commits.
    """
    wish = session.get_one(Erasure, erasure_id, with_for_update=True)
    if wish.done_at is not None or wish.cancelled_at is not None:
        return Step((), None, done=True)
    batch = session.execute(
        select(Comment.id, Comment.public_id)
        .where(
            Comment.commenter_id == wish.commenter_id,
            Comment.emptied_at.is_(None),
            ~is_kept(Comment.id, now),
        )
        .order_by(Comment.id)
        .limit(limit)
    ).all()
    for comment_id, _ in batch:
        take_down(session, comment_id, change=Change.ERASED, actor=wish.asked_by, now=now)
    names = tuple(public_id for _, public_id in batch)
    if len(batch) == limit:
        return Step(names, None, done=False)
    kept = _kept(session, wish, now)
    if not kept:
        return Step(names, _finish(session, wish, now), done=True)
    hidden = [comment for comment in kept if comment.status is not Status.DELETED]
    for comment in hidden:
        take_down(session, comment.id, change=Change.ERASED, actor=wish.asked_by, now=now)
    wish.run_after = now + AGAIN_AFTER
    # In the list already now: when the hold ends, retention may be the one that empties them.
    return Step((*names, *(comment.public_id for comment in hidden)), None, done=True)


def erase_again(session: Session, comment_ids: Sequence[int], *, now: dt.datetime) -> None:
    """Empty comments that a restored backup brought back."""
    for comment_id in comment_ids:
        take_down(session, comment_id, change=Change.ERASED, actor=Actor.MACHINE, now=now)


def forget(session: Session, commenter_id: int) -> None:
    """Drop all by which a commenter can be found or reached; their comments become nobody's."""
    forget_whom(session, commenter_id)  # a ban itself stays: it holds what they send
    session.execute(delete(Mail).where(Mail.commenter_id == commenter_id))
    # The email first: who writes a note about them has it locked.
    session.execute(delete(CommenterEmail).where(CommenterEmail.commenter_id == commenter_id))
    session.execute(delete(Note).where(Note.commenter_id == commenter_id))
    forget_wishes(session, [commenter_id])
    session.execute(
        update(Comment).where(Comment.commenter_id == commenter_id).values(commenter_id=None)
    )
    session.execute(
        update(Commenter)
        .where(Commenter.id == commenter_id)
        .values(confirmed_at=None, trusted_at=None, link_version=Commenter.link_version + 1)
    )


def _kept(session: Session, wish: Erasure, now: dt.datetime) -> Sequence[Comment]:
    """Their comments that a legal hold keeps."""
    return session.scalars(
        select(Comment).where(
            Comment.commenter_id == wish.commenter_id,
            Comment.emptied_at.is_(None),
            is_kept(Comment.id, now),
        )
    ).all()


def _finish(session: Session, wish: Erasure, now: dt.datetime) -> str | None:
    wish.done_at = now
    _record(session, wish, Change.ERASED, wish.asked_by, now)
    if wish.scope is not ErasureScope.EVERYTHING:
        return None
    forget(session, wish.commenter_id)
    return session.get_one(Commenter, wish.commenter_id).public_id


def _record(
    session: Session, wish: Erasure, change: Change, actor: Actor, now: dt.datetime
) -> None:
    session.add(
        Event(
            site_id=wish.site_id,
            change=change,
            actor=actor,
            data={"commenter": wish.commenter_id, "scope": wish.scope.value},
            created_at=now,
        )
    )
