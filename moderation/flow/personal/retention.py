"""How long things stay: what its site's policy says is over goes, a small batch at a time."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from moderation.flow.articles import policy_of
from moderation.flow.own.wishes import forget_wishes
from moderation.flow.personal.holds import is_kept, keeps_commenter
from moderation.flow.personal.taking_down import take_down_all
from moderation.flow.trust import forget_trust
from moderation.models import (
    Comment,
    CommentAddress,
    Commenter,
    CommenterEmail,
    Event,
    Moderator,
    Note,
    Redaction,
    Site,
)
from moderation.policy.context import Policy
from moderation.statuses import Actor, Change, Status


@dataclass(frozen=True)
class Purge:
    """One kind of data with a time of its own. `due` selects ids, `drop` takes them out.

    `days` names the field of the policy that says the time; None: at once.
    """

    name: str
    days: str | None
    due: Callable[[Site, Policy, dt.datetime], Select[int]]
    drop: Callable[[Session, list[int], dt.datetime], None]


@dataclass(frozen=True)
class Time:
    """How long a kind stays on a site in days (None: until a hold ends), and how much is over."""

    name: str
    days: int | None
    due: int


def read_times(
    session: Session, owner: Moderator, *, now: dt.datetime
) -> list[tuple[Site, list[Time]]]:
    """What the policies of the owner's sites say, and what the next round will take out."""
    query = select(Site).order_by(Site.key)
    if owner.site_id is not None:
        query = query.where(Site.id == owner.site_id)
    return [(site, _times(session, site, now)) for site in session.scalars(query)]


def _times(session: Session, site: Site, now: dt.datetime) -> list[Time]:
    policy = policy_of(site)
    return [
        Time(
            name=purge.name,
            days=getattr(policy, purge.days) if purge.days else None,
            due=count_due(session, site, purge, now=now),
        )
        for purge in PURGES
    ]


def count_due(session: Session, site: Site, purge: Purge, *, now: dt.datetime) -> int:
    """How much of this kind is over on the site; legal holds are left out."""
    query = purge.due(site, policy_of(site), now)
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def purge_batch(session: Session, site: Site, purge: Purge, *, now: dt.datetime, limit: int) -> int:
    """Take out at most `limit` of what is over; answers how many it were."""
    # Locked, so that what is decided or wanted anew meanwhile is looked at again.
    due = purge.due(site, policy_of(site), now).limit(limit).with_for_update(skip_locked=True)
    ids = list(session.scalars(due))
    if ids:
        purge.drop(session, ids, now)
    return len(ids)


def record_purge(
    session: Session, site: Site, purge: Purge, count: int, *, now: dt.datetime
) -> None:
    """Write to the log how much of a kind was taken out."""
    session.add(
        Event(
            site_id=site.id,
            change=Change.PURGED,
            actor=Actor.MACHINE,
            data={"kind": purge.name, "count": count},
            created_at=now,
        )
    )


def _rejected(site: Site, policy: Policy, now: dt.datetime) -> Select[int]:
    """Not where an appeal waits; its answer is a decision, from which the days count anew."""
    return select(Comment.id).where(
        Comment.site_id == site.id,
        Comment.status == Status.REJECTED,
        Comment.decided_at < now - dt.timedelta(days=policy.keep_rejected_days),
        Comment.appealed.is_(False),
        ~is_kept(Comment.id, now),
    )


def _deleted(site: Site, policy: Policy, now: dt.datetime) -> Select[int]:
    """Removed while a legal hold kept the stored copy, and the hold has ended."""
    return select(Comment.id).where(
        Comment.site_id == site.id,
        Comment.status == Status.DELETED,
        Comment.emptied_at.is_(None),
        ~is_kept(Comment.id, now),
    )


def _addresses(site: Site, policy: Policy, now: dt.datetime) -> Select[int]:
    return (
        select(CommentAddress.comment_id)
        .join(Comment, Comment.id == CommentAddress.comment_id)
        .where(
            Comment.site_id == site.id,
            CommentAddress.created_at < now - dt.timedelta(days=policy.keep_address_days),
            ~is_kept(CommentAddress.comment_id, now),
        )
    )


