"""Which bans are in force, and which of them a comment or its commenter meets."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from moderation.models import Ban, Comment, CommentAddress, Commenter, CommenterEmail
from moderation.statuses import BanKind


def kinds_in_force(session: Session, comment: Comment, *, now: dt.datetime) -> tuple[BanKind, ...]:
    """By what this comment is banned at `now`, if by anything: its email, domain or address."""
    address = session.get(CommentAddress, comment.id)
    hashes = hashes_of(session, comment.commenter_id)
    hashes += [address.range_hash] if address else []
    if not hashes:
        return ()
    query = select(Ban.kind).where(
        Ban.lookup_hash.in_(hashes), holds_on(comment.site_id), is_in_force(now)
    )
    found = set(session.scalars(query))
    return tuple(kind for kind in BanKind if kind in found)


def words_in_force(session: Session, site_id: int, *, now: dt.datetime) -> tuple[str, ...]:
    """The words that are banned on a site at `now`, folded, in one order."""
    query = select(Ban.word).where(Ban.word.is_not(None), holds_on(site_id), is_in_force(now))
    return tuple(sorted({word for word in session.scalars(query) if word is not None}))


def bans_of(session: Session, commenter: Commenter, *, now: dt.datetime) -> list[Ban]:
    """The bans in force that what this commenter sends is held by: of the email or its domain."""
    hashes = hashes_of(session, commenter.id)
    query = select(Ban).where(
        Ban.lookup_hash.in_(hashes), holds_on(commenter.site_id), is_in_force(now)
    )
    return list(session.scalars(query.order_by(Ban.id))) if hashes else []


def bans_on(
    session: Session, comments: Sequence[Comment], *, now: dt.datetime
) -> dict[int, list[Ban]]:
    """By the comments' ids the bans in force of who wrote each: of email, domain or address."""
    hashes = _hashes_of_all(session, comments)
    wanted = {each for found in hashes.values() for each in found}
    query = select(Ban).where(Ban.lookup_hash.in_(wanted), is_in_force(now)).order_by(Ban.id)
    bans = session.scalars(query).all() if wanted else []
    return {
        comment.id: [
            ban
            for ban in bans
            if ban.lookup_hash in hashes[comment.id] and ban.site_id in (None, comment.site_id)
        ]
        for comment in comments
    }


def _hashes_of_all(session: Session, comments: Sequence[Comment]) -> dict[int, set[bytes | None]]:
    """The same as `hashes_of`, with the address range, for many comments; two queries."""
    commenters = {comment.commenter_id for comment in comments if comment.commenter_id}
    emails = session.scalars(
        select(CommenterEmail).where(CommenterEmail.commenter_id.in_(commenters))
    )
    of_commenter = {
        email.commenter_id: {email.lookup_hash, email.anywhere_hash, email.domain_hash} - {None}
        for email in emails
    }
    ids = [comment.id for comment in comments]
    ranges = session.execute(
        select(CommentAddress.comment_id, CommentAddress.range_hash).where(
            CommentAddress.comment_id.in_(ids)
        )
    )
    found = {c.id: set(of_commenter.get(c.commenter_id or 0, ())) for c in comments}
    for comment_id, range_hash in ranges:
        found[comment_id].add(range_hash)
    return found


def holds_on(site_id: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether a ban is one of this site, or of all."""
    return or_(Ban.site_id.is_(None), Ban.site_id == site_id)


def is_in_force(now: dt.datetime) -> ColumnElement[bool]:
    """Whether a ban is in force at `now`: for the WHERE of a query."""
    return Ban.lifted_at.is_(None) & (Ban.expires_at.is_(None) | (Ban.expires_at > now))


def stands(found: Ban, now: dt.datetime) -> bool:
    """Whether this ban is in force at `now`."""
    return found.lifted_at is None and (found.expires_at is None or found.expires_at > now)


def hashes_of(session: Session, commenter_id: int | None) -> list[bytes]:
    """What bans may know a commenter by: the email on the site, on all, and its domain."""
    email = session.get(CommenterEmail, commenter_id) if commenter_id else None
    hashes = (email.lookup_hash, email.anywhere_hash, email.domain_hash) if email else ()
    return [each for each in hashes if each is not None]
