"""Step `publish`: what readers see of an article. Approved comments only, replies nested."""

import datetime as dt
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.models import Article, Comment, Site
from moderation.statuses import Status

PAGE_SIZE = 100
COUNTS_MAX = 100
STEP = 8  # bytes of a path for each level


class Sort(StrEnum):
    """The order of a thread's topmost comments; what answers them always follows in time."""

    OLDEST = "oldest"
    NEWEST = "newest"


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
    is_staff: bool = False
    edited_at: dt.datetime | None = None

    @property
    def is_placeholder(self) -> bool:
        """Whether the comment itself is not (or no longer) public."""
        return self.body is None


@dataclass(frozen=True)
class Thread:
    """A page of a thread, depth first. `total` and `version` are the article's.

    `next_after`, the public id of the last comment, continues it.
    """

    entries: list[Entry]
    total: int
    version: int
    next_after: str | None


def read_thread(
    session: Session,
    article: Article | None,
    *,
    after: str = "",
    sort: Sort = Sort.OLDEST,
    size: int = PAGE_SIZE,
) -> Thread:
    """The approved comments of an article and the placeholders that hold their place.

    `after` is the public id of the last comment seen; anything else starts at the top. What comes
    while somebody reads on moves no page, in either order.
    """
    if article is None:
        return Thread(entries=[], total=0, version=0, next_after=None)
    seen = _path_of(session, article, after)
    read = _newest_first if sort is Sort.NEWEST else _oldest_first
    return _thread(session, article, read(session, article.id, seen, size + 1), seen, size)


def read_branch(
    session: Session,
    article: Article | None,
    public_id: str,
    *,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Thread | None:
    """One comment in its place: all that it answers stands above it, what answers it below.

    None where readers see no such comment, nor anything that answers it.
    """
    top = _path_of(session, article, public_id)
    if article is None or not top:
        return None
    seen = _path_of(session, article, after)
    start = max(top, _next(seen)) if seen else top
    found = _read(session, article.id, start=start, end=_end(top), limit=size + 1)
    return _thread(session, article, found, seen, size) if found else None


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


def _oldest_first(session: Session, article_id: int, seen: bytes, limit: int) -> list[Comment]:
    return _read(session, article_id, start=_next(seen), limit=limit)


def _newest_first(session: Session, article_id: int, seen: bytes, limit: int) -> list[Comment]:
    """The rest of the tree that was read last, then the trees before it, the newest first."""
    root = seen[:STEP]
    found = (
        _read(session, article_id, start=_next(seen), end=_end(root), limit=limit) if seen else []
    )
    missing = limit - len(found)
    if missing == 0:
        return found
    # Read from behind, all trees are whole but the oldest, of which the end may be there alone.
    before = _read(session, article_id, end=root, limit=missing, is_backwards=True)
    trees = [list(tree)[::-1] for _, tree in groupby(before, lambda each: each.path[:STEP])]
    if len(before) == missing:
        [*whole, cut] = trees
        root = cut[0].path[:STEP]
        first = _read(session, article_id, start=root, end=_end(root), limit=len(cut))
        trees = [*whole, first]
    return found + [comment for tree in trees for comment in tree]


def _read(
    session: Session,
    article_id: int,
    *,
    start: bytes = b"",
    end: bytes = b"",
    limit: int,
    is_backwards: bool = False,
) -> list[Comment]:
    """The approved comments with paths from `start` on and before `end`, where these are given."""
    query = select(Comment).where(
        Comment.article_id == article_id, Comment.status == Status.APPROVED
    )
    if start:
        query = query.where(Comment.path >= start)
    if end:
        query = query.where(Comment.path < end)
    order = Comment.path.desc() if is_backwards else Comment.path
    return list(session.scalars(query.order_by(order).limit(limit)))


def _path_of(session: Session, article: Article | None, public_id: str) -> bytes:
    """Where a comment of this article stands, whether readers see it or not; empty for others."""
    if article is None or not public_id:
        return b""
    query = select(Comment.path).where(
        Comment.public_id == public_id, Comment.article_id == article.id
    )
    return session.scalar(query) or b""


def _next(path: bytes) -> bytes:
    """What sorts right behind this path: its own first reply would."""
    return path + b"\0" if path else b""


def _end(path: bytes) -> bytes:
    """What sorts behind everything below this path."""
    return path[:-STEP] + struct.pack(">Q", int.from_bytes(path[-STEP:]) + 1)


def _ids_in(path: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(path) // STEP}Q", path)


def _thread(
    session: Session, article: Article, found: Sequence[Comment], seen: bytes, size: int
) -> Thread:
    """The page that begins with these comments, of which one more tells that another follows."""
    page = found[:size]
    known = {comment.id: comment for comment in page}
    known |= _ancestors(session, page, known)
    return Thread(
        entries=list(_entries(page, known, seen)),
        total=count_approved(session, article.id),
        version=article.version,
        next_after=page[-1].public_id if len(found) > size else None,
    )


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
        is_staff=is_public and comment.staff_id is not None,
        edited_at=comment.edited_at if is_public else None,
    )


def _parent(comment: Comment, known: dict[int, Comment]) -> Comment | None:
    """Whom it answers, where readers see them; else the entry under which it stands."""
    above = _ids_in(comment.path)[:-1]
    parent = known.get(comment.parent_id or 0)
    if parent is not None and (parent.status is Status.APPROVED or parent.id in above):
        return parent
    return known[above[-1]] if above else None
