"""Step `publish`: what became public last, for feeds and for readers who wait for more.

Comments count as they became public first: one that was held for long is new when it appears.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session, joinedload

from moderation.models import Article, Comment, Site
from moderation.statuses import Status

FEED_SIZE = 50
NEW_MAX = 100
IS_PUBLIC = Comment.status == Status.APPROVED


@dataclass(frozen=True)
class News:
    """How many comments became public since (NEW_MAX at most), and the first of them."""

    count: int
    first: str | None  # its public id


def newest_id(session: Session, article: Article | None) -> str:
    """The public id of the comment that became public last; empty where there is none."""
    if article is None:
        return ""
    query = select(Comment.public_id).where(Comment.article_id == article.id, *_published())
    return session.scalar(query.order_by(*_newest_first()).limit(1)) or ""


def find_news(session: Session, site: Site, key: str, after: str) -> News:
    """What became public under an article after the comment with this public id; one query.

    `key` is the article's normalised address. Everything is new where `after` is empty, and
    nothing where it is the id of no comment. One whose transaction ends only after a later one was
    seen is never named: a reader finds it with the next page.
    """
    query = (
        select(Comment.public_id)
        .join(Article, Article.id == Comment.article_id)
        .where(Article.site_id == site.id, Article.key == key, *_published())
        .order_by(Comment.published_at, Comment.id)
        .limit(NEW_MAX)
    )
    if after:
        seen = select(Comment.published_at, Comment.id).where(Comment.public_id == after)
        query = query.where(tuple_(Comment.published_at, Comment.id) > seen.scalar_subquery())
    found = session.scalars(query).all()
    return News(len(found), found[0] if found else None)


def read_feed(session: Session, site: Site, article: Article | None) -> Sequence[Comment]:
    """The comments that became public last, the newest first: of one article, or of the site."""
    of = Comment.article_id == article.id if article else Comment.site_id == site.id
    return session.scalars(
        select(Comment)
        .where(of, *_published())
        .options(joinedload(Comment.article), joinedload(Comment.parent))
        .order_by(*_newest_first())
        .limit(FEED_SIZE)
    ).all()


def _published() -> tuple[ColumnElement[bool], ...]:
    # The second names the index that holds the comments which were ever public.
    return IS_PUBLIC, Comment.published_at.is_not(None)


def _newest_first() -> tuple[ColumnElement[Any], ...]:
    return Comment.published_at.desc(), Comment.id.desc()
