"""People who sign in, and their sessions."""

import datetime as dt

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.db import Base
from moderation.models.columns import BigId, enum_of
from moderation.models.site import Site
from moderation.statuses import Role


class Moderator(Base):
    """A person who signs in; on one site, or on all where `site_id` is empty."""

    __tablename__ = "moderators"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(Text)  # shown to colleagues
    email_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    email_ciphertext: Mapped[bytes | None] = mapped_column(LargeBinary)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[Role] = mapped_column(enum_of(Role))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[dt.datetime]

    site: Mapped[Site | None] = relationship()


class SignIn(Base):
    """A signed-in browser. The cookie carries the token, the row only its SHA-256."""

    __tablename__ = "sign_ins"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    moderator_id: Mapped[int] = mapped_column(ForeignKey("moderators.id"), index=True)
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]

    moderator: Mapped[Moderator] = relationship()
