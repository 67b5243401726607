"""Sites and the articles under which people comment."""

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.db import Base
from moderation.models.columns import BigId, Json, enum_of
from moderation.models.surge import Surge
from moderation.statuses import Publishing


class Site(Base):
    """One website: its public key, the origins that may embed it, and its policy."""

    __tablename__ = "sites"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    origins: Mapped[list[str]] = mapped_column(Json)
    policy: Mapped[dict[str, Any]] = mapped_column(Json)  # the fields of policy.context.Policy
    created_at: Mapped[dt.datetime]


class Article(Base):
    """One page with a thread. `version` moves whenever what readers see of it changes."""

    __tablename__ = "articles"
    __table_args__ = (UniqueConstraint("site_id", "key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    key: Mapped[str] = mapped_column(Text)  # the normalised address, see flow/articles.py
    url: Mapped[str] = mapped_column(Text)  # as the first comment gave it
    # Untrusted text from the first comment: nobody scored it, so only moderators see it.
    title: Mapped[str] = mapped_column(Text)
    publishing: Mapped[Publishing | None] = mapped_column(enum_of(Publishing))
    rules: Mapped[dict[str, Any] | None] = mapped_column(Json)  # some of policy.articles.OWN_RULES
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[dt.datetime]
    # None: an owner gave it rules, and nobody has commented yet.
    first_comment_at: Mapped[dt.datetime | None]

    site: Mapped[Site] = relationship()
    surge: Mapped[Surge | None] = relationship(viewonly=True)  # the last, in force or over


Index("ix_articles_site_created", Article.site_id, Article.created_at)
HAS_OWN_RULES = Article.publishing.is_not(None) | Article.rules.is_not(None)
Index(
    "ix_articles_own_rules",
    Article.site_id,
    Article.id,
    sqlite_where=HAS_OWN_RULES,
    postgresql_where=HAS_OWN_RULES,
)
