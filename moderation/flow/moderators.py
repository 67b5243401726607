"""Who may sign in: accounts, passwords (argon2id, RFC 9106) and server-side sessions."""

import datetime as dt
import hashlib
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from moderation.errors import SignInRefused
from moderation.models import Event, Moderator, SignIn, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, Role

SCOPE = "moderators"
PASSWORD_MIN = 10
_hasher = PasswordHasher()


def add_moderator(
    session: Session,
    email: str,
    password: str,
    *,
    role: Role,
    site: Site | None,
    vault: Vault,
    now: dt.datetime,
) -> Moderator:
    """Create an account; its name is the local part of the email. `site` None means all sites."""
    moderator = Moderator(
        name=email.partition("@")[0],
        email_hash=vault.lookup_hash(email, scope=SCOPE),
        password_hash=hash_password(password),
        role=role,
        site_id=site.id if site else None,
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


def hash_password(password: str) -> str:
    """The argon2id hash of a password. Raises ValueError when it is too short."""
    if len(password) < PASSWORD_MIN:
        raise ValueError(f"a password needs at least {PASSWORD_MIN} characters")
    return _hasher.hash(password)


def check_password(moderator: Moderator | None, password: str) -> Moderator:
    """The moderator, if the password is theirs and the account is on. Raises SignInRefused.

    Takes tens of milliseconds on purpose: call it outside any transaction.
    """
    stored = moderator.password_hash if moderator else _nobodys_hash()
    try:
        _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        moderator = None
    if moderator is None or not moderator.is_active:
        raise SignInRefused("email and password do not belong together")
    return moderator


def start_session(
    session: Session, moderator_id: int, *, now: dt.datetime, lifetime: dt.timedelta
) -> str:
    """Sign a browser in: answers its secret token, of which only the SHA-256 is stored."""
    token = secrets.token_urlsafe(32)
    session.execute(delete(SignIn).where(SignIn.expires_at <= now))
    session.add(
        SignIn(
            token_hash=_hash_token(token),
            moderator_id=moderator_id,
            created_at=now,
            expires_at=now + lifetime,
        )
    )
    record_sign_in(session, moderator_id, Change.SIGNED_IN, now=now)
    return token


def end_session(session: Session, token: str) -> None:
    """Sign a browser out."""
    session.execute(delete(SignIn).where(SignIn.token_hash == _hash_token(token)))


def end_all_sessions(session: Session, moderator: Moderator) -> None:
    """Sign every browser of an account out."""
    session.execute(delete(SignIn).where(SignIn.moderator_id == moderator.id))


def find_signed_in(session: Session, token: str, *, now: dt.datetime) -> Moderator | None:
    """Whose session this token is, while it lasts and the account is on."""
    row = session.scalar(
        select(SignIn)
        .where(SignIn.token_hash == _hash_token(token), SignIn.expires_at > now)
        .options(joinedload(SignIn.moderator))
    )
    return row.moderator if row and row.moderator.is_active else None


def record_sign_in(
    session: Session, moderator_id: int | None, change: Change, *, now: dt.datetime
) -> None:
    """Write a sign-in, or a failed one, to the log."""
    session.add(
        Event(
            moderator_id=moderator_id,
            change=change,
            actor=Actor.MODERATOR,
            data={},
            created_at=now,
        )
    )


@cache
def _nobodys_hash() -> str:
    """Checked for unknown accounts, so that their refusal takes as long as a wrong password's."""
    return _hasher.hash(secrets.token_hex(16))


def _hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
