"""Mails as rows: written with what causes them, claimed, prepared and settled by a sender.

A sender claims and prepares (short transaction), sends (no transaction) and settles (short
transaction). Killed between the server's "taken" and its commit, it sends the mail once more,
under the same Message-ID.
"""

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from moderation.flow.articles import policy_of
from moderation.flow.notices.due import Later
from moderation.flow.notices.facts import Notice
from moderation.flow.own.facts import MAILINGS, Letter
from moderation.flow.recipients import KINDS, NOTICES
from moderation.languages import FALLBACK, known_language
from moderation.models import Commenter, Invitation, Mail, Site
from moderation.privacy.vault import Vault
from moderation.statuses import InvitationKind, MailKind, MailOutcome

FIRST_PAUSE = dt.timedelta(minutes=1)
LONGEST_PAUSE = dt.timedelta(hours=4)
MAX_ATTEMPTS = 60  # more than fit into the longest time of KINDS, unless each kills its sender
FOR_INVITATIONS = {
    InvitationKind.JOIN: MailKind.INVITATION,
    InvitationKind.RESET: MailKind.RESET,
}
KEEP_ENDED = dt.timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A mail that may leave now. Lives for the sending only: it holds an address in clear."""

    mail_id: int
    kind: MailKind
    lease: str
    message_id: str
    created_at: dt.datetime
    expires_at: dt.datetime
    """When its link ends, and no try to send it makes sense any more."""
    address: str
    site: str | None
    """The name of the site; None: it is about all sites."""
    public_id: str
    link_version: int
    notice: Notice | None
    """What a mail to a moderator says."""
    letter: Letter | None
    """What a mail to a commenter says."""
    language: str
    """Of the site's pages."""


def ask_for_proof(
    session: Session, site: Site, commenter: Commenter | None, *, message_id: str, now: dt.datetime
) -> Mail:
    """Write the mail that asks for proof; where nobody has the address, one that is dropped."""
    mail = Mail(
        site_id=site.id,
        commenter_id=commenter.id if commenter else None,
        kind=MailKind.PROOF,
        message_id=message_id,
        created_at=now,
        run_after=now,
    )
    session.add(mail)
    session.flush()
    return mail


def write_invitation(
    session: Session, invitation: Invitation, *, message_id: str, now: dt.datetime
) -> Mail:
    """Write the mail that carries an invitation, or a link to set a new password; once for each."""
    if written := session.scalar(select(Mail).where(Mail.invitation_id == invitation.id)):
        return written
    mail = Mail(
        site_id=invitation.site_id,
        invitation_id=invitation.id,
        kind=FOR_INVITATIONS[invitation.kind],
        message_id=message_id,
        created_at=now,
        run_after=now,
    )
    session.add(mail)
    session.flush()
    return mail


def any_due(session: Session, *, now: dt.datetime) -> bool:
    """Whether there is a mail that `claim_mails` would take."""
    return bool(session.scalar(select(exists().where(_is_due(now)))))


