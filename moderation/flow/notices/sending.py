"""Deliveries are claimed, prepared and settled by a sender, like mails (flow/mails.py).

At least once: killed between the endpoint's answer and its commit, the sender sends the same
again, under the same id. An endpoint that fails rests as a whole, so that the many that wait for
it neither use up their tries nor keep others waiting.
"""

import datetime as dt
import random
import secrets
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from moderation.flow.notices.message import body_of
from moderation.flow.notices.webhooks import signing_secrets, switch_off, url_of
from moderation.models import Delivery, Webhook
from moderation.privacy.vault import Vault
from moderation.statuses import DeliveryFailure, DeliveryOutcome, WebhookOff

_SECOND, _MINUTE, _HOUR = (dt.timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours"))
# After the first try, the second, and so on: as Standard Webhooks advises ("Retry schedule").
PAUSES = (
    5 * _SECOND,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
JITTER = 0.2  # of a pause, at most, on top
LONGEST_REST = 5 * _MINUTE
FAILING_FOR = dt.timedelta(days=5)
# While anything waits for it, an endpoint is tried more often.
UNTRIED_FOR = PAUSES[-1] * (1 + JITTER) + LONGEST_REST
KEEP_ENDED = dt.timedelta(days=7)
GONE = 410


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A delivery that may be sent now. Lives for the sending only: it holds secrets in clear."""

    delivery_id: int
    webhook_id: int
    lease: str
    message_id: str
    url: str | None = field(repr=False)
    """Where to; None where no key here opens it."""
    body: bytes
    signing: list[str] = field(repr=False)
    """The secrets to sign with; none where no key here opens them."""


@dataclass(frozen=True)
class Answer:
    """What came of a try: a status of HTTP, or why there is none."""

    status: int | None
    failure: DeliveryFailure | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the endpoint has it."""
        return self.status is not None and 200 <= self.status < 300


def any_due(session: Session, *, now: dt.datetime) -> bool:
    """Whether there is a delivery that `claim` would take."""
    return bool(session.scalar(select(exists().where(_is_due(now)))))


def claim(session: Session, *, now: dt.datetime, lease_for: dt.timedelta) -> Delivery | None:
    """Take a due delivery that nobody holds, of the webhook that was tried the longest ago.

    Tests before all, as somebody waits for the answer. Endpoints that failed, and may use up all
    the time there is for an answer, go after the others for LONGEST_REST; then they have their
    turn, however busy the others are: a dead one costs those that wait one try in that time.
    """
    failed_lately = and_(Webhook.failures > 0, Webhook.tried_at > now - LONGEST_REST)
    due = (
        select(Delivery.id)
        .join(Webhook, Webhook.id == Delivery.webhook_id)
        .where(_is_due(now))
        .order_by(
            Delivery.occasion.is_not(None),
            failed_lately,
            Webhook.tried_at.nulls_first(),
            Delivery.run_after,
            Delivery.id,
        )
        .limit(1)
        .with_for_update(of=Delivery, skip_locked=True)
        .cte("due")  # for PostgreSQL, as in flow/jobs.py
    )
    taken = session.scalar(
        update(Delivery)
        .where(Delivery.id.in_(select(due.c.id)))
        .values(
            lease=secrets.token_hex(8),
            leased_until=now + lease_for,
            attempts=Delivery.attempts + 1,
        )
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return session.get_one(Delivery, taken) if taken is not None else None


def prepare(
    session: Session, delivery: Delivery, *, vault: Vault, public_url: str, now: dt.datetime
) -> Outgoing:
    """What to send for a claimed delivery; its link begins with `public_url`."""
    webhook = session.get_one(Webhook, delivery.webhook_id)
    data = dict(delivery.data)
    if delivery.occasion is not None:
        page = f"?article={data['article']}" if "article" in data else ""
        page = f"/{data['comment']}" if "comment" in data else page
        data["link"] = f"{public_url}/queue{page}"
    return Outgoing(
        delivery_id=delivery.id,
        webhook_id=webhook.id,
        lease=delivery.lease or "",
        message_id=delivery.public_id,
        url=url_of(webhook, vault),
        body=body_of(delivery.occasion, delivery.created_at, data),
        signing=signing_secrets(webhook, vault, now=now),
    )


def settle(
    session: Session, outgoing: Outgoing, answer: Answer, *, now: dt.datetime
) -> DeliveryOutcome | None:
    """Note what came of a try; answers how the delivery ended, None where it is tried again.

    Writes nothing where the lease is no longer ours (whoever has it now will settle), or where
    the webhook is removed.
    """
    # The webhook first, as acts of owners lock it: nobody waits in a circle.
    webhook = session.scalar(
        select(Webhook)
        .where(Webhook.id == outgoing.webhook_id)
        .with_for_update(key_share=True)  # new deliveries do not wait for it
    )
    delivery = session.scalar(
        select(Delivery)
        .where(Delivery.id == outgoing.delivery_id, Delivery.lease == outgoing.lease)
        .with_for_update()
    )
    if webhook is None or delivery is None:
        return DeliveryOutcome.DELIVERED if answer.is_taken else None
    delivery.status_code, delivery.failure = answer.status, answer.failure
    before, webhook.tried_at = webhook.tried_at, now
    if answer.is_taken:
        webhook.failures, webhook.failing_since, webhook.rests_until = 0, None, None
        return _end(delivery, DeliveryOutcome.DELIVERED, now)
    _let_rest(webhook, before, now)
    try_again(delivery, now=now)
    why = _why_off(webhook, answer, now)
    if why is not None:
        session.flush()
        switch_off(session, webhook, why, by=None, now=now)
        session.refresh(delivery)
    return delivery.outcome


def try_again(delivery: Delivery, *, now: dt.datetime) -> DeliveryOutcome | None:
    """Give a claimed delivery back for a try after a pause; ends it where it was the last one."""
    if delivery.attempts > len(PAUSES):
        return _end(delivery, DeliveryOutcome.GIVEN_UP, now)
    delivery.run_after = now + _jittered(PAUSES[delivery.attempts - 1])
    delivery.lease = delivery.leased_until = None
    return None


def forget_ended(session: Session, *, now: dt.datetime, limit: int) -> int:
    """Delete up to `limit` deliveries that ended long ago; answers how many."""
    query = select(Delivery.id).where(Delivery.ended_at < now - KEEP_ENDED).limit(limit)
    ids = session.scalars(query).all()
    session.execute(delete(Delivery).where(Delivery.id.in_(ids)))
    return len(ids)


def _is_due(now: dt.datetime) -> ColumnElement[bool]:
    return and_(
        Delivery.ended_at.is_(None),
        Delivery.run_after <= now,
        or_(Delivery.leased_until.is_(None), Delivery.leased_until <= now),
        Delivery.webhook_id.in_(
            select(Webhook.id).where(
                Webhook.off_at.is_(None),
                or_(Webhook.rests_until.is_(None), Webhook.rests_until <= now),
            )
        ),
    )


def _let_rest(webhook: Webhook, before: dt.datetime | None, now: dt.datetime) -> None:
    """Seconds at first, doubling up to LONGEST_REST. `before`: when it was tried the last time."""
    if before is None or now - before > UNTRIED_FOR:  # it may have been well meanwhile
        webhook.failures, webhook.failing_since = 0, None
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or now
    rest = min(PAUSES[0] * (1 << min(webhook.failures - 1, 12)), LONGEST_REST)
    webhook.rests_until = now + _jittered(rest)


def _why_off(webhook: Webhook, answer: Answer, now: dt.datetime) -> WebhookOff | None:
    if answer.status == GONE:
        return WebhookOff.GONE
    is_failing = webhook.failing_since is not None and webhook.failing_since + FAILING_FOR <= now
    return WebhookOff.FAILING if is_failing else None


def _jittered(pause: dt.timedelta) -> dt.timedelta:
    """A little more, at random, so that what failed together does not come back together."""
    return pause * random.uniform(1, 1 + JITTER)  # noqa: S311 (no secret)


def _end(delivery: Delivery, outcome: DeliveryOutcome, now: dt.datetime) -> DeliveryOutcome:
    delivery.outcome, delivery.ended_at = outcome, now
    delivery.lease = delivery.leased_until = None
    return outcome
