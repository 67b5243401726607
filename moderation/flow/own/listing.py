"""All comments of somebody who proved their address, for themselves."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from moderation.models import Comment, Commenter

PAGE = 20


@dataclass(frozen=True)
class OwnComments:
    """A page of them, the newest first; `next_before` is a public id, to go on after it."""

    comments: list[Comment]
    next_before: str | None


def read_own_comments(
    session: Session, commenter: Commenter, *, before: str = "", size: int = PAGE
) -> OwnComments:
    """What was sent with their address on this site; what is no comment of theirs starts anew."""
    is_theirs = Comment.commenter_id == commenter.id
    seen = session.scalar(select(Comment.id).where(is_theirs, Comment.public_id == before))
    query = select(Comment).where(is_theirs).options(joinedload(Comment.article))
    if seen is not None:
        query = query.where(Comment.id < seen)
    rows = session.scalars(query.order_by(Comment.id.desc()).limit(size + 1)).all()
    shown = list(rows[:size])
    return OwnComments(shown, shown[-1].public_id if len(rows) > size else None)
