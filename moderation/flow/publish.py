"""Step `publish`: what readers see of an article. Approved comments only, replies nested."""

import datetime as dt
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.models import Article, Comment, Site
from moderation.statuses import Status

PAGE_SIZE = 100
COUNTS_MAX = 100


@dataclass(frozen=True)
class Entry:
    """One line of a thread: a public comment, or the placeholder of one with public replies.

    `level` counts from 0. A placeholder holds nothing that was typed.
    """

    public_id: str
    parent: str | None
    parent_name: str | None
    level: int
    name: str | None
    body: str | None
    created_at: dt.datetime | None

    @property
    def is_placeholder(self) -> bool:
        """Whether the comment itself is not (or no longer) public."""
        return self.body is None


@dataclass(frozen=True)
class Thread:
    """A page of a thread, depth first; `next_after` continues it. `version` is the article's."""

    entries: list[Entry]
    total: int
    version: int
    next_after: str | None


def read_thread(
    session: Session, article: Article | None, *, after: str = "", size: int = PAGE_SIZE
) -> Thread:
    """The approved comments of an article and the placeholders that hold their place.

    `after` is the hexadecimal path of the last entry seen; anything else starts at the top.
    """
    if article is None:
        return Thread(entries=[], total=0, version=0, next_after=None)
    query = (
        select(Comment)
        .where(Comment.article_id == article.id, Comment.status == Status.APPROVED)
        .order_by(Comment.path)
        .limit(size + 1)
    )
    seen = _read_path(after)
    if seen:
        query = query.where(Comment.path > seen)
    found = session.scalars(query).all()
    page = found[:size]
    known = {comment.id: comment for comment in page}
    known |= _ancestors(session, page, known)
    return Thread(
        entries=list(_entries(page, known, seen)),
        total=count_approved(session, article.id),
        version=article.version,
        next_after=page[-1].path.hex() if len(found) > size else None,
    )


def count_approved(session: Session, article_id: int) -> int:
    """How many comments of an article are public."""
    query = select(func.count()).where(
        Comment.article_id == article_id, Comment.status == Status.APPROVED
    )
    return session.scalar(query) or 0


def count_by_key(session: Session, site: Site, keys: Iterable[str]) -> dict[str, int]:
    """Numbers of public comments for normalised article addresses; 0 where nobody commented."""
    wanted = dict.fromkeys(keys, 0)
    rows = session.execute(
        select(Article.key, func.count(Comment.id))
        .join(Comment, Comment.article_id == Article.id)
        .where(
            Article.site_id == site.id,
            Article.key.in_(wanted),
            Comment.status == Status.APPROVED,
        )
        .group_by(Article.key)
    )
    return wanted | dict(rows.all())


def _ids_in(path: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(path) // 8}Q", path)


def _read_path(text: str) -> bytes:
    try:
        path = bytes.fromhex(text)
    except ValueError:
        return b""
    return path if len(path) % 8 == 0 else b""


def _ancestors(
    session: Session, page: Sequence[Comment], known: dict[int, Comment]
) -> dict[int, Comment]:
    named = {i for comment in page for i in (*_ids_in(comment.path), comment.parent_id)}
    missing = named - known.keys() - {None}
    if not missing:
        return {}
    return {c.id: c for c in session.scalars(select(Comment).where(Comment.id.in_(missing)))}


def _entries(page: Sequence[Comment], known: dict[int, Comment], seen: bytes) -> Iterable[Entry]:
    # Ancestors up to the last path seen were shown on the page before.
    shown = set(_ids_in(seen))
    for comment in page:
        for level, ancestor in enumerate(_ids_in(comment.path)):
            if ancestor not in shown:
                shown.add(ancestor)
                yield _entry(known[ancestor], level, known)


def _entry(comment: Comment, level: int, known: dict[int, Comment]) -> Entry:
    parent = _parent(comment, known)
    is_public = comment.status is Status.APPROVED
    return Entry(
        public_id=comment.public_id,
        parent=parent.public_id if parent else None,
        parent_name=parent.name if parent and parent.status is Status.APPROVED else None,
        level=level,
        name=comment.name if is_public else None,
        body=comment.body if is_public else None,
        created_at=comment.created_at if is_public else None,
    )


def _parent(comment: Comment, known: dict[int, Comment]) -> Comment | None:
    """Whom it answers, where readers see them; else the entry under which it stands."""
    above = _ids_in(comment.path)[:-1]
    parent = known.get(comment.parent_id or 0)
    if parent is not None and (parent.status is Status.APPROVED or parent.id in above):
        return parent
    return known[above[-1]] if above else None
