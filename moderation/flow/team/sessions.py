"""Sessions: signed-in browsers as rows, found by the SHA-256 of the token in their cookie.

Signing in may take steps. Until the last one the session is half signed in: it lasts minutes and
reaches nothing but the page of the step it owes (web/gate.py).
"""

import datetime as dt
import hashlib
import secrets
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.orm import Session, joinedload

from moderation.errors import SignInRefused
from moderation.flow.team.record import record, record_sign_in
from moderation.models import Moderator, SignIn
from moderation.statuses import Change

HALF_SIGNED_IN = dt.timedelta(minutes=15)  # time for the steps; setting up an app takes some
TOUCH_EVERY = dt.timedelta(minutes=5)


class Owed(StrEnum):
    """What a session has yet to do before it reaches anything."""

    CODE = "code"  # give the second factor
    RENEW = "renew"  # replace a password that somebody else made
    FACTOR = "factor"  # set up a second factor, where everybody needs one


def start_session(
    session: Session,
    moderator_id: int,
    *,
    now: dt.datetime,
    lifetime: dt.timedelta,
    factor_required: bool = False,
    factor_given: bool = False,
    offered: bytes | None = None,
) -> str:
    """Sign a browser in: answers its secret token, of which only the hash is stored.

    It lasts for `lifetime`, or some minutes while a step is owed. `offered` is the sealed secret
    of a second factor that is being set up.
    """
    token = secrets.token_urlsafe(32)
    session.execute(delete(SignIn).where(SignIn.expires_at <= now))
    moderator = session.get_one(Moderator, moderator_id)
    row = SignIn(
        token_hash=_hash_token(token),
        moderator=moderator,
        created_at=now,
        last_used_at=now,
        expires_at=now + lifetime,
        factor_given=factor_given,
        totp_ciphertext=offered,
    )
    if owed_by(row, factor_required=factor_required):
        row.expires_at = now + min(HALF_SIGNED_IN, lifetime)
    else:
        moderator.last_sign_in_at = now
        record_sign_in(session, moderator, Change.SIGNED_IN, now=now)
    session.add(row)
    session.flush()
    return token


def owed_by(sign_in: SignIn, *, factor_required: bool) -> Owed | None:
    """The next step that this session owes; None: it is signed in."""
    moderator = sign_in.moderator
    if moderator.has_second_factor and not sign_in.factor_given:
        return Owed.CODE
    if moderator.must_change_password:
        return Owed.RENEW
    if factor_required and not moderator.has_second_factor:
        return Owed.FACTOR
    return None


def go_on(
    session: Session,
    sign_in: SignIn,
    *,
    now: dt.datetime,
    lifetime: dt.timedelta,
    factor_required: bool,
    factor_given: bool,
) -> str:
    """After a step: the session goes on under a new token, signed in where nothing is owed.

    Raises SignInRefused where the session ended meanwhile.
    """
    offered = None if factor_given else sign_in.totp_ciphertext
    gone = delete(SignIn).where(_is(sign_in)).returning(SignIn.id)
    if session.scalar(gone) is None:
        raise SignInRefused("this session ended meanwhile")
    return start_session(
        session,
        sign_in.moderator_id,
        now=now,
        lifetime=lifetime,
        factor_required=factor_required,
        factor_given=factor_given,
        offered=offered,
    )


def find_session(
    session: Session, token: str, *, now: dt.datetime, idle: dt.timedelta
) -> SignIn | None:
    """The session of this token, while it lasts, was used within `idle`, and its account is on."""
    row = session.scalar(
        select(SignIn)
        .where(SignIn.token_hash == _hash_token(token), _is_alive(now, idle))
        .options(joinedload(SignIn.moderator).joinedload(Moderator.site))
    )
    return row if row and row.moderator.is_active else None


def hold(session: Session, sign_in: SignIn) -> SignIn:
    """This session as it stands now, kept until the transaction ends, before an act of weight.

    A request may take long to arrive. Raises SignInRefused where the session ended since it was
    looked up, the account was switched off, or its password was changed.
    """
    query = select(SignIn).where(_is(sign_in)).options(joinedload(SignIn.moderator))
    query = query.with_for_update(of=SignIn).execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None or not found.moderator.is_active:
        raise SignInRefused("this session ended meanwhile")
    if found.moderator.password_hash != sign_in.moderator.password_hash:
        raise SignInRefused("the password was changed meanwhile")
    return found


def needs_touch(sign_in: SignIn, *, now: dt.datetime) -> bool:
    """Whether `last_used_at` is old enough to be written again."""
    return now - sign_in.last_used_at >= TOUCH_EVERY


def touch(session: Session, sign_in: SignIn, *, now: dt.datetime) -> None:
    """Note that the session is in use."""
    session.execute(update(SignIn).where(_is(sign_in)).values(last_used_at=now))


def read_sessions(
    session: Session, moderator: Moderator, *, now: dt.datetime, idle: dt.timedelta
) -> list[SignIn]:
    """A person's browsers that are signed in, the one used last first."""
    query = select(SignIn).where(SignIn.moderator_id == moderator.id, _is_alive(now, idle))
    return list(session.scalars(query.order_by(SignIn.last_used_at.desc(), SignIn.id.desc())))


def sign_out(session: Session, sign_in: SignIn, *, now: dt.datetime) -> None:
    """Sign a browser out, as its person asks."""
    session.execute(delete(SignIn).where(_is(sign_in)))
    record_sign_in(session, sign_in.moderator, Change.SIGNED_OUT, now=now)


def end_session(session: Session, token: str) -> None:
    """Drop what a browser had before it signs in anew."""
    session.execute(delete(SignIn).where(SignIn.token_hash == _hash_token(token)))


def end_one(session: Session, moderator: Moderator, number: int, *, now: dt.datetime) -> bool:
    """End one of a person's own sessions; answers whether there was such a one."""
    own = and_(SignIn.id == number, SignIn.moderator_id == moderator.id)
    if session.scalar(delete(SignIn).where(own).returning(SignIn.id)) is None:
        return False
    record(session, Change.SESSIONS_ENDED, about=moderator, by=moderator, now=now, count=1)
    return True


def end_others(session: Session, sign_in: SignIn, *, now: dt.datetime) -> int:
    """End all of a person's sessions but this one; answers how many there were."""
    others = and_(SignIn.moderator_id == sign_in.moderator_id, SignIn.id != sign_in.id)
    count = len(session.scalars(delete(SignIn).where(others).returning(SignIn.id)).all())
    if count:
        moderator = sign_in.moderator
        record(session, Change.SESSIONS_ENDED, about=moderator, by=moderator, now=now, count=count)
    return count


def end_all_sessions(session: Session, moderator: Moderator) -> int:
    """Sign every browser of an account out; answers how many there were."""
    theirs = delete(SignIn).where(SignIn.moderator_id == moderator.id)
    return len(session.scalars(theirs.returning(SignIn.id)).all())


def _is(sign_in: SignIn) -> ColumnElement[bool]:
    """This very session: SQLite gives the number of one that ended to the next."""
    return and_(SignIn.id == sign_in.id, SignIn.token_hash == sign_in.token_hash)


def _is_alive(now: dt.datetime, idle: dt.timedelta) -> ColumnElement[bool]:
    return and_(SignIn.expires_at > now, SignIn.last_used_at > now - idle)


def _hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
