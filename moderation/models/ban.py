"""Whose comments are always held. Kept by keyed hash, so that a ban survives an erasure."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from moderation.db import Base
from moderation.models.columns import BigId, enum_of
from moderation.statuses import BanKind


class Ban(Base):
    """An email, a domain of emails, an address range or a word; on one site, or on all (None).

    In force until `lifted_at`, and before `expires_at`.
    """

    __tablename__ = "bans"
    __table_args__ = (
        UniqueConstraint("site_id", "lookup_hash"),
        UniqueConstraint("site_id", "word"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[BanKind] = mapped_column(enum_of(BanKind))
    lookup_hash: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)  # of a word: none
    word: Mapped[str | None] = mapped_column(Text)  # or phrase, folded as texts are compared
    # What colleagues know it by: masked, as in flow/bans/targets.py.
    label: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)  # typed by a person
    moderator_id: Mapped[int | None] = mapped_column(ForeignKey("moderators.id"))
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime | None]
    lifted_at: Mapped[dt.datetime | None]


# Where the site is empty, the unique constraints above do not count.
Index(
    "ix_bans_everywhere",
    Ban.lookup_hash,
    unique=True,
    sqlite_where=Ban.site_id.is_(None),
    postgresql_where=Ban.site_id.is_(None),
)
Index(
    "ix_bans_word_everywhere",
    Ban.word,
    unique=True,
    sqlite_where=Ban.site_id.is_(None),
    postgresql_where=Ban.site_id.is_(None),
)
# Asked for at every decision: few bans are of words.
_OF_WORD = Ban.word.is_not(None)
Index("ix_bans_words", Ban.site_id, sqlite_where=_OF_WORD, postgresql_where=_OF_WORD)
Index("ix_bans_created", Ban.created_at, Ban.id)
