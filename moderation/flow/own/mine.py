"""What the private links of one browser lead to: who has them sees what waits where it will be."""

import datetime as dt
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.flow.publish import STEP, Entry, Sort
from moderation.models import Comment, Site
from moderation.statuses import Status

WAITS = (Status.PROCESSING, Status.HELD)
Link = tuple[str, int]
"""A comment's public id, and the version of its private link."""


@dataclass(frozen=True)
class Waiting:
    """A comment that nobody sees but who wrote it, and where it will stand.

    `above` names what it hangs below in the thread, the nearest first.
    """

    public_id: str
    name: str
    body: str
    created_at: dt.datetime
    edited_at: dt.datetime | None
    level: int
    above: tuple[str, ...]


def read_mine(session: Session, site: Site, links: Sequence[Link]) -> dict[Link, Comment]:
    """The comments of this site that the links lead to; left out are revoked links and what was
    deleted."""
    query = select(Comment).where(
        Comment.public_id.in_([public_id for public_id, _ in links]),
        Comment.site_id == site.id,
        Comment.status != Status.DELETED,
    )
    found = {(each.public_id, each.link_version): each for each in session.scalars(query)}
    return {link: found[link] for link in links if link in found}


def show_waiting(session: Session, comment: Comment) -> Waiting:
    """The comment as its commenter sees it in the thread."""
    above = struct.unpack(f">{len(comment.path) // STEP}Q", comment.path)[-2::-1]
    names = dict(
        session.execute(select(Comment.id, Comment.public_id).where(Comment.id.in_(above))).all()
    )
    return Waiting(
        public_id=comment.public_id,
        name=comment.name,
        body=comment.body,
        created_at=comment.created_at,
        edited_at=comment.edited_at,
        level=len(above),
        above=tuple(names[each] for each in above),
    )


def put_in(entries: list[Entry], waiting: Waiting, sort: Sort) -> None:
    """Put it among the entries of a page, behind all that hangs below the same comment.

    Where that is on another page, it stands by itself at the end; where an entry keeps its place,
    it has that one.
    """
    places = {entry.public_id: at for at, entry in enumerate(entries)}
    if waiting.public_id in places:  # published in this very moment, or others answered it
        return
    nearest = next((name for name in waiting.above if name in places), None)
    level = entries[places[nearest]].level + 1 if nearest is not None else 0
    is_first = not waiting.above and sort is Sort.NEWEST and bool(entries) and not entries[0].level
    if nearest is not None:
        place = _end_of(entries, places[nearest])
    else:
        place = 0 if is_first else len(entries)
    entries.insert(place, _entry(waiting, level))


def _end_of(entries: Sequence[Entry], at: int) -> int:
    """Where what hangs below the entry at this place ends."""
    level = entries[at].level
    below = range(at + 1, len(entries))
    return next((each for each in below if entries[each].level <= level), len(entries))


def _entry(waiting: Waiting, level: int) -> Entry:
    return Entry(
        public_id=waiting.public_id,
        parent=None,
        parent_name=None,
        level=level,
        name=waiting.name,
        body=waiting.body,
        created_at=waiting.created_at,
        edited_at=waiting.edited_at,
    )
