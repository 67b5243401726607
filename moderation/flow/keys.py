"""Rotating keys: emails and address ranges are sealed and hashed again with the newest.

Old and new rows serve side by side, so this may run while readers comment. What is not yet done
is known by the names of keys in the rows themselves, so a stopped run goes on where it was.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, LargeBinary, Select, func, literal, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from moderation.errors import UndecryptableEmail
from moderation.flow.notices.webhooks import reseal
from moderation.flow.own.wishes import join_wishes
from moderation.flow.renewing import renew_named
from moderation.flow.team.accounts import SCOPE
from moderation.flow.team.second_factor import seal_again
from moderation.models import (
    Ban,
    Comment,
    CommentAddress,
    Commenter,
    CommenterEmail,
    Erasure,
    Invitation,
    Mail,
    Moderator,
    Note,
    Site,
    Webhook,
)
from moderation.privacy.vault import NAME_BYTES, Vault

T = TypeVar("T")
Hashes = Mapping[tuple[int, bytes | None], bytes]
"""Site's id and look-up hash under an older key → the hash under the newest."""


@dataclass(frozen=True)
class Left:
    """How many rows the older keys are still needed for."""

    commenters: int
    moderators: int
    """And people invited."""
    hashes: int
    """Bans and commenters of which only the hash is known: they turn when who they name is met."""
    addresses: int
    """Address ranges of comments."""
    webhooks: int = 0


@dataclass(frozen=True)
class Turned:
    """What one batch did; `last` is the id to go on from, None behind the last row."""

    last: int | None
    rows: int
    unreadable: int  # no key here opens them: they stay as they are


def count_left(session: Session, vault: Vault) -> Left:
    """Rows that are not under the newest keys."""
    bare = select(CommenterEmail).where(
        CommenterEmail.ciphertext.is_(None), _is_older(CommenterEmail.lookup_hash, vault.index_name)
    )
    bans = select(Ban).where(_is_older(Ban.lookup_hash, vault.index_name))
    return Left(
        commenters=_count(session, _commenters(vault)),
        moderators=_count(session, _moderators(vault)) + _count(session, _invitations(vault)),
        hashes=_count(session, bare) + _count(session, bans),
        addresses=_count(session, _addresses(vault)),
        webhooks=_count(session, _webhooks(vault)),
    )


def rotate_commenters(session: Session, vault: Vault, *, after: int, limit: int) -> Turned:
    """Turn the next `limit` commenters with ids above `after`, and the bans of their addresses."""
    query = _commenters(vault).where(CommenterEmail.commenter_id > after)
    # Locked, so that nothing purged meanwhile comes back.
    rows = session.scalars(
        query.order_by(CommenterEmail.commenter_id).limit(limit).with_for_update()
    ).all()
    sites = {site.id: site for site in session.scalars(select(Site))}
    newest: dict[tuple[int, bytes | None], bytes] = {}
    bans: dict[bytes, bytes] = {}
    opened = _opened(vault, {f"commenter:{r.commenter_id}": (r, r.ciphertext) for r in rows})
    for name, row, email in opened:
        row.ciphertext = vault.encrypt(email, row=name)
        before = (row.lookup_hash, row.anywhere_hash, row.domain_hash)
        hashes = vault.hashes(email, site=sites[row.site_id].key)
        row.anywhere_hash, row.domain_hash = hashes.anywhere[0], hashes.domain[0]
        newest[row.site_id, row.lookup_hash] = hashes.site[0]
        for old, new in zip(before, hashes, strict=True):
            if old is not None:
                bans[old] = new[0]
    _turn_commenters(session, newest)
    _turn_bans(session, bans)
    last = rows[-1].commenter_id if len(rows) == limit else None
    return Turned(last, len(rows), len(rows) - len(opened))


