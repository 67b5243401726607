"""What people do to an article: who publishes under it, and rules of its own."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.errors import UnknownArticle
from moderation.flow.store import touch_article
from moderation.models import HAS_OWN_RULES, Article, Event, Moderator, Site
from moderation.policy.limits import check_rules
from moderation.statuses import Actor, Change, Publishing


def find_visible_article(session: Session, article_id: int, moderator: Moderator) -> Article:
    """The article, if this moderator's sites include it, kept until the transaction ends.

    Raises UnknownArticle.
    """
    article = read_visible_article(session, article_id, moderator)
    session.refresh(article, with_for_update={"key_share": True})
    return article


def read_visible_article(session: Session, article_id: int, moderator: Moderator) -> Article:
    """The article, if this moderator's sites include it. Raises UnknownArticle."""
    article = session.get(Article, article_id)
    if article is None or moderator.site_id not in (None, article.site_id):
        raise UnknownArticle("no such article")
    return article


def set_publishing(
    session: Session,
    article: Article,
    publishing: Publishing | None,
    *,
    moderator: Moderator,
    now: dt.datetime,
) -> Publishing | None:
    """Say who publishes under the article; None: as its site says. Answers what was said before.

    What was accepted already is not decided again: what waits still waits for its scorer, and the
    rules then in force.
    """
    before = article.publishing
    if before is publishing:
        return before
    article.publishing = publishing
    said = {"publishing": publishing, "before": before}
    _record(session, article, said, moderator=moderator, now=now)
    return before


def set_rules(
    session: Session,
    article: Article,
    rules: Mapping[str, Any],
    *,
    owner: Moderator,
    now: dt.datetime,
) -> None:
    """Give the article these of `policy.articles.OWN_RULES` and no others.

    The log names the fields, not their texts. What was accepted already is not decided again.
    Raises WrongRule, and then changes nothing.
    """
    before, wanted = article.rules or {}, check_rules(rules)
    names = before.keys() | wanted.keys()
    unset = object()  # None is a value: an article that never closes
    changed = [name for name in names if before.get(name, unset) != wanted.get(name, unset)]
    if changed:
        article.rules = wanted or None
        _record(session, article, {"fields": sorted(changed)}, moderator=owner, now=now)


def articles_with_own_rules(session: Session, site: Site, *, most: int) -> list[Article]:
    """Those that do not follow their site in everything, the newest first."""
    query = (
        select(Article)
        .where(Article.site_id == site.id, HAS_OWN_RULES)
        .order_by(Article.id.desc())
        .limit(most)
    )
    return list(session.scalars(query))


def _record(
    session: Session,
    article: Article,
    data: dict[str, Any],
    *,
    moderator: Moderator,
    now: dt.datetime,
) -> None:
    touch_article(session, article.id)  # the page shows the form, or that it is closed
    session.add(
        Event(
            site_id=article.site_id,
            moderator_id=moderator.id,
            change=Change.ARTICLE_CHANGED,
            actor=Actor.MODERATOR,
            data={"article": article.id, **data},
            created_at=now,
        )
    )
    session.flush()
