"""Endpoints that owners want told of things, and what they are still to be told."""

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.db import Base
from moderation.models.columns import BigId, Json, enum_of
from moderation.models.site import Site
from moderation.statuses import DeliveryFailure, DeliveryOutcome, Occasion, WebhookOff


class Webhook(Base):
    """One endpoint; of one site, or of all where `site_id` is empty.

    Address and secrets are sealed for this row (flow/notices/webhooks.py): both let in.
    """

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    occasions: Mapped[list[str]] = mapped_column(Json)  # words of Occasion
    open_max: Mapped[int]  # deliveries that may wait at a time
    url_ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    secret_ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    # The secret before, with which everything is signed as well until then.
    previous_ciphertext: Mapped[bytes | None] = mapped_column(LargeBinary)
    previous_until: Mapped[dt.datetime | None]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("moderators.id"))
    created_at: Mapped[dt.datetime]
    off_at: Mapped[dt.datetime | None]  # None: it is on
    off_reason: Mapped[WebhookOff | None] = mapped_column(enum_of(WebhookOff))
    # How its last tries went; flow/notices/sending.py.
    tried_at: Mapped[dt.datetime | None]
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    failing_since: Mapped[dt.datetime | None]
    rests_until: Mapped[dt.datetime | None]

    site: Mapped[Site | None] = relationship()


class Delivery(Base):
    """One thing that an endpoint is told: written with what causes it, sent after the commit.

    Ids, codes, counts, host and path of the article only.
    """

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)  # the same each time it is tried
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id"))
    occasion: Mapped[Occasion | None] = mapped_column(enum_of(Occasion))  # None: a test
    data: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[dt.datetime]
    run_after: Mapped[dt.datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease: Mapped[str | None] = mapped_column(Text)  # the claim that may settle this delivery
    leased_until: Mapped[dt.datetime | None]
    # What came of the last try: a status of HTTP, or why there was none.
    status_code: Mapped[int | None]
    failure: Mapped[DeliveryFailure | None] = mapped_column(enum_of(DeliveryFailure))
    ended_at: Mapped[dt.datetime | None]
    outcome: Mapped[DeliveryOutcome | None] = mapped_column(enum_of(DeliveryOutcome))


# Asked for every second, and counted for each comment of a flood.
_OPEN = Delivery.ended_at.is_(None)
Index(
    "ix_deliveries_open",
    Delivery.webhook_id,
    Delivery.run_after,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)
Index("ix_deliveries_webhook", Delivery.webhook_id, Delivery.id)
Index("ix_deliveries_ended", Delivery.ended_at)
