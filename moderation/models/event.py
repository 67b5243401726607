"""The append-only log. Database triggers refuse UPDATE and DELETE (migrations/)."""

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from moderation.db import Base
from moderation.models.columns import BigId, Json, enum_of
from moderation.statuses import Actor, Change, Status


class Event(Base):
    """One thing that happened. Ids, codes and numbers only: nothing that a person typed."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id"))
    moderator_id: Mapped[int | None] = mapped_column(ForeignKey("moderators.id"))
    change: Mapped[Change] = mapped_column(enum_of(Change))
    actor: Mapped[Actor] = mapped_column(enum_of(Actor))
    from_status: Mapped[Status | None] = mapped_column(enum_of(Status))
    to_status: Mapped[Status | None] = mapped_column(enum_of(Status))
    version: Mapped[int | None]  # the comment's version after the change
    reason: Mapped[str | None] = mapped_column(Text)  # a code
    data: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[dt.datetime]


Index("ix_events_comment", Event.comment_id, Event.id)
Index("ix_events_site", Event.site_id, Event.id)
Index("ix_events_created", Event.created_at)
Index("ix_events_moderator", Event.moderator_id, Event.id)
