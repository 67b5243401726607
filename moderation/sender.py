"""The sender: mails that wait as rows leave, one at a time. A thread of the serving process."""

import datetime as dt
import threading
from collections.abc import Callable
from email.message import EmailMessage

import structlog
from sqlalchemy.orm import Session

from moderation.db import Database
from moderation.errors import MailFailed, MailRefused
from moderation.flow import mails
from moderation.flow.own.facts import MAILINGS
from moderation.flow.recipients import NOTICES
from moderation.letters import (
    Envelope,
    domain_of,
    invitation_letter,
    new_message_id,
    notice_letter,
    proof_letter,
    reader_letter,
    reset_letter,
)
from moderation.mail import Mailer
from moderation.metrics import MAILS
from moderation.models import Mail
from moderation.privacy.links import Links
from moderation.privacy.vault import Vault
from moderation.statuses import MailAction, MailKind, MailOutcome
from moderation.sweep import now

log = structlog.get_logger()

POLL = 1.0  # seconds between looks for mails
# Longer than a slow server takes for all steps of one mail, so that no other sender repeats it.
LEASE = dt.timedelta(minutes=10)


class Sender:
    """Claims, sends and settles mails. May die at any line: see flow/mails.py."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        mailer: Mailer,
        links: Links,
        *,
        sender: str,
        public_url: str,
        undo_time: dt.timedelta,
        clock: Callable[[], dt.datetime] = now,
    ) -> None:
        """`sender` is the address that mails are from, `public_url` what their links begin with.

        Mails to commenters about a decision leave `undo_time` after it.
        """
        self._database = database
        self._vault = vault
        self._mailer = mailer
        self._links = links
        self._sender = sender
        self._public_url = public_url
        self._undo_time = undo_time
        self._clock = clock
        self._stop = threading.Event()

    def run(self) -> None:
        """Send what is due until `stop()`."""
        while not self._stop.wait(POLL):
            try:
                while not self._stop.is_set() and self():
                    pass
            except Exception:  # whatever it is, later mails must not wait for ever
                log.error("sender_failed", exc_info=True)

    def stop(self) -> None:
        """End `run()` after the mail in hand."""
        self._stop.set()

    def __call__(self) -> bool:
        """Send one mail that is due, or end it unsent; answers whether there was one."""
        with self._database.reading() as session:
            if not mails.any_due(session, now=self._clock()):
                return False
        with self._database.transaction() as session:
            claimed = mails.claim_mails(session, now=self._clock(), lease_for=LEASE)
            for mail in claimed:
                mail.message_id = mail.message_id or new_message_id(domain_of(self._public_url))
            prepared = [(mail.id, self._prepare(session, mail), mail.outcome) for mail in claimed]
        for mail_id, outgoing, outcome in prepared:
            if outgoing is not None:
                self._send(outgoing)
            elif outcome is not None:  # else it waits for a better time
                self._tell(mail_id, outcome)
        return bool(claimed)

    def _prepare(self, session: Session, mail: Mail) -> mails.Outgoing | None:
        """What to send; where a bug keeps us from knowing, the claim stays, so others go on."""
        mail_id = mail.id
        try:
            with session.begin_nested():
                return mails.prepare(
                    session,
                    mail,
                    vault=self._vault,
                    now=self._clock(),
                    undo_time=self._undo_time,
                )
        except Exception:
            log.error("mail_broke", mail=mail_id, exc_info=True)
            return None

    def _send(self, outgoing: mails.Outgoing) -> None:
        outcome = self._try(outgoing)
        with self._database.transaction() as session:
            outcome = mails.settle(session, outgoing, outcome, now=self._clock())
        self._tell(outgoing.mail_id, outcome)

    def _try(self, outgoing: mails.Outgoing) -> MailOutcome | None:
        """Send now; answers what became of it, None where it is to be tried again."""
        envelope = Envelope(
            sender=self._sender,
            to=outgoing.address,
            message_id=outgoing.message_id,
            date=outgoing.created_at,
        )
        try:
            self._mailer.send(LETTERS[outgoing.kind](self, envelope, outgoing))
        except MailRefused:
            return MailOutcome.REFUSED
        except MailFailed as error:
            log.warning("mail_failed", mail=outgoing.mail_id, remedy=str(error))
            return None
        except Exception:  # a bug must not stop the mails behind this one
            log.error("mail_broke", mail=outgoing.mail_id, exc_info=True)
            return None
        return MailOutcome.SENT

    def _proof(self, envelope: Envelope, outgoing: mails.Outgoing) -> EmailMessage:
        until = outgoing.expires_at
        token = self._links.proofs.issue(
            outgoing.public_id, outgoing.link_version, expires_at=until
        )
        return proof_letter(
            envelope,
            site=outgoing.site or "",
            link=f"{self._public_url}/p/{token}",
            hours=(until - outgoing.created_at) // dt.timedelta(hours=1),
            expires_at=until,
            language=outgoing.language,
        )

    def _reader(self, envelope: Envelope, outgoing: mails.Outgoing) -> EmailMessage:
        letter = outgoing.letter
        assert letter is not None
        token = self._links.pages.issue(letter.public_id, letter.link_version)
        return reader_letter(
            envelope,
            outgoing.kind,
            letter=letter,
            site=outgoing.site or "",
            link=f"{self._public_url}/c/{token}",
            unsubscribe=self._links.unsubscribe.address(
                self._public_url, outgoing.public_id, outgoing.link_version, letter.mailing
            ),
            language=outgoing.language,
        )

    def _invitation(self, envelope: Envelope, outgoing: mails.Outgoing) -> EmailMessage:
        link = self._links.invitations.address(self._public_url, outgoing.public_id)
        return invitation_letter(
            envelope,
            site=outgoing.site,
            host=self._public_url,
            link=link,
            expires_at=outgoing.expires_at,
        )

    def _reset(self, envelope: Envelope, outgoing: mails.Outgoing) -> EmailMessage:
        link = self._links.invitations.address(self._public_url, outgoing.public_id)
        return reset_letter(
            envelope, host=self._public_url, link=link, expires_at=outgoing.expires_at
        )

    def _notice(self, envelope: Envelope, outgoing: mails.Outgoing) -> EmailMessage:
        comment = outgoing.notice.comment if outgoing.notice else None
        mailed = comment.links if comment else None
        links = {
            action: self._links.decisions.address(
                self._public_url, outgoing.mail_id, mailed.key, action
            )
            for action in MailAction
            if mailed
        }
        return notice_letter(
            envelope,
            outgoing.kind,
            notice=outgoing.notice,
            site=outgoing.site,
            links=links,
            public_url=self._public_url,
            now=self._clock(),
        )

    def _tell(self, mail_id: int, outcome: MailOutcome | None) -> None:
        MAILS.labels(outcome or "failed").inc()
        log.info("mail_tried", mail=mail_id, outcome=outcome or "failed")


# What a mail of each kind says; whom it goes to stands in flow/recipients.py.
LETTERS: dict[MailKind, Callable[[Sender, Envelope, mails.Outgoing], EmailMessage]] = {
    MailKind.PROOF: Sender._proof,
    MailKind.INVITATION: Sender._invitation,
    MailKind.RESET: Sender._reset,
    **dict.fromkeys(MAILINGS, Sender._reader),
    **dict.fromkeys(NOTICES, Sender._notice),
}
