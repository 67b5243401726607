"""Webhooks as owners see them: where they lead, what waits, and what they were told last."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.flow.notices.webhooks import read_webhooks, url_of
from moderation.models import Delivery, Moderator, Webhook
from moderation.privacy.vault import Vault
from moderation.statuses import DeliveryOutcome

LAST = 10  # deliveries of each webhook


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A webhook with what its owner wants to know of it."""

    webhook: Webhook
    url: str | None
    """None: no key here opens it."""
    waiting: int
    left_out: int
    """What was not sent since too many waited, as long as the rows are kept (7 days)."""
    last: Sequence[Delivery]
    """The newest first."""


def read_shown(session: Session, owner: Moderator | None, *, vault: Vault) -> list[Shown]:
    """The webhooks that this owner manages (None: all), the oldest first."""
    return [
        Shown(
            webhook=webhook,
            url=url_of(webhook, vault),
            waiting=_count(session, webhook, None),
            left_out=_count(session, webhook, DeliveryOutcome.LEFT_OUT),
            last=_read_last(session, webhook),
        )
        for webhook in read_webhooks(session, owner)
    ]


def _count(session: Session, webhook: Webhook, outcome: DeliveryOutcome | None) -> int:
    query = select(func.count()).where(
        Delivery.webhook_id == webhook.id,
        Delivery.outcome == outcome if outcome else Delivery.ended_at.is_(None),
    )
    return session.scalar(query) or 0


def _read_last(session: Session, webhook: Webhook) -> Sequence[Delivery]:
    query = select(Delivery).where(Delivery.webhook_id == webhook.id)
    return session.scalars(query.order_by(Delivery.id.desc()).limit(LAST)).all()
