"""Who wrote a comment, and the one place where their email lies."""

import datetime as dt

from sqlalchemy import ForeignKey, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from moderation.db import Base
from moderation.models.columns import BigId


class Commenter(Base):
    """A person on one site, known by the keyed hash of their email."""

    __tablename__ = "commenters"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    # Opaque: in the addresses of pages, and in the list of who was erased.
    public_id: Mapped[str] = mapped_column(Text, index=True, unique=True, server_default=text("''"))
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    # Moves to revoke the links that were mailed to them.
    link_version: Mapped[int] = mapped_column(default=1, server_default="1")
    confirmed_at: Mapped[dt.datetime | None]  # when the email was proven theirs
    trusted_at: Mapped[dt.datetime | None]  # by a moderator: see flow/trust.py
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
    # When they last wanted to be reachable: the email is kept for some time after it.
    wanted_at: Mapped[dt.datetime | None] = mapped_column(index=True)
