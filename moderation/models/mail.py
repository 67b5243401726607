"""A mail as a row: written with what causes it, sent after the commit."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from moderation.db import Base
from moderation.models.columns import BigId, enum_of
from moderation.statuses import MailKind, MailOutcome


class Mail(Base):
    """One mail to one person. Holds ids only: the address is decrypted when it is sent.

    Its kind says which of `commenter_id`, `moderator_id` and `invitation_id` it goes to
    (flow/recipients.py). `commenter_id` is empty where nobody has the address that was typed: such
    a row is written all the same, so that known and unknown addresses cost the same time, and is
    dropped unsent.
    """

    __tablename__ = "mails"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))  # empty: about all sites
    commenter_id: Mapped[int | None] = mapped_column(ForeignKey("commenters.id"), index=True)
    moderator_id: Mapped[int | None] = mapped_column(ForeignKey("moderators.id"), index=True)
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitations.id"), index=True)
    # What it is about, where that is one comment or one article.
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id"))
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id"))
    kind: Mapped[MailKind] = mapped_column(enum_of(MailKind))
    # The same each time it is tried; empty until the sender, who knows our host, first takes it.
    message_id: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime]
    run_after: Mapped[dt.datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease: Mapped[str | None] = mapped_column(Text)  # the claim that may settle this mail
    leased_until: Mapped[dt.datetime | None]
    # A keyed hash of address and day: unique, so that nobody gets two mails of proof a day.
    day_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    ended_at: Mapped[dt.datetime | None]
    outcome: Mapped[MailOutcome | None] = mapped_column(enum_of(MailOutcome))


Index("ix_mails_due", Mail.ended_at, Mail.run_after)
