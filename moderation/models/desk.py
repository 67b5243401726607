"""What moderators work with: exact counts of the queues, claims, bulk decisions, reports."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from moderation.db import Base
from moderation.models.columns import BigId, enum_of
from moderation.statuses import Queue, ReportReason


class QueueDelta(Base):
    """So many comments came into a queue of a site (or left it). Their sum is the queue's length.

    Rows are only ever added, so no two decisions wait for the same row; the housekeeper folds them.
    """

    __tablename__ = "queue_deltas"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    queue: Mapped[Queue] = mapped_column(enum_of(Queue))
    delta: Mapped[int]


class Claim(Base):
    """Somebody has this comment open, until `expires_at`: others are shown the next one."""

    __tablename__ = "claims"

    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    moderator_id: Mapped[int] = mapped_column(ForeignKey("moderators.id"), index=True)
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)


class Batch(Base):
    """One act on many comments, which can be taken back as one."""

    __tablename__ = "batches"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    moderator_id: Mapped[int] = mapped_column(ForeignKey("moderators.id"))
    created_at: Mapped[dt.datetime] = mapped_column(index=True)
    undone_at: Mapped[dt.datetime | None]


class BatchItem(Base):
    """One comment that a batch moved, and to which version: undoing leaves alone what moved on."""

    __tablename__ = "batch_items"

    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"), primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    version: Mapped[int]


class Report(Base):
    """A reader says that a published comment should be looked at. One from one range."""

    __tablename__ = "reports"
    __table_args__ = (UniqueConstraint("comment_id", "range_hash"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"))
    reason: Mapped[ReportReason] = mapped_column(enum_of(ReportReason))
    # A keyed hash of comment and range: counts distinct reporters. No address can be read from it,
    # and what one range reports under two comments has nothing in common.
    range_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[dt.datetime]
    closed_at: Mapped[dt.datetime | None]  # when a person decided about the comment


Index("ix_reports_open", Report.comment_id, Report.closed_at)
