"""Step `submit`, second half: who is speaking. A typed email is a claim, not an identity."""

import datetime as dt

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from moderation.models import Ban, Comment, Commenter, CommenterEmail, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Status


def find_or_create_commenter(
    session: Session, site: Site, email: str, *, vault: Vault, now: dt.datetime
) -> Commenter | None:
    """The commenter with this email on this site; None for an empty email."""
    if not email:
        return None
    lookup_hash = hash_for(vault, site, email)
    found = _find(session, site, lookup_hash)
    if found is not None:
        return found
    commenter = Commenter(site_id=site.id, created_at=now)
    try:
        with session.begin_nested():
            session.add(commenter)
            session.flush()
            session.add(
                CommenterEmail(
                    commenter_id=commenter.id,
                    site_id=site.id,
                    lookup_hash=lookup_hash,
                    ciphertext=vault.encrypt(email, row=f"commenter:{commenter.id}"),
                )
            )
    except IntegrityError:  # the same person's other request was faster
        return _find(session, site, lookup_hash)
    return commenter


def hash_for(vault: Vault, site: Site, email: str) -> bytes:
    """The keyed hash under which a commenter's email is found on one site."""
    return vault.lookup_hash(email, scope=f"site:{site.key}")


def is_banned(session: Session, commenter_id: int | None) -> bool:
    """Whether a ban in force names this commenter's email."""
    if commenter_id is None:
        return False
    query = (
        select(Ban.id)
        .join(
            CommenterEmail,
            (CommenterEmail.lookup_hash == Ban.lookup_hash)
            & (CommenterEmail.site_id == Ban.site_id),
        )
        .where(CommenterEmail.commenter_id == commenter_id, Ban.lifted_at.is_(None))
    )
    return bool(session.scalar(select(exists(query))))


def has_history(session: Session, commenter: Commenter | None) -> bool:
    """Whether this person is known: an address proven theirs, and a comment approved before."""
    if commenter is None or commenter.confirmed_at is None:
        return False
    query = select(Comment.id).where(
        Comment.commenter_id == commenter.id, Comment.status == Status.APPROVED
    )
    return bool(session.scalar(select(exists(query))))


def _find(session: Session, site: Site, lookup_hash: bytes) -> Commenter | None:
    return session.scalar(
        select(Commenter)
        .join(CommenterEmail, CommenterEmail.commenter_id == Commenter.id)
        .where(CommenterEmail.site_id == site.id, CommenterEmail.lookup_hash == lookup_hash)
    )
