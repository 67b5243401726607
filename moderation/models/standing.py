"""A moderator's decision that holds for what says the same, for a time."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from moderation.db import Base
from moderation.models.columns import BigId, enum_of
from moderation.statuses import Change, Reason


class StandingDecision(Base):
    """What becomes of new comments of a site that say what `comment_id` says.

    In force until `lifted_at`, and before `expires_at`. What it looks for goes with that comment.
    """

    __tablename__ = "standing_decisions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), index=True)
    moderator_id: Mapped[int] = mapped_column(ForeignKey("moderators.id"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"), index=True)
    change: Mapped[Change] = mapped_column(enum_of(Change))  # APPROVED or REJECTED
    reason: Mapped[Reason | None] = mapped_column(enum_of(Reason))  # of a rejection
    text_hash: Mapped[bytes] = mapped_column(LargeBinary)  # as Comment.text_hash
    # Only of a rejection, for what says nearly the same: letters, as flow/queue/similar.py has it.
    letters: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)
    lifted_at: Mapped[dt.datetime | None]


# Asked for at every decision.
Index("ix_standing_decisions_in_force", StandingDecision.site_id, StandingDecision.expires_at)
