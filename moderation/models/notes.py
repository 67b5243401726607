"""What moderators note about a comment or its commenter, and what they masked in a comment."""

import datetime as dt

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from moderation.db import Base
from moderation.models.columns import BigId


class Note(Base):
    """A moderator's words for colleagues, about a comment or about a commenter: one of the two.

    A removed one stays until its removal can no longer be undone.
    """

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id"), index=True)
    commenter_id: Mapped[int | None] = mapped_column(ForeignKey("commenters.id"), index=True)
    moderator_id: Mapped[int] = mapped_column(ForeignKey("moderators.id"))  # who wrote it
    text: Mapped[str] = mapped_column(Text)  # raw text: escape when rendering
    created_at: Mapped[dt.datetime]
    removed_at: Mapped[dt.datetime | None] = mapped_column(index=True)


class Redaction(Base):
    """What a comment said before a moderator masked passages of it: kept to undo that."""

    __tablename__ = "redactions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), index=True)
    version: Mapped[int]  # of the comment, from then on
    name: Mapped[str] = mapped_column(Text)  # raw text, as it was
    body: Mapped[str] = mapped_column(Text)  # raw text, as it was
    # SHA-256 of what it became: where the comment says something else, nothing can be undone.
    masked_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[dt.datetime] = mapped_column(index=True)
