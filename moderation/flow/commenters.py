"""Step `submit`, second half: who is speaking. A typed email is a claim, not an identity."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from moderation.flow.renewing import renew_bans, renew_email
from moderation.flow.store import new_public_id
from moderation.models import Comment, Commenter, CommenterEmail, Site
from moderation.privacy.vault import Hashes, Vault
from moderation.statuses import Signal, Status


def find_or_create_commenter(
    session: Session, site: Site, email: str, *, vault: Vault, now: dt.datetime
) -> Commenter | None:
    """The commenter with this email on this site; None for an empty email."""
    if not email:
        return None
    hashes = vault.hashes(email, site=site.key)
    renew_hashes(session, site, hashes)
    found = _find(session, site, hashes.site[:1])
    if found is not None:
        _renew_email(session, found, email, vault=vault, now=now)
        return found
    commenter = Commenter(public_id=new_public_id(), site_id=site.id, created_at=now)
    try:
        with session.begin_nested():
            session.add(commenter)
            session.flush()
            session.add(
                CommenterEmail(
                    commenter_id=commenter.id,
                    site_id=site.id,
                    lookup_hash=hashes.site[0],
                    anywhere_hash=hashes.anywhere[0],
                    domain_hash=hashes.domain[0],
                    ciphertext=vault.encrypt(email, row=_sealed_for(commenter.id)),
                    wanted_at=now,
                )
            )
    except IntegrityError:  # the same person's other request was faster
        return _find(session, site, hashes.site[:1])
    return commenter


def find_commenter(session: Session, site: Site, email: str, *, vault: Vault) -> Commenter | None:
    """The commenter with this email on this site, under any live key; None where there is none."""
    return _find(session, site, hashes_for(vault, site, email))


def open_email(row: CommenterEmail | None, vault: Vault) -> str | None:
    """The email in clear; None where none is kept (any more). Raises UndecryptableEmail."""
    if row is None or row.ciphertext is None:
        return None
    return vault.decrypt(row.ciphertext, row=_sealed_for(row.commenter_id))


def hashes_for(vault: Vault, site: Site, email: str) -> tuple[bytes, ...]:
    """The keyed hashes under which a commenter's email is found on one site, the newest first."""
    return vault.hashes(email, site=site.key).site


def renew_hashes(session: Session, site: Site, hashes: Hashes) -> None:
    """Move what is stored of an address under an older key's hash to the newest.

    So whoever comments or is banned while keys rotate is one person throughout. What is stored
    under the newest hash already stays; flow/keys.py joins the two.
    """
    renew_email(session, site, hashes.site)
    if len(hashes.site) > 1:
        _renew_other_hashes(session, site, hashes)
    for of_one_kind in hashes:
        renew_bans(session, of_one_kind)


def _renew_other_hashes(session: Session, site: Site, hashes: Hashes) -> None:
    session.execute(
        update(CommenterEmail)
        .where(CommenterEmail.site_id == site.id, CommenterEmail.lookup_hash == hashes.site[0])
        .values(anywhere_hash=hashes.anywhere[0], domain_hash=hashes.domain[0])
    )


def has_history(session: Session, comment: Comment) -> bool:
    """Whether its commenter is known: they have an approved comment, and are who they say.

    The latter where the address is proven theirs, or a browser of theirs sent this comment.
    """
    commenter, is_known_browser = comment.commenter, Signal.KNOWN_BROWSER in comment.signals
    if commenter is None or not (commenter.confirmed_at is not None or is_known_browser):
        return False
    query = select(Comment.id).where(
        Comment.commenter_id == commenter.id, Comment.status == Status.APPROVED
    )
    return bool(session.scalar(select(exists(query))))


def is_own_browser(
    session: Session, commenter: Commenter | None, public_id: str, link_version: int
) -> bool:
    """Whether a private link, as it was when somebody last saw it, is of an approved comment of
    this very commenter: then a browser of theirs keeps it."""
    query = select(Comment.id).where(
        Comment.public_id == public_id,
        Comment.link_version == link_version,
        Comment.status == Status.APPROVED,
        Comment.commenter_id == (commenter.id if commenter else None),
    )
    return commenter is not None and session.scalar(query) is not None


def _renew_email(
    session: Session, commenter: Commenter, email: str, *, vault: Vault, now: dt.datetime
) -> None:
    """They want to be reachable once more: what was purged meanwhile is stored again."""
    row = session.get_one(CommenterEmail, commenter.id)
    row.wanted_at = now
    if row.ciphertext is None:
        row.ciphertext = vault.encrypt(email, row=_sealed_for(commenter.id))


def _find(session: Session, site: Site, hashes: Sequence[bytes]) -> Commenter | None:
    return session.scalar(
        select(Commenter)
        .join(CommenterEmail, CommenterEmail.commenter_id == Commenter.id)
        .where(CommenterEmail.site_id == site.id, CommenterEmail.lookup_hash.in_(hashes))
    )


def _sealed_for(commenter_id: int) -> str:
    """The name of the row that a commenter's ciphertext is bound to."""
    return f"commenter:{commenter_id}"
