"""Whom a mail goes to, by its kind.

A kind of mail is: a word in `statuses.MailKind`, a line in KINDS here (who gets it, and how long it
is worth sending), and a line in `sender.LETTERS` (what it says).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from moderation.errors import UndecryptableEmail
from moderation.flow.commenters import open_email
from moderation.flow.notices.due import Later, read_notice
from moderation.flow.notices.facts import Notice
from moderation.flow.own.facts import Letter, decided_at, read_letter
from moderation.flow.proof import PROOF_FOR
from moderation.flow.team.accounts import email_of
from moderation.flow.team.invitations import JOIN_FOR, RESET_FOR, email_of_invited
from moderation.models import Commenter, CommenterEmail, Invitation, Mail, Moderator
from moderation.privacy.vault import Vault
from moderation.statuses import MailKind


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Who gets a mail, and what its link is made of. Holds an address in clear."""

    address: str
    public_id: str = ""
    """What its link signs."""
    link_version: int = 0
    """Of a commenter's links; 0 where the link is to something else."""
    notice: Notice | None = None
    """What a mail to a moderator says."""
    letter: Letter | None = None
    """What a mail to a commenter says."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What there is to know of a kind of mail before it is sent."""

    lasts: dt.timedelta
    """How long it is worth sending, from when it was written: as long as its link works."""
    find: Callable[[Session, Mail, Vault, dt.datetime], Recipient | Later | None]
    """Who gets it now; None: nobody, and it is dropped."""
    decided_at: Callable[[Session, Mail], dt.datetime | None] = lambda _session, _mail: None
    """When the decision was made that it tells of, if it tells of one."""


def _commenter(session: Session, mail: Mail, vault: Vault, now: dt.datetime) -> Recipient | None:
    """The commenter who is asked for proof, unless their address had such a mail today."""
    commenter = session.get(Commenter, mail.commenter_id) if mail.commenter_id else None
    if commenter is None:
        return None
    try:
        address = open_email(session.get(CommenterEmail, commenter.id), vault)
    except UndecryptableEmail:
        return None
    if not address or not _take_the_day(session, mail, address, vault, now):
        return None
    return Recipient(
        address=address, public_id=commenter.public_id, link_version=commenter.link_version
    )


def _reader(
    session: Session, mail: Mail, vault: Vault, now: dt.datetime
) -> Recipient | Later | None:
    """A commenter with a proven address who wishes so, while there is something to tell."""
    commenter = session.get(Commenter, mail.commenter_id) if mail.commenter_id else None
    if commenter is None or commenter.confirmed_at is None:
        return None
    letter = read_letter(session, mail, now=now)
    if letter is None or isinstance(letter, Later):
        return letter
    try:
        address = open_email(session.get(CommenterEmail, commenter.id), vault)
    except UndecryptableEmail:
        return None
    if not address:
        return None
    return Recipient(
        address=address,
        public_id=commenter.public_id,
        link_version=commenter.link_version,
        letter=letter,
    )


def _invited(session: Session, mail: Mail, vault: Vault, now: dt.datetime) -> Recipient | None:
    """Whom the link is for, while it works."""
    invitation = session.get(Invitation, mail.invitation_id) if mail.invitation_id else None
    address = email_of_invited(session, invitation, vault, now=now) if invitation else None
    if invitation is None or address is None:
        return None
    return Recipient(address=address, public_id=invitation.public_id)


def _moderator(
    session: Session, mail: Mail, vault: Vault, now: dt.datetime
) -> Recipient | Later | None:
    """Who wants to be told, while their account is on and there is something to tell."""
    person = session.get(Moderator, mail.moderator_id) if mail.moderator_id else None
    if person is None or not person.is_active:
        return None
    if mail.site_id is not None and person.site_id not in (None, mail.site_id):
        return None
    notice = read_notice(session, mail, person, now=now)
    if notice is None or isinstance(notice, Later):
        return notice
    address = email_of(person, vault)
    return Recipient(address=address, notice=notice) if address else None


def _take_the_day(
    session: Session, mail: Mail, address: str, vault: Vault, now: dt.datetime
) -> bool:
    """Make this the address's one mail of today, on all sites; answers whether it is."""
    hashes = vault.lookup_hashes(address, scope=f"mail:{now:%Y-%m-%d}")
    taken = select(Mail.id).where(Mail.day_hash.in_(hashes), Mail.id != mail.id)
    if session.scalar(select(taken.exists())):
        return False
    try:
        with session.begin_nested():
            mail.day_hash = hashes[0]
            session.flush()
    except IntegrityError:  # another sender was faster
        return False
    return True


# Longer than quiet hours can be; what is told is true when it is sent.
NOTICE_FOR = dt.timedelta(hours=48)
LETTER_FOR = dt.timedelta(hours=48)
NOTICES = (
    MailKind.URGENT,
    MailKind.HELD,
    MailKind.DIGEST,
    MailKind.WAITING,
    MailKind.SCORER_DOWN,
    MailKind.SCORER_BACK,
    MailKind.SURGE,
)
KINDS = {
    MailKind.PROOF: Kind(lasts=PROOF_FOR, find=_commenter),
    MailKind.INVITATION: Kind(lasts=JOIN_FOR, find=_invited),
    MailKind.RESET: Kind(lasts=RESET_FOR, find=_invited),
    MailKind.PRIVATE_LINK: Kind(lasts=LETTER_FOR, find=_reader),
    MailKind.REPLIES: Kind(lasts=LETTER_FOR, find=_reader, decided_at=decided_at),
    MailKind.DECISION: Kind(lasts=LETTER_FOR, find=_reader, decided_at=decided_at),
    **dict.fromkeys(NOTICES, Kind(lasts=NOTICE_FOR, find=_moderator)),
}
