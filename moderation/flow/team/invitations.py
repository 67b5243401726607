"""Invitations and links that set a new password: each works once, until a time, unless withdrawn.

The link signs the invitation's public id (privacy/links.py); what it may do stands in the row.
"""

import datetime as dt
import secrets
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from moderation.errors import AlreadyThere, NotAllowed, UndecryptableEmail, UnknownInvitation
from moderation.flow.team.accounts import SCOPE, find_moderator, store_moderator
from moderation.flow.team.reach import may_grant
from moderation.flow.team.record import record
from moderation.flow.team.sessions import end_all_sessions
from moderation.models import Invitation, Mail, Moderator
from moderation.privacy.vault import Vault
from moderation.statuses import Change, InvitationKind, Role

JOIN_FOR = dt.timedelta(days=7)
RESET_FOR = dt.timedelta(hours=24)
KEEP_ENDED = dt.timedelta(days=7)
SECOND_CLICK = dt.timedelta(minutes=1)  # within which the same form is the same wish


def invite(
    session: Session,
    email: str,
    *,
    role: Role,
    site_id: int | None,
    by: Moderator | None,
    vault: Vault,
    now: dt.datetime,
) -> Invitation:
    """Invite somebody; an open invitation of the same address to the same site is withdrawn.

    The same wish again within SECOND_CLICK answers the invitation that it made already. `by` None
    is the operator. Raises NotAllowed, AlreadyThere.
    """
    if not may_grant(by, role, site_id):
        raise NotAllowed("nobody gives away more than they have")
    if find_moderator(session, email, vault) is not None:
        raise AlreadyThere("somebody signs in with this email already")
    hashes = vault.lookup_hashes(email, scope=SCOPE)
    older = and_(
        Invitation.email_hash.in_(hashes), Invitation.site_id.is_not_distinct_from(site_id)
    )
    made_now = and_(
        Invitation.invited_by == by.id if by else Invitation.invited_by.is_(None),
        Invitation.role == role,
        Invitation.created_at > now - SECOND_CLICK,
    )
    if twin := session.scalar(select(Invitation).where(older, made_now, _is_open(now))):
        return twin
    _withdraw_all(session, older, by=by, now=now)
    invitation = _make(InvitationKind.JOIN, by=by, now=now, lasts=JOIN_FOR)
    invitation.role, invitation.site_id, invitation.email_hash = role, site_id, hashes[0]
    session.add(invitation)
    session.flush()
    invitation.email_ciphertext = vault.encrypt(email, row=f"invitation:{invitation.id}")
    record(
        session,
        Change.INVITED,
        about=None,
        by=by,
        now=now,
        site_id=site_id,
        invitation=invitation.id,
        role=role,
    )
    return invitation


def make_password_link(
    session: Session, person: Moderator, *, by: Moderator | None, now: dt.datetime
) -> Invitation:
    """A link by which a person sets a new password; those of before are withdrawn.

    Raises NotAllowed for one's own account: a session that somebody left open must not be enough
    to change its password.
    """
    if by is not None and by.id == person.id:
        raise NotAllowed("one's own password is changed with the old one")
    withdraw_password_links(session, person, by=by, now=now)
    invitation = _make(InvitationKind.RESET, by=by, now=now, lasts=RESET_FOR)
    invitation.moderator_id, invitation.site_id = person.id, person.site_id
    session.add(invitation)
    session.flush()
    record(
        session,
        Change.PASSWORD_LINK_MADE,
        about=person,
        by=by,
        now=now,
        invitation=invitation.id,
    )
    return invitation


def find_open(session: Session, public_id: str, *, now: dt.datetime) -> Invitation:
    """The invitation, while its link works. Raises UnknownInvitation."""
    query = select(Invitation).where(Invitation.public_id == public_id, _is_open(now))
    invitation = session.scalar(query.options(joinedload(Invitation.site)))
    if invitation is None:
        raise UnknownInvitation("no open invitation")
    if invitation.kind is InvitationKind.RESET:
        person = session.get_one(Moderator, invitation.moderator_id)
        if not person.is_active:
            raise UnknownInvitation("the account is off")
    return invitation


def email_of_invited(
    session: Session, invitation: Invitation, vault: Vault, *, now: dt.datetime
) -> str | None:
    """Where the link is to be mailed; None once it does not work, or where no key opens it."""
    if not is_open(invitation, now=now):
        return None
    if invitation.kind is InvitationKind.RESET:
        person = session.get_one(Moderator, invitation.moderator_id)
        name, sealed = f"moderator:{person.id}", person.email_ciphertext
        if not person.is_active:
            return None
    else:
        name, sealed = f"invitation:{invitation.id}", invitation.email_ciphertext
    try:
        return vault.decrypt(sealed or b"", row=name)
    except UndecryptableEmail:
        return None