def rotate_moderators(session: Session, vault: Vault, *, after: int, limit: int) -> Turned:
    """Turn the next `limit` moderators with ids above `after`; with the first, all invitations."""
    query = _moderators(vault).where(Moderator.id > after)
    rows = session.scalars(query.order_by(Moderator.id).limit(limit).with_for_update()).all()
    opened = _opened(vault, {f"moderator:{r.id}": (r, r.email_ciphertext) for r in rows})
    for name, row, email in opened:
        row.email_hash = vault.lookup_hash(email, scope=SCOPE)
        row.email_ciphertext = vault.encrypt(email, row=name)
    for row in rows:
        seal_again(row, vault)
    if after == 0:
        _turn_invitations(session, vault)
    last = rows[-1].id if len(rows) == limit else None
    return Turned(last, len(rows), len(rows) - len(opened))


def rotate_addresses(session: Session, vault: Vault, *, after: int, limit: int) -> Turned:
    """Turn the address ranges of the next `limit` comments with ids above `after`, and their bans.

    They soon go by themselves, but not where the law keeps them, and a new ban must find them.
    """
    query = _addresses(vault).where(CommentAddress.comment_id > after)
    rows = session.scalars(
        query.order_by(CommentAddress.comment_id).limit(limit).with_for_update()
    ).all()
    bans: dict[bytes, bytes] = {}
    opened = _opened(vault, {f"address:{r.comment_id}": (r, r.ciphertext) for r in rows})
    for name, row, address_range in opened:
        row.ciphertext = vault.encrypt(address_range, row=name)
        newest = vault.address_hashes(address_range)[0]
        bans[row.range_hash] = newest
        row.range_hash = newest
    _turn_bans(session, bans)
    last = rows[-1].comment_id if len(rows) == limit else None
    return Turned(last, len(rows), len(rows) - len(opened))


def rotate_webhooks(session: Session, vault: Vault, *, after: int, limit: int) -> Turned:
    """Seal address and secrets of the next `limit` webhooks with ids above `after` again."""
    query = _webhooks(vault).where(Webhook.id > after).order_by(Webhook.id).limit(limit)
    rows = session.scalars(query.with_for_update(key_share=True)).all()
    unreadable = sum(not reseal(row, vault) for row in rows)
    last = rows[-1].id if len(rows) == limit else None
    return Turned(last, len(rows), unreadable)


def _commenters(vault: Vault) -> Select[CommenterEmail]:
    table = CommenterEmail
    return select(table).where(
        table.ciphertext.is_not(None),
        or_(
            _is_older(table.ciphertext, vault.cipher_name),
            _is_older(table.lookup_hash, vault.index_name),
            _is_older(table.anywhere_hash, vault.index_name),
            table.anywhere_hash.is_(None),
        ),
    )


def _moderators(vault: Vault) -> Select[Moderator]:
    return select(Moderator).where(
        or_(
            _is_older(Moderator.email_ciphertext, vault.cipher_name),
            _is_older(Moderator.email_hash, vault.index_name),
            _is_older(Moderator.totp_ciphertext, vault.cipher_name),
        )
    )


def _invitations(vault: Vault) -> Select[Invitation]:
    return select(Invitation).where(
        or_(
            _is_older(Invitation.email_ciphertext, vault.cipher_name),
            _is_older(Invitation.email_hash, vault.index_name),
        )
    )


def _addresses(vault: Vault) -> Select[CommentAddress]:
    return select(CommentAddress).where(
        or_(
            _is_older(CommentAddress.ciphertext, vault.cipher_name),
            _is_older(CommentAddress.range_hash, vault.index_name),
        )
    )


def _webhooks(vault: Vault) -> Select[Webhook]:
    sealed = (Webhook.url_ciphertext, Webhook.secret_ciphertext, Webhook.previous_ciphertext)
    return select(Webhook).where(or_(*(_is_older(each, vault.cipher_name) for each in sealed)))


def _is_older(
    column: InstrumentedAttribute[bytes] | InstrumentedAttribute[bytes | None], name: bytes
) -> ColumnElement[bool]:
    """Whether what is stored begins with another key's name; nothing stored is under no key."""
    begins: ColumnElement[bool] = func.substr(column, 1, NAME_BYTES) != literal(name, LargeBinary)
    return begins


