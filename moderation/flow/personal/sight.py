"""Who sees what of a commenter: the masked email, the search by a full one, the logged reveal."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from moderation.errors import UndecryptableEmail, UnknownCommenter
from moderation.flow.commenters import open_email
from moderation.models import Comment, Commenter, CommenterEmail, Event, Moderator, Site
from moderation.privacy.vault import Vault, mask
from moderation.statuses import Actor, Change, RevealReason, Status


@dataclass(frozen=True)
class MaskedEmail:
    """A stored email as people who need not know it see it.

    `text` is None where none is kept any more, and where it is kept but no key here opens it.
    """

    text: str | None
    is_kept: bool


@dataclass(frozen=True)
class CommenterPage:
    """A commenter and their latest comments; `next_before` continues the list, or is None."""

    commenter: Commenter
    site: Site
    email: MaskedEmail
    counts: dict[Status, int]
    comments: list[Comment]
    next_before: int | None

    @property
    def waiting(self) -> int:
        """How many of their comments nobody has decided about."""
        return self.counts.get(Status.HELD, 0) + self.counts.get(Status.PROCESSING, 0)


@dataclass(frozen=True)
class Hit:
    """A commenter whom a search by email found."""

    commenter: Commenter
    site: Site
    email: MaskedEmail


@dataclass(frozen=True)
class Reveals:
    """Which emails were shown in full, and by whom: numbers since a day, and the latest entries."""

    by_name: list[tuple[str, int]]
    latest: list[tuple[Event, str]]
    commenters: dict[int, str]


def find_visible_commenter(session: Session, public_id: str, moderator: Moderator) -> Commenter:
    """The commenter, if this moderator's sites include them. Raises UnknownCommenter."""
    query = select(Commenter).where(Commenter.public_id == public_id)
    if moderator.site_id is not None:
        query = query.where(Commenter.site_id == moderator.site_id)
    commenter = session.scalar(query) if public_id else None
    if commenter is None:
        raise UnknownCommenter("no such commenter")
    return commenter


def read_commenter(
    session: Session,
    commenter: Commenter,
    *,
    vault: Vault,
    before: int | None = None,
    size: int = 25,
) -> CommenterPage:
    """What people who sign in may see of a commenter; `before` is the last comment's id seen."""
    query = (
        select(Comment)
        .where(Comment.commenter_id == commenter.id)
        .options(joinedload(Comment.article))
        .order_by(Comment.id.desc())
        .limit(size + 1)
    )
    rows = session.scalars(query if before is None else query.where(Comment.id < before)).all()
    counts = session.execute(
        select(Comment.status, func.count())
        .where(Comment.commenter_id == commenter.id)
        .group_by(Comment.status)
    )
    return CommenterPage(
        commenter=commenter,
        site=session.get_one(Site, commenter.site_id),
        email=_masked(session.get(CommenterEmail, commenter.id), vault),
        counts={status: count for status, count in counts},
        comments=list(rows[:size]),
        next_before=rows[size - 1].id if len(rows) > size else None,
    )


def search_by_email(
    session: Session, email: str, moderator: Moderator, *, vault: Vault
) -> list[Hit]:
    """Who has this address, on the sites that this moderator may see; found by keyed hashes.

    Whose address is purged is found as long as its hash is kept.
    """
    query = select(Site)
    if moderator.site_id is not None:
        query = query.where(Site.id == moderator.site_id)
    sites = {site.id: site for site in session.scalars(query.order_by(Site.key))}
    rows = session.execute(
        select(Commenter, CommenterEmail)
        .join(CommenterEmail, CommenterEmail.commenter_id == Commenter.id)
        .where(CommenterEmail.site_id.in_(sites), _has_address(email, sites.values(), vault))
        .order_by(Commenter.id)
    )
    return [Hit(found, sites[found.site_id], _masked(row, vault)) for found, row in rows]


def reveal_email(
    session: Session,
    commenter: Commenter,
    *,
    vault: Vault,
    moderator: Moderator,
    reason: RevealReason,
    now: dt.datetime,
) -> str | None:
    """The full email, with the entry in the log that tells of it; None where none is kept.

    Show it only after the commit. Raises UndecryptableEmail; then nothing was revealed or logged.
    """
    email = open_email(session.get(CommenterEmail, commenter.id), vault)
    if email is None:
        return None
    session.add(
        Event(
            site_id=commenter.site_id,
            moderator_id=moderator.id,
            change=Change.EMAIL_REVEALED,
            actor=Actor.MODERATOR,
            reason=reason.value,
            data={"commenter": commenter.id},
            created_at=now,
        )
    )
    session.flush()
    return email


def read_reveals(
    session: Session, owner: Moderator, *, since: dt.datetime, size: int = 20
) -> Reveals:
    """The reveals since a day on the sites of this owner, the busiest and the newest first."""
    count, where = func.count().label("count"), _reveals(owner, since)
    by_name = session.execute(
        select(Moderator.name, count)
        .join(Event, Event.moderator_id == Moderator.id)
        .where(*where)
        .group_by(Moderator.id, Moderator.name)
        .order_by(count.desc(), Moderator.id)
    )
    latest = session.execute(
        select(Event, Moderator.name)
        .join(Moderator, Moderator.id == Event.moderator_id)
        .where(*where)
        .order_by(Event.id.desc())
        .limit(size)
    )
    entries = [(event, name) for event, name in latest]
    return Reveals(
        by_name=[(name, number) for name, number in by_name],
        latest=entries,
        commenters=linked_commenters(session, (event for event, _ in entries)),
    )


def linked_commenters(session: Session, events: Iterable[Event]) -> dict[int, str]:
    """The public ids of the commenters whom these entries of the log tell of, by their ids."""
    ids = {event.data["commenter"] for event in events if "commenter" in event.data}
    if not ids:
        return {}
    rows = session.execute(select(Commenter.id, Commenter.public_id).where(Commenter.id.in_(ids)))
    return {number: public_id for number, public_id in rows}


def _masked(row: CommenterEmail | None, vault: Vault) -> MaskedEmail:
    try:
        email = open_email(row, vault)
    except UndecryptableEmail:
        return MaskedEmail(None, is_kept=True)
    return MaskedEmail(mask(email) if email else None, is_kept=email is not None)


def _has_address(email: str, sites: Iterable[Site], vault: Vault) -> ColumnElement[bool]:
    """Whether a row is of this address, by any live key.

    By the hash of each site, as rows may be older than the hash for all sites.
    """
    hashes = [vault.hashes(email, site=site.key) for site in sites]
    on_sites = [lookup_hash for found in hashes for lookup_hash in found.site]
    anywhere = hashes[0].anywhere if hashes else ()
    return or_(CommenterEmail.lookup_hash.in_(on_sites), CommenterEmail.anywhere_hash.in_(anywhere))


def _reveals(owner: Moderator, since: dt.datetime) -> list[ColumnElement[bool]]:
    where = [Event.change == Change.EMAIL_REVEALED, Event.created_at >= since]
    return where if owner.site_id is None else [*where, Event.site_id == owner.site_id]