def claim_mails(
    session: Session, *, now: dt.datetime, lease_for: dt.timedelta, limit: int = 1
) -> list[Mail]:
    """Take up to `limit` due mails, oldest first, that nobody holds. One conditional UPDATE."""
    lease = secrets.token_hex(8)
    due = (
        select(Mail.id)
        .where(_is_due(now))
        .order_by(Mail.run_after, Mail.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")  # for PostgreSQL, as in flow/jobs.py
    )
    taken = session.scalars(
        update(Mail)
        .where(Mail.id.in_(select(due.c.id)))
        .values(lease=lease, leased_until=now + lease_for, attempts=Mail.attempts + 1)
        .returning(Mail.id)
        .execution_options(synchronize_session=False)
    ).all()
    return list(session.scalars(select(Mail).where(Mail.id.in_(taken)).order_by(Mail.id)))


def prepare(
    session: Session,
    mail: Mail,
    *,
    vault: Vault,
    now: dt.datetime,
    undo_time: dt.timedelta = dt.timedelta(),
) -> Outgoing | None:
    """What to send for a claimed mail; None where it ended unsent, or waits for a better time.

    What tells of a decision waits for `undo_time` after the last one.

    It ends where its link has had its time, and where its kind knows nobody who is to get it (any
    more): flow/recipients.py.
    """
    kind = KINDS[mail.kind]
    expires_at = mail.created_at + kind.lasts
    if mail.attempts > MAX_ATTEMPTS or now >= expires_at:
        _end(mail, MailOutcome.GIVEN_UP, now)
        return None
    decided_at = kind.decided_at(session, mail)
    if decided_at is not None and now < decided_at + undo_time:
        _put_off(mail, Later(decided_at + undo_time))
        return None
    recipient = kind.find(session, mail, vault, now)
    if recipient is None:
        _end(mail, MailOutcome.DROPPED, now)
        return None
    if isinstance(recipient, Later):
        _put_off(mail, recipient)
        return None
    site = session.get_one(Site, mail.site_id) if mail.site_id else None
    return Outgoing(
        mail_id=mail.id,
        kind=mail.kind,
        lease=mail.lease or "",
        message_id=mail.message_id,
        created_at=mail.created_at,
        expires_at=expires_at,
        address=recipient.address,
        site=site.name if site else None,
        public_id=recipient.public_id,
        link_version=recipient.link_version,
        notice=recipient.notice,
        letter=recipient.letter,
        language=_language_of(site),
    )


def settle(
    session: Session, outgoing: Outgoing, outcome: MailOutcome | None, *, now: dt.datetime
) -> MailOutcome | None:
    """Note what became of a mail that was sent or not; None: try again after a pause.

    Answers the outcome in force, GIVEN_UP where there is no time for another try. Does nothing
    where the lease is no longer ours.
    """
    mail = session.scalar(
        select(Mail)
        .where(Mail.id == outgoing.mail_id, Mail.lease == outgoing.lease)
        .with_for_update()
    )
    if mail is None:
        return outcome
    again_at = now + pause_after(mail.attempts)
    if outcome is None and again_at < outgoing.expires_at:
        mail.run_after = again_at
        mail.lease = mail.leased_until = None
        return None
    outcome = outcome or MailOutcome.GIVEN_UP
    _end(mail, outcome, now)
    return outcome


def pause_after(attempts: int) -> dt.timedelta:
    """How long a mail rests that did not leave: minutes at first, doubling up to LONGEST_PAUSE."""
    return min(FIRST_PAUSE * (1 << min(attempts - 1, 12)), LONGEST_PAUSE)


def drop_notices(session: Session, *, now: dt.datetime) -> None:
    """Drop what people were to be told: no mail is set up, and later it would be no news."""
    session.execute(
        update(Mail)
        .where(Mail.ended_at.is_(None), Mail.kind.in_((*NOTICES, *MAILINGS)))
        .values(ended_at=now, outcome=MailOutcome.DROPPED)
        .execution_options(synchronize_session=False)
    )


def forget_ended(session: Session, *, now: dt.datetime, limit: int) -> int:
    """Delete up to `limit` mails that ended long ago, or that nobody sent; answers how many."""
    before = now - KEEP_ENDED
    over = or_(
        Mail.ended_at < before,
        and_(Mail.ended_at.is_(None), Mail.created_at < before),  # mail was switched off meanwhile
    )
    ids = session.scalars(select(Mail.id).where(over).limit(limit)).all()
    session.execute(delete(Mail).where(Mail.id.in_(ids)))
    return len(ids)


def _is_due(now: dt.datetime) -> ColumnElement[bool]:
    return and_(
        Mail.ended_at.is_(None),
        Mail.run_after <= now,
        or_(Mail.leased_until.is_(None), Mail.leased_until <= now),
    )


def _language_of(site: Site | None) -> str:
    wanted = policy_of(site).language if site else FALLBACK
    return known_language(wanted) or FALLBACK


def _put_off(mail: Mail, later: Later) -> None:
    mail.run_after = later.at
    mail.attempts -= 1  # nothing was tried
    mail.lease = mail.leased_until = None


def _end(mail: Mail, outcome: MailOutcome, now: dt.datetime) -> None:
    mail.outcome, mail.ended_at = outcome, now
    mail.lease = mail.leased_until = None
