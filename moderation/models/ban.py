"""Whose comments are always held. Kept by keyed hash, so that a ban survives an erasure."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from moderation.db import Base
from moderation.models.columns import BigId, enum_of
from moderation.statuses import BanKind


class Ban(Base):
    """An email, a domain of emails or an address range; on one site, or on all where none is set.

    In force until `lifted_at`, and before `expires_at`.
    """

    __tablename__ = "bans"
    __table_args__ = (UniqueConstraint("site_id", "lookup_hash"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[BanKind] = mapped_column(enum_of(BanKind))
    lookup_hash: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime | None]
    lifted_at: Mapped[dt.datetime | None]


# Where the site is empty, the unique constraint above does not count.
Index(
    "ix_bans_everywhere",
    Ban.lookup_hash,
    unique=True,
    sqlite_where=Ban.site_id.is_(None),
    postgresql_where=Ban.site_id.is_(None),
)
