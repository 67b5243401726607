"""Personal data with a life of its own: addresses, what the law keeps, what a person wants gone."""

import datetime as dt

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.db import Base
from moderation.models.columns import BigId, enum_of
from moderation.models.comment import Comment
from moderation.statuses import Actor, ErasureScope


class CommentAddress(Base):
    """Whence a comment came: its /24 or /48, encrypted, for bans. Purged after some weeks."""

    __tablename__ = "comment_addresses"

    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    range_hash: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[dt.datetime] = mapped_column(index=True)


class LegalHold(Base):
    """The stored copy of a comment must stay, whatever retention or its commenter want.

    In force until `lifted_at`, and before `expires_at`. It hides nothing and publishes nothing.
    """

    __tablename__ = "legal_holds"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), index=True)
    moderator_id: Mapped[int | None] = mapped_column(ForeignKey("moderators.id"))
    reason: Mapped[str] = mapped_column(Text)  # as typed, for colleagues
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    lifted_at: Mapped[dt.datetime | None]

    comment: Mapped[Comment] = relationship()


class Erasure(Base):
    """A person wants their data gone; carried out after `run_after`, unless they cancel it."""

    __tablename__ = "erasures"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    commenter_id: Mapped[int] = mapped_column(ForeignKey("commenters.id"), index=True)
    scope: Mapped[ErasureScope] = mapped_column(enum_of(ErasureScope))
    asked_by: Mapped[Actor] = mapped_column(enum_of(Actor))
    asked_at: Mapped[dt.datetime]
    run_after: Mapped[dt.datetime] = mapped_column(index=True)
    done_at: Mapped[dt.datetime | None]
    cancelled_at: Mapped[dt.datetime | None]
