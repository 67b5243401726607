"""A commenter's words against the rejection of their comment, and what came of them."""

import datetime as dt

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from moderation.db import Base
from moderation.models.columns import enum_of
from moderation.statuses import AppealOutcome


class Appeal(Base):
    """The one appeal that there may be about a comment.

    It waits while `outcome` is empty and `Comment.appealed` says so. What a moderator answers to a
    refused one lies in `explanations`.
    """

    __tablename__ = "appeals"

    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)  # raw text: escape when rendering
    # Whose rejection it is about, and who therefore does not judge it; None: the machine's.
    against_id: Mapped[int | None] = mapped_column(ForeignKey("moderators.id"))
    created_at: Mapped[dt.datetime]
    outcome: Mapped[AppealOutcome | None] = mapped_column(enum_of(AppealOutcome))
    answered_at: Mapped[dt.datetime | None]
