"""Step `review`: what answers a comment, so that it can be hidden with it."""

import struct
from collections.abc import Iterator
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.flow.bulk import MOST
from moderation.models import Comment
from moderation.statuses import Status

SHOWN = (Status.APPROVED, Status.HELD)  # what a rejection hides, or keeps from appearing


def find_below(session: Session, comment: Comment, *, most: int = MOST) -> list[Comment]:
    """The approved and held answers to a comment, and those to them, in the thread's order.

    Answers to what is rejected or deleted count too, and those that stand beside what they answer
    because the thread is as deep as it may be. At most the first `most`.
    """
    ids = [comment_id for _, comment_id in sorted(_walk(session, comment))[:most]]
    found = select(Comment).where(Comment.id.in_(ids)).order_by(Comment.path)
    return list(session.scalars(found))


def count_below(session: Session, comment: Comment, *, most: int = MOST) -> int:
    """How many `find_below` would find; most + 1 where it is more than `most`."""
    return sum(1 for _ in islice(_walk(session, comment), most + 1))


def _walk(session: Session, comment: Comment) -> Iterator[tuple[bytes, int]]:
    """Their paths and ids, the oldest first."""
    root = comment.path[:8]
    rows = session.execute(
        select(Comment.id, Comment.parent_id, Comment.status, Comment.path).where(
            Comment.article_id == comment.article_id,
            # All states are named so that an index finds the paths; an order would tempt SQLite to
            # go through all comments by their ids.
            Comment.status.in_(list(Status)),
            # All whose path begins with the same comment: bytes are compared one by one.
            Comment.path >= root,
            Comment.path < struct.pack(">Q", int.from_bytes(root) + 1),
        )
    )
    below = {comment.id}
    for row in sorted(rows):  # by id: an answer comes after what it answers
        if row.parent_id in below:
            below.add(row.id)
            if row.status in SHOWN:
                yield row.path, row.id
