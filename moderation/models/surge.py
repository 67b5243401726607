"""Surges: articles under which a person approves everything for some hours."""

import datetime as dt

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from moderation.db import Base


class Surge(Base):
    """The last surge under an article, one row for each: two at once are impossible.

    It is over when `until` has come or somebody ended it. flow/surges.py alone writes here.
    """

    __tablename__ = "surges"

    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    # What came within the minutes that the policy counts, when it began or was last prolonged.
    comments: Mapped[int]
    holds: Mapped[int]
    began_at: Mapped[dt.datetime]
    until: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None] = mapped_column(index=True)  # when its end was noted
    moderator_id: Mapped[int | None] = mapped_column(ForeignKey("moderators.id"))  # who ended it

    def is_in_force(self, now: dt.datetime) -> bool:
        """Whether a person approves everything because of it."""
        return self.ended_at is None and self.until > now
