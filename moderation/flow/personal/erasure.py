"""A person wants their data gone: asked for, thought over, carried out; again after a restore."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from moderation.flow.bans.forgetting import forget_whom
from moderation.flow.locks import keep_commenter
from moderation.flow.own.wishes import forget_wishes
from moderation.flow.personal.holds import is_kept
from moderation.flow.personal.taking_down import take_down_all
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
    waiting = _waiting(session, commenter)
    same = next((wish for wish in waiting if wish.scope is scope), None)
    for other in waiting:
        if other is not same:
            other.cancelled_at = now
    if same is not None:
        return same
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
    waiting = _waiting(session, commenter)
    for wish in waiting:
        wish.cancelled_at = now
        _record(session, wish, Change.ERASURE_CANCELLED, Actor.COMMENTER, now)
    return bool(waiting)


def pending_erasure(session: Session, commenter: Commenter) -> Erasure | None:
    """The wish that waits to be carried out, if any."""
    return session.scalar(_pending(commenter).limit(1))


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
    wish = session.get_one(Erasure, erasure_id)
    _keep_person(session, wish.commenter_id)
    session.refresh(wish)
    if wish.done_at is not None or wish.cancelled_at is not None:
        return Step((), None, done=True)
    going = _next(session, wish, now, limit)
    is_last = len(going) < limit
    if is_last:
        going |= _to_hide(session, wish, now)
    take_down_all(session, list(going), change=Change.ERASED, actor=wish.asked_by, now=now)
    # With what is only hidden: when the hold ends, retention may be the one that empties it.
    names = tuple(going.values())
    if not is_last:
        return Step(names, None, done=False)
    if _any_kept(session, wish, now):
        wish.run_after = now + AGAIN_AFTER
        return Step(names, None, done=True)
    return Step(names, _finish(session, wish, now), done=True)


def erase_again(session: Session, comment_ids: Sequence[int], *, now: dt.datetime) -> None:
    """Empty comments that a restored backup brought back."""
    take_down_all(session, comment_ids, change=Change.ERASED, actor=Actor.MACHINE, now=now)


def forget(session: Session, commenter_id: int) -> None:
    """Drop all by which a commenter can be found or reached; their comments become nobody's."""
    _keep_person(session, commenter_id)
    forget_whom(session, commenter_id)  # a ban itself stays: it holds what they send
    session.execute(delete(Mail).where(Mail.commenter_id == commenter_id))
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


def _pending(commenter: Commenter) -> Select[Erasure]:
    return select(Erasure).where(
        Erasure.commenter_id == commenter.id,
        Erasure.done_at.is_(None),
        Erasure.cancelled_at.is_(None),
    )


def _waiting(session: Session, commenter: Commenter) -> Sequence[Erasure]:
    """Those that wait, kept with their commenter; several where two persons became one."""
    keep_commenter(session, commenter.id)
    return session.scalars(_pending(commenter).order_by(Erasure.id)).all()


def _keep_person(session: Session, commenter_id: int) -> None:
    """Them, and their email: who comments with it, or writes a note about them, has that first."""
    keep_commenter(session, commenter_id)
    email = select(CommenterEmail.commenter_id).where(CommenterEmail.commenter_id == commenter_id)
    session.execute(email.with_for_update())


def _next(session: Session, wish: Erasure, now: dt.datetime, limit: int) -> dict[int, str]:
    """Their next comments that no legal hold keeps: public ids by ids."""
    query = _stored(wish).where(~is_kept(Comment.id, now)).order_by(Comment.id)
    return dict(session.execute(query.limit(limit)).all())


def _to_hide(session: Session, wish: Erasure, now: dt.datetime) -> dict[int, str]:
    """Their comments that a legal hold keeps, and that are in sight."""
    query = _stored(wish).where(is_kept(Comment.id, now), Comment.status != Status.DELETED)
    return dict(session.execute(query).all())


def _any_kept(session: Session, wish: Erasure, now: dt.datetime) -> bool:
    query = _stored(wish).where(is_kept(Comment.id, now))
    return bool(session.scalar(select(query.exists())))


def _stored(wish: Erasure) -> Select[int, str]:
    return select(Comment.id, Comment.public_id).where(
        Comment.commenter_id == wish.commenter_id, Comment.emptied_at.is_(None)
    )


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
