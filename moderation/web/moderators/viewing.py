"""Which part of the queue a page shows: queue, order and filters, from and into its address."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.flow.queue.filters import UNKNOWN, Filters
from moderation.flow.queue.page import ORDERS, Order, Place
from moderation.models import Article, Comment, Commenter, Moderator, Site
from moderation.statuses import ATTRIBUTES, Code, Queue
from moderation.web.moderators import row_number

HOUR, DAY, WEEK = (dt.timedelta(hours=h) for h in (1, 24, 168))
# Younger or older than so long.
AGES: dict[str, tuple[dt.timedelta | None, dt.timedelta | None]] = {
    "hour": (HOUR, None),
    "day": (DAY, None),
    "week": (WEEK, None),
    "over-hour": (None, HOUR),
    "over-day": (None, DAY),
    "over-week": (None, WEEK),
}
SEARCH_MAX = 200  # characters
NAMES = ("site", "article", "commenter", "rule", "attribute", "language", "age", "q")
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True)
class View:
    """What is shown. `args` says the same in the address of a page."""

    queue: Queue
    order: Order
    filters: Filters
    after: Place | None
    args: dict[str, str]
    one: bool
    """One comment after the other instead of a list."""

    def having(self, **changes: str | None) -> dict[str, Any]:
        """The address of this view with some of it changed, from its first page on."""
        found = {**self.args, **changes}
        return {name: value for name, value in found.items() if value}


def read_view(session: Session, moderator: Moderator, now: dt.datetime) -> View:
    """The view that the address of this request names; what it does not know is left out."""
    queue = _word(Queue, "queue") or Queue.HELD
    order = _word(Order, "order")
    if order not in ORDERS[queue]:
        order = ORDERS[queue][0]
    args = {"queue": queue.value, "order": order.value if order is not ORDERS[queue][0] else ""}
    args |= {name: request.args.get(name, "")[:SEARCH_MAX] for name in NAMES}
    after = Place.parse(request.args.get("after", ""))
    filters = _filters(session, moderator, now)
    return View(
        queue=queue,
        order=order,
        filters=filters,
        after=after,
        args={name: value for name, value in args.items() if value},
        one="one" in request.args,
    )


def _filters(session: Session, moderator: Moderator, now: dt.datetime) -> Filters:
    younger, older = AGES.get(request.args.get("age", ""), (None, None))
    attribute = request.args.get("attribute")
    return Filters(
        site_id=_site_id(session, moderator),
        article_id=request.args.get("article", type=row_number),
        commenter_id=_commenter_id(session),
        code=_word(Code, "rule"),
        attribute=attribute if attribute in ATTRIBUTES else None,
        language=request.args.get("language", "")[:20] or None,
        since=now - younger if younger else None,
        until=now - older if older else None,
        words=request.args.get("q", "")[:SEARCH_MAX],
    )


def _word(words: type[Word], name: str) -> Word | None:
    wanted = request.args.get(name)
    return words(wanted) if wanted in list(words) else None


def _site_id(session: Session, moderator: Moderator) -> int | None:
    """Of a site that this moderator may see; of any other nothing is found."""
    key = request.args.get("site")
    if not key:
        return None
    found = session.scalar(select(Site.id).where(Site.key == key))
    return found if found is not None and moderator.site_id in (None, found) else -1


def _commenter_id(session: Session) -> int | None:
    public_id = request.args.get("commenter")
    if not public_id:
        return None
    return session.scalar(select(Commenter.id).where(Commenter.public_id == public_id)) or -1


@dataclass(frozen=True)
class Choices:
    """What the filters of a page offer."""

    sites: list[tuple[str, str]]
    """Key and name of each."""
    languages: list[tuple[str, str]]
    """Code and name of each."""
    article: Article | None


def read_choices(session: Session, moderator: Moderator, view: View) -> Choices:
    """The sites of this moderator, the languages of their comments, the article filtered by."""
    sites = select(Site.key, Site.name).order_by(Site.name)
    if moderator.site_id is not None:
        sites = sites.where(Site.id == moderator.site_id)
    article = session.get(Article, view.filters.article_id) if view.filters.article_id else None
    if article and moderator.site_id not in (None, article.site_id):
        article = None
    codes = [*_languages(session), UNKNOWN]
    return Choices(
        sites=[(key, name) for key, name in session.execute(sites)],
        languages=[(code, code) for code in codes],
        article=article,
    )


def _languages(session: Session) -> list[str]:
    """Those of held comments, each found by one step through the index."""
    found: list[str] = []
    last = ""
    while len(found) < 40:
        query = select(Comment.language).where(Comment.status == "held", Comment.language > last)
        language: Any = session.scalar(query.order_by(Comment.language).limit(1))
        if language is None:
            break
        found.append(language)
        last = language
    return found
