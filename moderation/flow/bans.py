"""Bans: comments of a banned email, domain or address range are held. Every act is in the log."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from moderation.flow.renewing import renew_bans, renew_email, renew_named
from moderation.models import Ban, Comment, CommentAddress, CommenterEmail, Event, Site
from moderation.privacy.addresses import range_of
from moderation.privacy.vault import Vault, is_email
from moderation.statuses import Actor, BanKind, Change


def target_of(vault: Vault, site: Site | None, whom: str) -> tuple[BanKind, tuple[bytes, ...]]:
    """What "ada@example.com", "@example.com" or "192.0.2.0/24" names, on a site or on all (None).

    A single address stands for its /24 or /48. Raises ValueError for anything else.
    """
    if whom.startswith("@") and is_email(f"anybody{whom}"):
        return BanKind.DOMAIN, vault.domain_hashes(whom[1:])
    if is_email(whom):
        hashes = vault.hashes(whom, site=site.key if site else "")
        return BanKind.EMAIL, hashes.site if site else hashes.anywhere
    address_range = range_of(whom)
    if address_range is None:
        raise ValueError(
            "name an email, a domain with its @, or a network address; ranges wider than /24 "
            "(IPv4) or /48 (IPv6) cannot be banned"
        )
    return BanKind.ADDRESS, vault.address_hashes(address_range)


def ban(
    session: Session,
    site: Site | None,
    hashes: Sequence[bytes],
    *,
    now: dt.datetime,
    kind: BanKind = BanKind.EMAIL,
    until: dt.datetime | None = None,
) -> Ban:
    """Ban what has these hashes on a site, or on all; for good where `until` is None.

    Banning twice changes the end only.
    """
    found = _find(session, site, hashes)
    renew_named(session, hashes)
    if site is not None:
        renew_email(session, site, hashes)
    if found is None:
        site_id = site.id if site else None
        found = Ban(site_id=site_id, kind=kind, lookup_hash=hashes[0], created_at=now)
        session.add(found)
    elif _stands(found, now):
        found.expires_at = until
        return found
    found.lifted_at = None
    found.expires_at = until
    session.flush()
    _record(session, found, Change.BANNED, now)
    return found


def lift(session: Session, site: Site | None, hashes: Sequence[bytes], *, now: dt.datetime) -> bool:
    """Lift a ban; answers whether there was one in force."""
    found = _find(session, site, hashes)
    if found is None or not _stands(found, now):
        return False
    found.lifted_at = now
    _record(session, found, Change.UNBANNED, now)
    return True


def kinds_in_force(session: Session, comment: Comment, *, now: dt.datetime) -> tuple[BanKind, ...]:
    """By what this comment is banned at `now`, if by anything: its email, domain or address."""
    email = session.get(CommenterEmail, comment.commenter_id) if comment.commenter_id else None
    address = session.get(CommentAddress, comment.id)
    hashes = [email.lookup_hash, email.anywhere_hash, email.domain_hash] if email else []
    hashes += [address.range_hash] if address else []
    if not hashes:
        return ()
    query = select(Ban.kind).where(
        Ban.lookup_hash.in_(hashes),
        Ban.site_id.is_(None) | (Ban.site_id == comment.site_id),
        _is_in_force(now),
    )
    found = set(session.scalars(query))
    return tuple(kind for kind in BanKind if kind in found)


def _find(session: Session, site: Site | None, hashes: Sequence[bytes]) -> Ban | None:
    renew_bans(session, hashes)
    where = Ban.site_id == site.id if site else Ban.site_id.is_(None)
    return session.scalar(select(Ban).where(Ban.lookup_hash == hashes[0], where))


def _is_in_force(now: dt.datetime) -> ColumnElement[bool]:
    return Ban.lifted_at.is_(None) & (Ban.expires_at.is_(None) | (Ban.expires_at > now))


def _stands(found: Ban, now: dt.datetime) -> bool:
    return found.lifted_at is None and (found.expires_at is None or found.expires_at > now)


def _record(session: Session, found: Ban, change: Change, now: dt.datetime) -> None:
    session.add(
        Event(
            site_id=found.site_id,
            change=change,
            actor=Actor.MODERATOR,
            data={"ban": found.id, "kind": found.kind.value},
            created_at=now,
        )
    )