def _emails(site: Site, policy: Policy, now: dt.datetime) -> Select[int]:
    return _commenters(site, policy.keep_email_days, now).where(
        CommenterEmail.ciphertext.is_not(None)
    )


def _identities(site: Site, policy: Policy, now: dt.datetime) -> Select[int]:
    # Never before the email itself: who may still be written to is still known.
    return _commenters(site, max(policy.keep_identity_days, policy.keep_email_days), now)


def _commenters(site: Site, days: int, now: dt.datetime) -> Select[int]:
    return (
        select(CommenterEmail.commenter_id)
        .join(Commenter, Commenter.id == CommenterEmail.commenter_id)  # kept with their email
        .where(
            CommenterEmail.site_id == site.id,
            CommenterEmail.wanted_at < now - dt.timedelta(days=days),
            ~keeps_commenter(CommenterEmail.commenter_id, now),
        )
    )


def _originals(site: Site, policy: Policy, now: dt.datetime) -> Select[int]:
    return (
        select(Redaction.id)
        .join(Comment, Comment.id == Redaction.comment_id)
        .where(
            Comment.site_id == site.id,
            Redaction.created_at < now - dt.timedelta(days=policy.keep_undo_days),
            ~is_kept(Redaction.comment_id, now),
        )
    )


def _notes(site: Site, policy: Policy, now: dt.datetime) -> Select[int]:
    """Removed ones, and those about what was emptied or forgotten meanwhile."""
    is_emptied = exists().where(Comment.id == Note.comment_id, Comment.emptied_at.is_not(None))
    is_known = exists().where(CommenterEmail.commenter_id == Note.commenter_id)
    return select(Note.id).where(
        Note.site_id == site.id,
        or_(
            Note.removed_at < now - dt.timedelta(days=policy.keep_undo_days),
            is_emptied,
            Note.commenter_id.is_not(None) & ~is_known,
        ),
        ~is_kept(Note.comment_id, now),
        ~keeps_commenter(Note.commenter_id, now),
    )


def _take_down(session: Session, ids: list[int], now: dt.datetime) -> None:
    take_down_all(session, ids, change=Change.PURGED, actor=Actor.MACHINE, now=now)


def _drop_addresses(session: Session, ids: list[int], _now: dt.datetime) -> None:
    session.execute(delete(CommentAddress).where(CommentAddress.comment_id.in_(ids)))


def _drop_emails(session: Session, ids: list[int], _now: dt.datetime) -> None:
    where: Any = CommenterEmail.commenter_id.in_(ids)
    session.execute(update(CommenterEmail).where(where).values(ciphertext=None))
    forget_trust(session, ids)


def _drop_identities(session: Session, ids: list[int], _now: dt.datetime) -> None:
    session.execute(delete(CommenterEmail).where(CommenterEmail.commenter_id.in_(ids)))
    session.execute(delete(Note).where(Note.commenter_id.in_(ids)))
    forget_wishes(session, ids)
    forget_trust(session, ids)


def _drop_originals(session: Session, ids: list[int], _now: dt.datetime) -> None:
    session.execute(delete(Redaction).where(Redaction.id.in_(ids)))


def _drop_notes(session: Session, ids: list[int], _now: dt.datetime) -> None:
    session.execute(delete(Note).where(Note.id.in_(ids)))


# docs/privacy.md explains each.
PURGES = (
    Purge("rejected", "keep_rejected_days", _rejected, _take_down),
    Purge("deleted", None, _deleted, _take_down),
    Purge("addresses", "keep_address_days", _addresses, _drop_addresses),
    Purge("emails", "keep_email_days", _emails, _drop_emails),
    Purge("identities", "keep_identity_days", _identities, _drop_identities),
    Purge("originals", "keep_undo_days", _originals, _drop_originals),
    Purge("notes", "keep_undo_days", _notes, _drop_notes),
)
