"""Banning, lifting, banning again. Each writes to the log, by the ban's id alone."""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from moderation.flow.bans.force import stands
from moderation.flow.bans.targets import Target
from moderation.flow.renewing import renew_bans, renew_email, renew_named
from moderation.models import Ban, Event, Moderator, Site
from moderation.statuses import Actor, BanKind, Change


def ban(
    session: Session,
    site: Site | None,
    target: Target,
    *,
    now: dt.datetime,
    until: dt.datetime | None = None,
    reason: str | None = None,
    by: Moderator | None = None,
) -> Ban:
    """Ban the target on a site, or on all; for good where `until` is None.

    `by` None stands for the operator. Banning what is banned changes the end and, where one is
    given, the reason.
    """
    found = _find(session, site, target)
    _renew_named(session, site, target)
    if found is None:
        found = _add(session, site, target, now)
    elif stands(found, now):
        reason = reason or found.reason
        if (found.expires_at, found.reason) == (until, reason):
            return found
    else:
        found.created_at = now
    found.lifted_at, found.expires_at = None, until
    found.reason, found.label = reason, target.label or found.label
    found.moderator_id = by.id if by else None
    session.flush()
    _record(session, found, Change.BANNED, by, now)
    return found


def lift_target(session: Session, site: Site | None, target: Target, *, now: dt.datetime) -> bool:
    """Lift the ban of a target, for the operator; answers whether there was one in force."""
    found = _find(session, site, target)
    return found is not None and lift(session, found, now=now)


def lift(session: Session, found: Ban, *, now: dt.datetime, by: Moderator | None = None) -> bool:
    """Lift this ban; answers whether it was in force."""
    if not stands(found, now):
        return False
    found.lifted_at = now
    _record(session, found, Change.UNBANNED, by, now)
    return True


def ban_again(
    session: Session, found: Ban, *, now: dt.datetime, by: Moderator | None = None
) -> bool:
    """Take back that it was lifted: for the time that was left then; answers whether it was."""
    if found.lifted_at is None:
        return False
    if found.expires_at is not None:
        found.expires_at = now + (found.expires_at - found.lifted_at)
    found.lifted_at = None
    _record(session, found, Change.BANNED, by, now)
    return True


def _find(session: Session, site: Site | None, target: Target) -> Ban | None:
    if target.hashes:
        renew_bans(session, target.hashes)
    return session.scalar(
        select(Ban).where(
            Ban.site_id == site.id if site else Ban.site_id.is_(None),
            Ban.word == target.word if target.word else Ban.lookup_hash == target.hashes[0],
        )
    )


def _renew_named(session: Session, site: Site | None, target: Target) -> None:
    if target.hashes:
        renew_named(session, target.hashes)
    if site is not None and target.kind is BanKind.EMAIL:
        renew_email(session, site, target.hashes)


def _add(session: Session, site: Site | None, target: Target, now: dt.datetime) -> Ban:
    made = Ban(
        site_id=site.id if site else None,
        kind=target.kind,
        lookup_hash=target.hashes[0] if target.hashes else None,
        word=target.word,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:  # a colleague was faster
        found = _find(session, site, target)
        if found is None:
            raise
        return found
    return made


def _record(
    session: Session, found: Ban, change: Change, by: Moderator | None, now: dt.datetime
) -> None:
    session.add(
        Event(
            site_id=found.site_id,
            moderator_id=by.id if by else None,
            change=change,
            actor=Actor.MODERATOR if by else Actor.OPERATOR,
            data={"ban": found.id},
            created_at=now,
        )
    )
