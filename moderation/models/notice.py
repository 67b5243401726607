"""What moderators want to be told, what they were told, and links that decide from a mail."""

import datetime as dt

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from moderation.db import Base
from moderation.models.columns import enum_of
from moderation.statuses import HeldNotice, MailAction


class NoticeWishes(Base):
    """One moderator's own wishes. Who has no row wants what flow/notices/wishes.py says."""

    __tablename__ = "notice_wishes"

    moderator_id: Mapped[int] = mapped_column(ForeignKey("moderators.id"), primary_key=True)
    urgent: Mapped[bool]
    held: Mapped[HeldNotice] = mapped_column(enum_of(HeldNotice), index=True)
    digest_hour: Mapped[int]  # 0 to 23, in their time zone
    waiting_hours: Mapped[int | None]  # None: never told of it
    scorer_down: Mapped[bool]
    surge: Mapped[bool]
    quiet_from: Mapped[dt.time | None]  # both or none, in their time zone
    quiet_until: Mapped[dt.time | None]
    time_zone: Mapped[str] = mapped_column(Text)  # a name of the IANA database
    next_digest_at: Mapped[dt.datetime | None] = mapped_column(index=True)  # None: wants none


class Telling(Base):
    """Something that lasts was told and is not told again meanwhile: flow/notices/tellings.py."""

    __tablename__ = "tellings"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    told_at: Mapped[dt.datetime]


class DecisionLink(Base):
    """What the links of one mail decide about: one version of one comment, once, until a time.

    Who decides is whom the mail went to. The links themselves are derived, not stored.
    """

    __tablename__ = "decision_links"

    mail_id: Mapped[int] = mapped_column(
        ForeignKey("mails.id", ondelete="CASCADE"), primary_key=True
    )
    # At random, and signed with the number: SQLite gives the number of a mail that is gone again.
    key: Mapped[str] = mapped_column(Text)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"))
    version: Mapped[int]
    # SHA-256 of what is stored of the reader's password: a new one ends the links.
    password_seen: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
    used_for: Mapped[MailAction | None] = mapped_column(enum_of(MailAction))
