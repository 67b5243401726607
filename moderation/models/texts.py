"""What people of a site wrote for those who comment, and what a moderator told one of them."""

import datetime as dt

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from moderation.db import Base
from moderation.models.columns import BigId, enum_of
from moderation.statuses import TextKind


class SiteText(Base):
    """One text of a site: for a reason, for a kind of urgency (`code`), or to choose by `title`."""

    __tablename__ = "site_texts"
    __table_args__ = (UniqueConstraint("site_id", "kind", "code"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[TextKind] = mapped_column(enum_of(TextKind))
    code: Mapped[str | None] = mapped_column(Text)  # a Reason or an Urgency
    title: Mapped[str | None] = mapped_column(Text)  # of an explanation
    text: Mapped[str] = mapped_column(Text)  # raw text: escape when rendering


class Explanation(Base):
    """What a moderator told the commenter beside the reason of a rejection.

    `version` is that of the comment as this rejection left it: it is told while that one stands.
    """

    __tablename__ = "explanations"

    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)  # raw text: escape when rendering
    created_at: Mapped[dt.datetime]