def _turn_invitations(session: Session, vault: Vault) -> None:
    """All that are older; there are few, as they go a week after they ended."""
    rows = session.scalars(_invitations(vault).with_for_update()).all()
    opened = _opened(vault, {f"invitation:{r.id}": (r, r.email_ciphertext) for r in rows})
    for name, row, email in opened:
        row.email_hash = vault.lookup_hash(email, scope=SCOPE)
        row.email_ciphertext = vault.encrypt(email, row=name)


def _turn_commenters(session: Session, newest: Hashes) -> None:
    """Give commenters' emails their newest hash.

    Where another row has it already (the address came back while its older key was not there),
    both are of one person, and become one.
    """
    table = CommenterEmail
    # By site, too: the index of hashes begins with it, and without it every row would be read.
    at_sites = select(table).where(table.site_id.in_({site for site, _ in newest}))
    olds = session.scalars(at_sites.where(table.lookup_hash.in_([old for _, old in newest]))).all()
    news = session.scalars(at_sites.where(table.lookup_hash.in_(newest.values())))
    there = {(row.site_id, row.lookup_hash): row for row in news}
    for row in olds:
        lookup_hash = newest.get((row.site_id, row.lookup_hash))
        if lookup_hash is None:  # another site's
            continue
        other = there.setdefault((row.site_id, lookup_hash), row)
        if other is row:
            row.lookup_hash = lookup_hash
        else:
            _join_commenters(session, row, other)


def _turn_bans(session: Session, newest: Mapping[bytes, bytes]) -> None:
    """The same for bans of these emails, domains and ranges; a hash says of which site it is.

    What else a ban names moves with it, or it would miss that until its own batch.
    """
    newest = {old: new for old, new in newest.items() if old != new}
    news = session.scalars(select(Ban).where(Ban.lookup_hash.in_(newest.values())))
    there = {(row.site_id, row.lookup_hash): row for row in news}
    for row in session.scalars(select(Ban).where(Ban.lookup_hash.in_(newest))).all():
        before = row.lookup_hash or b""  # a word's is empty, and never found here
        lookup_hash = newest[before]
        renew_named(session, (lookup_hash, before))
        other = there.setdefault((row.site_id, lookup_hash), row)
        if other is row:
            row.lookup_hash = lookup_hash
        else:
            _join_bans(session, row, other)


def _join_commenters(session: Session, row: CommenterEmail, other: CommenterEmail) -> None:
    gone = session.get_one(Commenter, row.commenter_id)
    kept = session.get_one(Commenter, other.commenter_id)
    for table in (Comment, Erasure, Mail, Note):
        theirs = update(table).where(table.commenter_id == gone.id)
        session.execute(theirs.values(commenter_id=kept.id))
    join_wishes(session, gone, kept)
    kept.created_at = min(kept.created_at, gone.created_at)
    kept.confirmed_at = kept.confirmed_at or gone.confirmed_at
    kept.trusted_at = kept.trusted_at or gone.trusted_at
    other.wanted_at = max((at for at in (row.wanted_at, other.wanted_at) if at), default=None)
    session.delete(row)
    session.flush()
    session.delete(gone)


def _join_bans(session: Session, row: Ban, other: Ban) -> None:
    other.label, other.reason = other.label or row.label, other.reason or row.reason
    if row.lifted_at is None:
        other.lifted_at = None
        ends = (row.expires_at, other.expires_at)
        other.expires_at = None if None in ends else max(end for end in ends if end)
    session.delete(row)


def _opened(vault: Vault, sealed: Mapping[str, tuple[T, bytes | None]]) -> list[tuple[str, T, str]]:
    """Name, row and email of each named row whose email a key here opens."""
    opened = []
    for name, (row, ciphertext) in sealed.items():
        with suppress(UndecryptableEmail):
            opened.append((name, row, vault.decrypt(ciphertext or b"", row=name)))
    return opened


def _count(session: Session, query: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0
