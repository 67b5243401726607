"""The log as people who sign in read it: searched, newest first, a page or a batch at a time."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from moderation.models import Comment, Event, Moderator, Site
from moderation.statuses import Change

_AnyEvent = aliased(Event)


@dataclass(frozen=True)
class Search:
    """Which entries; None asks for any. The days are those of UTC, both among them."""

    change: Change | None = None
    moderator_id: int | None = None
    site_id: int | None = None
    comment: str | None = None  # a public id
    first: dt.date | None = None
    last: dt.date | None = None


@dataclass(frozen=True)
class Entry:
    """One entry with the names of what it points to."""

    event: Event
    moderator: str | None
    comment: str | None  # public id
    site: str | None  # key


def read_log(
    session: Session,
    moderator: Moderator,
    search: Search | None = None,
    *,
    before: int | None = None,
    size: int = 50,
) -> list[Entry]:
    """The entries that this moderator may see; `before` is an entry's id, to go on after it."""
    query = (
        select(Event, Moderator.name, Comment.public_id, Site.key)
        .outerjoin(Moderator, Moderator.id == Event.moderator_id)
        .outerjoin(Comment, Comment.id == Event.comment_id)
        .outerjoin(Site, Site.id == Event.site_id)
        .where(*_criteria(search or Search()))
        .order_by(Event.id.desc())
        .limit(size)
    )
    if before is not None:
        query = query.where(Event.id < before)
    if moderator.site_id is not None:
        query = query.where(Event.site_id == moderator.site_id)
    return [Entry(*row) for row in session.execute(query)]


def read_actors(session: Session, moderator: Moderator) -> list[tuple[int, str]]:
    """Number and name of each colleague whom the log may name to this moderator, by name."""
    query = select(Moderator.id, Moderator.name).order_by(Moderator.name, Moderator.id)
    if moderator.site_id is not None:
        # Not all people of this installation: those who did something on this site.
        query = query.where(
            exists().where(Event.moderator_id == Moderator.id, Event.site_id == moderator.site_id)
        )
    return [(number, name) for number, name in session.execute(query)]


def _criteria(search: Search) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if search.change is not None:
        found.append(Event.change == search.change)
    if search.moderator_id is not None:
        found.append(Event.moderator_id == search.moderator_id)
    if search.site_id is not None:
        found.append(Event.site_id == search.site_id)
    if search.comment is not None:
        by_id = select(Comment.id).where(Comment.public_id == search.comment)
        found.append(Event.comment_id == by_id.scalar_subquery())
    if search.first is not None:
        found += _from(dt.datetime.combine(search.first, dt.time(), dt.UTC))
    if search.last is not None:
        found += _until(dt.datetime.combine(search.last, dt.time.max, dt.UTC))
    return found


def _from(moment: dt.datetime) -> list[ColumnElement[bool]]:
    """Entries of this moment and later; none of those before is looked at."""
    lowest = select(func.min(_AnyEvent.id + 0)).where(_AnyEvent.created_at >= moment)
    return [Event.id >= lowest.scalar_subquery(), Event.created_at >= moment]


def _until(moment: dt.datetime) -> list[ColumnElement[bool]]:
    highest = select(func.max(_AnyEvent.id + 0)).where(_AnyEvent.created_at <= moment)
    return [Event.id <= highest.scalar_subquery(), Event.created_at <= moment]
