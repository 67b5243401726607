"""Mails as rows: written with what causes them, claimed, prepared and settled by a sender.

A sender claims and prepares (short transaction), sends (no transaction) and settles (short
transaction). Killed between the server's "taken" and its commit, it sends the mail once more,
under the same Message-ID.
"""

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from moderation.errors import UndecryptableEmail
from moderation.flow.commenters import open_email
from moderation.flow.proof import PROOF_FOR
from moderation.models import Commenter, CommenterEmail, Mail, Site
from moderation.privacy.vault import Vault
from moderation.statuses import MailKind, MailOutcome

FIRST_PAUSE = dt.timedelta(minutes=1)
LONGEST_PAUSE = dt.timedelta(hours=4)
MAX_ATTEMPTS = 25  # more than fit into PROOF_FOR, unless each kills its sender
KEEP_ENDED = dt.timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A mail that may leave now. Lives for the sending only: it holds an address in clear."""

    mail_id: int
    lease: str
    message_id: str
    created_at: dt.datetime
    address: str
    site: str
    """The name of the site."""
    public_id: str
    link_version: int


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


def prepare(session: Session, mail: Mail, *, vault: Vault, now: dt.datetime) -> Outgoing | None:
    """What to send for a claimed mail; None where it ended unsent.

    It ends where nobody has the address (any more), where its link has had its time, and where
    the address has a mail of today.
    """
    if mail.attempts > MAX_ATTEMPTS or now >= mail.created_at + PROOF_FOR:
        _end(mail, MailOutcome.GIVEN_UP, now)
        return None
    commenter = session.get(Commenter, mail.commenter_id) if mail.commenter_id else None
    address = _address_of(session, commenter, vault) if commenter else None
    if not commenter or not address or not _take_the_day(session, mail, address, vault, now):
        _end(mail, MailOutcome.DROPPED, now)
        return None
    return Outgoing(
        mail_id=mail.id,
        lease=mail.lease or "",
        message_id=mail.message_id,
        created_at=mail.created_at,
        address=address,
        site=session.get_one(Site, mail.site_id).name,
        public_id=commenter.public_id,
        link_version=commenter.link_version,
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
    if outcome is None and again_at < mail.created_at + PROOF_FOR:
        mail.run_after = again_at
        mail.lease = mail.leased_until = None
        return None
    outcome = outcome or MailOutcome.GIVEN_UP
    _end(mail, outcome, now)
    return outcome


def pause_after(attempts: int) -> dt.timedelta:
    """How long a mail rests that did not leave: minutes at first, doubling up to LONGEST_PAUSE."""
    return min(FIRST_PAUSE * (1 << min(attempts - 1, 12)), LONGEST_PAUSE)


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


def _end(mail: Mail, outcome: MailOutcome, now: dt.datetime) -> None:
    mail.outcome, mail.ended_at = outcome, now
    mail.lease = mail.leased_until = None


def _address_of(session: Session, commenter: Commenter, vault: Vault) -> str | None:
    try:
        return open_email(session.get(CommenterEmail, commenter.id), vault)
    except UndecryptableEmail:
        return None


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
