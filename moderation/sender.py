"""The sender: mails that wait as rows leave, one at a time. A thread of the serving process."""

import datetime as dt
import threading
from collections.abc import Callable

import structlog

from moderation.db import Database
from moderation.errors import MailFailed, MailRefused
from moderation.flow import mails
from moderation.flow.proof import PROOF_FOR
from moderation.letters import Envelope, proof_letter
from moderation.mail import Mailer
from moderation.metrics import MAILS
from moderation.privacy.links import ProofLinks
from moderation.privacy.vault import Vault
from moderation.statuses import MailOutcome
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
        links: ProofLinks,
        *,
        sender: str,
        public_url: str,
        clock: Callable[[], dt.datetime] = now,
    ) -> None:
        """`sender` is the address that mails are from, `public_url` what their links begin with."""
        self._database = database
        self._vault = vault
        self._mailer = mailer
        self._links = links
        self._sender = sender
        self._public_url = public_url
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
            prepared = [
                mails.prepare(session, mail, vault=self._vault, now=self._clock())
                for mail in claimed
            ]
        for mail, outgoing in zip(claimed, prepared, strict=True):
            if outgoing is None:
                self._tell(mail.id, mail.outcome)
            else:
                self._send(outgoing)
        return bool(claimed)

    def _send(self, outgoing: mails.Outgoing) -> None:
        outcome = self._try(outgoing)
        with self._database.transaction() as session:
            outcome = mails.settle(session, outgoing, outcome, now=self._clock())
        self._tell(outgoing.mail_id, outcome)

    def _try(self, outgoing: mails.Outgoing) -> MailOutcome | None:
        """Send now; answers what became of it, None where it is to be tried again."""
        expires_at = outgoing.created_at + PROOF_FOR
        token = self._links.issue(outgoing.public_id, outgoing.link_version, expires_at=expires_at)
        envelope = Envelope(
            sender=self._sender,
            to=outgoing.address,
            message_id=outgoing.message_id,
            date=outgoing.created_at,
        )
        try:
            letter = proof_letter(
                envelope,
                site=outgoing.site,
                link=f"{self._public_url}/p/{token}",
                hours=PROOF_FOR // dt.timedelta(hours=1),
                expires_at=expires_at,
            )
            self._mailer.send(letter)
        except MailRefused:
            return MailOutcome.REFUSED
        except MailFailed as error:
            log.warning("mail_failed", mail=outgoing.mail_id, remedy=str(error))
            return None
        except Exception:  # a bug must not stop the mails behind this one
            log.error("mail_broke", mail=outgoing.mail_id, exc_info=True)
            return None
        return MailOutcome.SENT

    def _tell(self, mail_id: int, outcome: MailOutcome | None) -> None:
        MAILS.labels(outcome or "failed").inc()
        log.info("mail_tried", mail=mail_id, outcome=outcome or "failed")
