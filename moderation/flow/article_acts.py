"""What moderators do to an article: who publishes under it, whatever its site says."""

import datetime as dt

from sqlalchemy.orm import Session

from moderation.errors import UnknownArticle
from moderation.flow.store import touch_article
from moderation.models import Article, Event, Moderator
from moderation.statuses import Actor, Change, Publishing


def find_visible_article(session: Session, article_id: int, moderator: Moderator) -> Article:
    """The article, if this moderator's sites include it, kept until the transaction ends.

    Raises UnknownArticle.
    """
    article = session.get(Article, article_id, with_for_update={"key_share": True})
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
    touch_article(session, article.id)  # the page shows the form, or that it is closed
    session.add(
        Event(
            site_id=article.site_id,
            moderator_id=moderator.id,
            change=Change.ARTICLE_CHANGED,
            actor=Actor.MODERATOR,
            data={"article": article.id, "publishing": publishing, "before": before},
            created_at=now,
        )
    )
    session.flush()
    return before
