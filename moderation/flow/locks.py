"""Rows that are read anew and kept until the transaction ends."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.models import Comment


def keep(session: Session, comment: Comment) -> None:
    """Have the comment as it stands now, and let nobody else move it meanwhile.

    It is locked by itself: PostgreSQL locks no outer join, by which it may have been read.
    """
    session.execute(select(Comment.id).where(Comment.id == comment.id).with_for_update())
    session.refresh(comment)
