"""Rows as they stand now, which nobody else moves until the transaction ends.

So that no two wait for each other for good, all take them in one order: the commenter, their email,
scoring jobs, comments by id, articles by id. Turning keys (flow/keys.py) alone takes emails first:
where it meets the erasure of the same person PostgreSQL ends one of the two, which changes nothing.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.models import Article, Comment, Commenter


def lock_comment(session: Session, comment_id: int) -> Comment:
    """The comment with this id, read anew and kept."""
    return session.scalars(
        select(Comment)
        .where(Comment.id == comment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def keep(session: Session, comment: Comment) -> None:
    """The same for one that was read before.

    It is locked by itself: PostgreSQL locks no outer join, by which it may have been read.
    """
    session.refresh(comment, with_for_update={"of": Comment})


def keep_all(session: Session, comment_ids: Sequence[int]) -> None:
    """Keep these comments and then their articles, for who moves many at once."""
    comments = select(Comment.article_id).where(Comment.id.in_(comment_ids)).order_by(Comment.id)
    article_ids = set(session.scalars(comments.with_for_update()))
    articles = select(Article.id).where(Article.id.in_(article_ids)).order_by(Article.id)
    # New comments do not wait for it; one that answers a kept comment holds its article meanwhile.
    session.execute(articles.with_for_update(key_share=True))


def keep_commenter(session: Session, commenter_id: int) -> Commenter:
    """The commenter with this id, read anew and kept; what points to them goes on coming in."""
    return session.scalars(
        select(Commenter)
        .where(Commenter.id == commenter_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
