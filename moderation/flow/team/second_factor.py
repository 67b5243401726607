"""The second factor: time-based codes (TOTP, RFC 6238) and recovery codes.

The secret is sealed for its person's row. A time step is accepted once only, and recovery codes
go as they are used; both in one conditional statement, so that of two requests one gets in.
"""

import base64
import datetime as dt
import hashlib
import re
import secrets

import pyotp
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from moderation.errors import CodeRefused, UndecryptableEmail
from moderation.flow.team.record import record
from moderation.models import Moderator, RecoveryCode, SignIn
from moderation.privacy.vault import Vault
from moderation.statuses import Change

STEP = 30  # seconds, as every authenticator app has it
TOLERANCE = 1  # steps that a telephone's clock may be off, either way
RECOVERY_CODES = 10
RECOVERY_BYTES = 15  # 120 bits: enough for a plain hash (ASVS 6.5.2 wants 112)
GROUP = 4  # characters of a recovery code between two hyphens
ISSUER = "Comments"


def offer_secret(moderator: Moderator, vault: Vault) -> bytes:
    """A fresh secret, sealed for the person who is to set it up."""
    return vault.encrypt(pyotp.random_base32(), row=_row(moderator))


def offered_secret(sign_in: SignIn, vault: Vault) -> str | None:
    """The secret that this session is setting up, in base32; None where it is not."""
    return _opened(sign_in.totp_ciphertext, sign_in.moderator, vault)


def address_for_apps(moderator: Moderator, secret: str, host: str) -> str:
    """What the QR code says (otpauth://…): the person by name, not by email."""
    return pyotp.TOTP(secret).provisioning_uri(name=moderator.name, issuer_name=f"{ISSUER} {host}")


def set_up(
    session: Session, sign_in: SignIn, code: str, *, vault: Vault, now: dt.datetime
) -> list[str]:
    """Put the offered secret in force, proven by a code of it; answers fresh recovery codes.

    Raises CodeRefused.
    """
    moderator = session.get_one(
        Moderator, sign_in.moderator_id, with_for_update={"key_share": True}
    )
    secret = offered_secret(sign_in, vault)
    step = _step_of(secret, code, now) if secret else None
    if step is None or moderator.has_second_factor:
        raise CodeRefused("no code of the offered secret")
    moderator.totp_ciphertext = sign_in.totp_ciphertext
    moderator.totp_step, moderator.totp_set_at = step, now
    theirs = update(SignIn).where(SignIn.moderator_id == moderator.id)
    session.execute(theirs.values(totp_ciphertext=None))
    record(session, Change.SECOND_FACTOR_SET, about=moderator, by=moderator, now=now)
    return _replace_codes(session, moderator)


def check_code(
    session: Session, moderator: Moderator, typed: str, *, vault: Vault, now: dt.datetime
) -> None:
    """Use up a code of the app, or a recovery code. Raises CodeRefused."""
    code = re.sub(r"[\s-]", "", typed)
    if not _take_step(session, moderator, code, vault, now):
        _take_recovery_code(session, moderator, code, now)


def new_recovery_codes(session: Session, moderator: Moderator, *, now: dt.datetime) -> list[str]:
    """Fresh recovery codes in place of all older ones."""
    record(session, Change.RECOVERY_CODES_MADE, about=moderator, by=moderator, now=now)
    return _replace_codes(session, moderator)


def count_codes(session: Session, moderator: Moderator) -> int:
    """How many recovery codes are left."""
    query = select(func.count()).where(RecoveryCode.moderator_id == moderator.id)
    return session.scalar(query) or 0


def remove(
    session: Session, moderator: Moderator, *, by: Moderator | None, now: dt.datetime
) -> None:
    """Take a person's second factor away, with its recovery codes; None: the operator does."""
    moderator.totp_ciphertext = moderator.totp_step = moderator.totp_set_at = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.moderator_id == moderator.id))
    record(session, Change.SECOND_FACTOR_RESET, about=moderator, by=by, now=now)


def seal_again(moderator: Moderator, vault: Vault) -> None:
    """Seal a secret that an older key sealed with the newest; one that no key opens stays."""
    secret = _opened(moderator.totp_ciphertext, moderator, vault)
    if secret is not None:
        moderator.totp_ciphertext = vault.encrypt(secret, row=_row(moderator))


def _take_step(
    session: Session, moderator: Moderator, code: str, vault: Vault, now: dt.datetime
) -> bool:
    secret = _opened(moderator.totp_ciphertext, moderator, vault)
    step = _step_of(secret, code, now) if secret else None
    if step is None:
        return False
    is_newer = or_(Moderator.totp_step.is_(None), Moderator.totp_step < step)
    taken = (
        update(Moderator)
        .where(Moderator.id == moderator.id, is_newer)
        .values(totp_step=step)
        .returning(Moderator.id)
    )
    return session.scalar(taken) is not None


def _take_recovery_code(
    session: Session, moderator: Moderator, code: str, now: dt.datetime
) -> None:
    taken = (
        delete(RecoveryCode)
        .where(
            RecoveryCode.code_hash == _hash_code(moderator, code),
            RecoveryCode.moderator_id == moderator.id,
        )
        .returning(RecoveryCode.moderator_id)
    )
    if session.scalar(taken) is None:
        raise CodeRefused("no code of this person")
    left = count_codes(session, moderator)
    record(session, Change.RECOVERY_CODE_USED, about=moderator, by=moderator, now=now, left=left)


def _step_of(secret: str, code: str, now: dt.datetime) -> int | None:
    """The time step that a code is of, within TOLERANCE of now; None where it is of none."""
    current = int(now.timestamp()) // STEP
    codes = pyotp.HOTP(secret)
    for step in range(current - TOLERANCE, current + TOLERANCE + 1):
        if codes.verify(code, step):  # compares in constant time
            return step
    return None


def _replace_codes(session: Session, moderator: Moderator) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.moderator_id == moderator.id))
    codes = [
        base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
        for _ in range(RECOVERY_CODES)
    ]
    session.add_all(
        RecoveryCode(code_hash=_hash_code(moderator, code), moderator_id=moderator.id)
        for code in codes
    )
    return ["-".join(re.findall(f".{{{GROUP}}}", code)) for code in codes]


def _hash_code(moderator: Moderator, code: str) -> bytes:
    return hashlib.sha256(f"{moderator.id} {code.lower()}".encode()).digest()


def _opened(ciphertext: bytes | None, moderator: Moderator, vault: Vault) -> str | None:
    try:
        return vault.decrypt(ciphertext or b"", row=_row(moderator))
    except UndecryptableEmail:  # recovery codes, or a reset, help
        return None


def _row(moderator: Moderator) -> str:
    return f"second factor:{moderator.id}"
