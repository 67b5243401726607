"""Bans: a banned commenter's comments are held. Both acts stand in the log."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.flow.commenters import renew_hashes
from moderation.models import Ban, Event, Site
from moderation.statuses import Actor, BanKind, Change


def ban(session: Session, site: Site, hashes: Sequence[bytes], *, now: dt.datetime) -> Ban:
    """Ban the address with these hashes on a site; banning twice changes nothing."""
    renew_hashes(session, site, hashes)
    found = _find(session, site, hashes[0])
    if found is not None and found.lifted_at is None:
        return found
    if found is None:
        found = Ban(site_id=site.id, kind=BanKind.EMAIL, lookup_hash=hashes[0], created_at=now)
        session.add(found)
    found.lifted_at = None
    session.flush()
    _record(session, found, Change.BANNED, now)
    return found


def lift(session: Session, site: Site, hashes: Sequence[bytes], *, now: dt.datetime) -> bool:
    """Lift a ban; answers whether there was one in force."""
    renew_hashes(session, site, hashes)
    found = _find(session, site, hashes[0])
    if found is None or found.lifted_at is not None:
        return False
    found.lifted_at = now
    _record(session, found, Change.UNBANNED, now)
    return True


def _find(session: Session, site: Site, lookup_hash: bytes) -> Ban | None:
    return session.scalar(select(Ban).where(Ban.site_id == site.id, Ban.lookup_hash == lookup_hash))


def _record(session: Session, found: Ban, change: Change, now: dt.datetime) -> None:
    session.add(
        Event(
            site_id=found.site_id,
            change=change,
            actor=Actor.MODERATOR,
            data={"ban": found.id},
            created_at=now,
        )
    )
