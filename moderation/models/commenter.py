"""Who wrote a comment, and the one place where their email lies."""

import datetime as dt

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from moderation.db import Base
from moderation.models.columns import BigId


class Commenter(Base):
    """A person on one site, known by the keyed hash of their email."""

    __tablename__ = "commenters"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    confirmed_at: Mapped[dt.datetime | None]  # when the email was proven theirs
    created_at: Mapped[dt.datetime]


class CommenterEmail(Base):
    """A commenter's email: encrypted for sending, hashed for finding. All empty once purged."""

    __tablename__ = "commenter_emails"
    __table_args__ = (UniqueConstraint("site_id", "lookup_hash"),)

    commenter_id: Mapped[int] = mapped_column(ForeignKey("commenters.id"), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    lookup_hash: Mapped[bytes | None] = mapped_column(LargeBinary)  # who this is, on the site
    # For bans across sites; empty in rows older than these columns, until `flask keys rotate`.
    anywhere_hash: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    domain_hash: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    ciphertext: Mapped[bytes | None] = mapped_column(LargeBinary)


class Ban(Base):
    """A commenter whose comments are always held. Kept by hash, so that it survives an erasure."""

    __tablename__ = "bans"
    __table_args__ = (UniqueConstraint("site_id", "lookup_hash"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    lookup_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[dt.datetime]
    lifted_at: Mapped[dt.datetime | None]
