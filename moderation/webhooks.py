"""Endpoints are told what waits for them, one at a time. A thread of the serving process."""

import datetime as dt
import threading
from collections.abc import Callable

import structlog
from sqlalchemy.orm import Session

from moderation.db import Database
from moderation.flow.notices import sending
from moderation.flow.notices.message import body_of, headers_for, new_message_id
from moderation.flow.notices.sending import Answer, Outgoing
from moderation.flow.notices.webhooks import signing_secrets, url_of
from moderation.metrics import WEBHOOKS
from moderation.models import Delivery, Webhook
from moderation.outgoing.post import NotAnswered, Poster
from moderation.privacy.vault import Vault
from moderation.statuses import DeliveryFailure
from moderation.sweep import now

log = structlog.get_logger()

POLL = 1.0  # seconds between looks for deliveries
# Longer than one try takes at most (moderation/outgoing/post.py), so that nobody repeats it.
LEASE = dt.timedelta(minutes=2)


class WebhookSender:
    """Claims, sends and settles deliveries. May die at any line: see flow/notices/sending.py."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        poster: Poster,
        *,
        public_url: str,
        clock: Callable[[], dt.datetime] = now,
    ) -> None:
        """`public_url` is what links to our pages begin with."""
        self._database = database
        self._vault = vault
        self._poster = poster
        self._public_url = public_url
        self._clock = clock
        self._stop = threading.Event()

    def run(self) -> None:
        """Send what is due until `stop()`."""
        while not self._stop.wait(POLL):
            try:
                while not self._stop.is_set() and self():
                    pass
            except Exception:  # whatever it is, later deliveries must not wait for ever
                log.error("webhook_sender_failed", exc_info=True)

    def stop(self) -> None:
        """End `run()` after the delivery in hand."""
        self._stop.set()

    def __call__(self) -> bool:
        """Send one delivery that is due; answers whether there was one."""
        with self._database.reading() as session:
            if not sending.any_due(session, now=self._clock()):
                return False
        with self._database.transaction() as session:
            delivery = sending.claim(session, now=self._clock(), lease_for=LEASE)
            if delivery is None:  # another sender has it
                return False
            outgoing = self._prepare(session, delivery)
        if outgoing is None:
            return True
        answer = self._try(outgoing)
        with self._database.transaction() as session:
            outcome = sending.settle(session, outgoing, answer, now=self._clock())
        WEBHOOKS.labels(outcome or "failed").inc()
        log.info(
            "webhook_tried",
            webhook=outgoing.webhook_id,
            delivery=outgoing.delivery_id,
            outcome=outcome or "failed",
            status=answer.status,
            failure=answer.failure,
        )
        return True

    def _prepare(self, session: Session, delivery: Delivery) -> Outgoing | None:
        """What to send; where a bug keeps us from knowing, that was a try, and others go on."""
        delivery_id, webhook_id = delivery.id, delivery.webhook_id
        try:
            with session.begin_nested():
                return sending.prepare(
                    session,
                    delivery,
                    vault=self._vault,
                    public_url=self._public_url,
                    now=self._clock(),
                )
        except Exception:
            outcome = sending.try_again(delivery, now=self._clock()) or "failed"
            log.error(
                "webhook_broke",
                webhook=webhook_id,
                delivery=delivery_id,
                outcome=outcome,
                exc_info=True,
            )
            WEBHOOKS.labels(outcome).inc()
            return None

    def try_now(self, webhook: Webhook) -> Answer:
        """Send a test at once, without a row; whether the webhook is on or off."""
        now = self._clock()
        return self._try(
            Outgoing(
                delivery_id=0,
                webhook_id=webhook.id,
                lease="",
                message_id=new_message_id(),
                url=url_of(webhook, self._vault),
                body=body_of(None, now, {"webhook": webhook.id}),
                signing=signing_secrets(webhook, self._vault, now=now),
            )
        )

    def _try(self, outgoing: Outgoing) -> Answer:
        if outgoing.url is None or not outgoing.signing:
            return Answer(None, DeliveryFailure.UNREADABLE)
        headers = headers_for(
            outgoing.message_id, outgoing.body, outgoing.signing, now=self._clock()
        )
        try:
            return Answer(self._poster.post(outgoing.url, outgoing.body, headers))
        except NotAnswered as error:
            return Answer(None, error.failure)
        except Exception:  # a bug must not stop the deliveries behind this one
            log.error("webhook_broke", webhook=outgoing.webhook_id, exc_info=True)
            return Answer(None, DeliveryFailure.NO_ANSWER)
