"""Accounts: made, found, and what belongs to them."""

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.errors import UndecryptableEmail
from moderation.flow.team.passwords import hash_password
from moderation.flow.team.record import record
from moderation.models import Event, Moderator, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Change, Role

SCOPE = "moderators"


def add_moderator(
    session: Session,
    email: str,
    password: str,
    *,
    role: Role,
    site: Site | None,
    vault: Vault,
    now: dt.datetime,
    must_change: bool = False,
) -> Moderator:
    """Create an account; its name is the local part of the email.

    `site` None means all sites; `must_change`: before anything else a new password is asked for.
    Raises WeakPassword.
    """
    moderator = store_moderator(
        session,
        email,
        name=email.partition("@")[0],
        password_hash=hash_password(password, about=known_about(email, site)),
        role=role,
        site_id=site.id if site else None,
        vault=vault,
        now=now,
    )
    moderator.must_change_password = must_change
    return moderator


def store_moderator(
    session: Session,
    email: str,
    *,
    name: str,
    password_hash: str,
    role: Role,
    site_id: int | None,
    vault: Vault,
    now: dt.datetime,
) -> Moderator:
    """The row of a new account, its email sealed for it."""
    moderator = Moderator(
        name=name,
        email_hash=vault.lookup_hash(email, scope=SCOPE),
        password_hash=password_hash,
        role=role,
        site_id=site_id,
        created_at=now,
    )
    session.add(moderator)
    session.flush()
    moderator.email_ciphertext = vault.encrypt(email, row=f"moderator:{moderator.id}")
    return moderator


def find_moderator(session: Session, email: str, vault: Vault) -> Moderator | None:
    """The account with this email, if any."""
    hashes = vault.lookup_hashes(email, scope=SCOPE)
    return session.scalar(select(Moderator).where(Moderator.email_hash.in_(hashes)))


def email_of(moderator: Moderator, vault: Vault) -> str | None:
    """Their email; None where no key here opens it."""
    try:
        return vault.decrypt(moderator.email_ciphertext or b"", row=f"moderator:{moderator.id}")
    except UndecryptableEmail:
        return None


def known_about(email: str | None, site: Site | None, *names: str) -> list[str]:
    """What an attacker knows of a person, for passwords not to be made of."""
    return [word for word in (email, *((site.key, site.name) if site else ()), *names) if word]


def rename(session: Session, moderator: Moderator, name: str, *, now: dt.datetime) -> None:
    """Change the name that colleagues see. The log keeps that it changed, not from what."""
    found = session.get_one(Moderator, moderator.id)
    if found.name != name:
        found.name = name
        record(session, Change.RENAMED, about=found, by=found, now=now)


def people_in(session: Session, events: Iterable[Event]) -> dict[int, str]:
    """The names of those whom entries of the log are about, by their id."""
    ids = {event.data["person"] for event in events if event.data.get("person")}
    if not ids:
        return {}
    rows = session.execute(select(Moderator.id, Moderator.name).where(Moderator.id.in_(ids)))
    return {number: name for number, name in rows}