def join(
    session: Session,
    invitation: Invitation,
    *,
    name: str,
    password_hash: str,
    vault: Vault,
    now: dt.datetime,
) -> Moderator:
    """Use an invitation up: its person has an account. Raises UnknownInvitation, AlreadyThere."""
    email = email_of_invited(session, invitation, vault, now=now)
    _take(session, invitation, now)
    if email is None:
        raise UnknownInvitation("nobody knows whom it invited")
    if invitation.role is None or find_moderator(session, email, vault) is not None:
        raise AlreadyThere("somebody signs in with this email already")
    try:
        with session.begin_nested():
            moderator = store_moderator(
                session,
                email,
                name=name,
                password_hash=password_hash,
                role=invitation.role,
                site_id=invitation.site_id,
                vault=vault,
                now=now,
            )
    except IntegrityError:  # by another invitation, in this instant
        raise AlreadyThere("somebody signs in with this email already") from None
    session.execute(
        update(Invitation)
        .where(Invitation.id == invitation.id)
        .values(moderator_id=moderator.id, email_hash=None, email_ciphertext=None)
    )
    record(
        session,
        Change.JOINED,
        about=moderator,
        by=moderator,
        now=now,
        invitation=invitation.id,
        role=moderator.role,
    )
    return moderator


def set_password_by(
    session: Session, invitation: Invitation, password_hash: str, *, now: dt.datetime
) -> Moderator:
    """Use a link up: its person has a new password and no session. Raises UnknownInvitation."""
    _take(session, invitation, now)
    person = session.get_one(Moderator, invitation.moderator_id)
    if not person.is_active:
        raise UnknownInvitation("the account is off")
    person.password_hash, person.must_change_password = password_hash, False
    end_all_sessions(session, person)
    record(
        session,
        Change.PASSWORD_CHANGED,
        about=person,
        by=person,
        now=now,
        invitation=invitation.id,
    )
    return person


def read_open(session: Session, owner: Moderator, *, now: dt.datetime) -> Sequence[Invitation]:
    """The open invitations to sites that this owner manages, newest first."""
    return session.scalars(
        _managed_by(owner)
        .where(_is_open(now), Invitation.kind == InvitationKind.JOIN)
        .options(joinedload(Invitation.site))
        .order_by(Invitation.id.desc())
    ).all()


def withdraw(session: Session, number: int, *, by: Moderator, now: dt.datetime) -> None:
    """Have an invitation work no more. Raises UnknownInvitation where it is not open."""
    found = session.scalar(_managed_by(by).where(Invitation.id == number))
    if found is None or not _withdraw_all(session, Invitation.id == number, by=by, now=now):
        raise UnknownInvitation("no open invitation that this owner manages")


def withdraw_made_by(
    session: Session, person: Moderator, *, by: Moderator | None, now: dt.datetime
) -> None:
    """Withdraw what somebody made whose reach changes, and links to their own account."""
    made = or_(Invitation.invited_by == person.id, Invitation.moderator_id == person.id)
    _withdraw_all(session, made, by=by, now=now)


def withdraw_password_links(
    session: Session, person: Moderator, *, by: Moderator | None, now: dt.datetime
) -> None:
    """Withdraw the links by which a person could set a password: there is a newer one."""
    theirs = and_(Invitation.moderator_id == person.id, Invitation.kind == InvitationKind.RESET)
    _withdraw_all(session, theirs, by=by, now=now)


def is_open(invitation: Invitation, *, now: dt.datetime) -> bool:
    """Whether its link works."""
    return (
        invitation.used_at is None
        and invitation.withdrawn_at is None
        and now < invitation.expires_at
    )


def forget_invitations(session: Session, *, now: dt.datetime, limit: int) -> int:
    """Delete up to `limit` invitations that ended long ago, with their mails; answers how many."""
    before = now - KEEP_ENDED
    over = or_(
        Invitation.used_at < before,
        Invitation.withdrawn_at < before,
        Invitation.expires_at < before,
    )
    ids = session.scalars(select(Invitation.id).where(over).limit(limit)).all()
    session.execute(delete(Mail).where(Mail.invitation_id.in_(ids)))
    session.execute(delete(Invitation).where(Invitation.id.in_(ids)))
    return len(ids)


def _make(
    kind: InvitationKind, *, by: Moderator | None, now: dt.datetime, lasts: dt.timedelta
) -> Invitation:
    return Invitation(
        public_id=secrets.token_urlsafe(16),
        kind=kind,
        invited_by=by.id if by else None,
        created_at=now,
        expires_at=now + lasts,
    )


def _take(session: Session, invitation: Invitation, now: dt.datetime) -> None:
    """Use it up, in one statement: of two who use a link at once, one gets in."""
    taken = (
        update(Invitation)
        .where(Invitation.id == invitation.id, _is_open(now))
        .values(used_at=now)
        .returning(Invitation.id)
    )
    if session.scalar(taken) is None:
        raise UnknownInvitation("used, withdrawn or too old")


def _withdraw_all(
    session: Session, which: ColumnElement[bool], *, by: Moderator | None, now: dt.datetime
) -> int:
    gone = session.execute(
        update(Invitation)
        .where(which, _is_open(now))
        .values(withdrawn_at=now, email_hash=None, email_ciphertext=None)
        .returning(Invitation.id, Invitation.site_id)
    ).all()
    for number, site_id in gone:
        record(
            session,
            Change.INVITATION_WITHDRAWN,
            about=None,
            by=by,
            now=now,
            site_id=site_id,
            invitation=number,
        )
    return len(gone)


def _is_open(now: dt.datetime) -> ColumnElement[bool]:
    return and_(
        Invitation.used_at.is_(None),
        Invitation.withdrawn_at.is_(None),
        Invitation.expires_at > now,
    )


def _managed_by(owner: Moderator) -> Select[Invitation]:
    query = select(Invitation)
    return query if owner.site_id is None else query.where(Invitation.site_id == owner.site_id)
