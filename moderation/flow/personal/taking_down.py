"""Comments go: a tombstone stays, so that replies keep their place and the log its ids."""

import datetime as dt

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from moderation.flow.personal.holds import is_kept
from moderation.flow.standing.forgetting import forget_standing_of
from moderation.flow.store import change_status
from moderation.models import (
    Appeal,
    Comment,
    CommentAddress,
    CommentWishes,
    Explanation,
    FindingRow,
    Job,
    Note,
    Redaction,
    Score,
)
from moderation.statuses import Actor, Change, Status


def take_down(
    session: Session, comment_id: int, *, change: Change, actor: Actor, now: dt.datetime
) -> bool:
    """Remove a comment from sight and empty it; answers whether it is empty now.

    Under a legal hold it goes from sight only: retention empties it when the hold has ended.
    """
    # The job first, as scoring locks them in this order.
    session.execute(delete(Job).where(Job.comment_id == comment_id))
    comment = session.scalars(
        select(Comment)
        .where(Comment.id == comment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if comment.status is not Status.DELETED:
        change_status(session, comment, Status.DELETED, change=change, actor=actor, now=now)
    # The job that an edit made in between; one that a scorer has in hand it takes out itself.
    made = select(Job.comment_id).where(Job.comment_id == comment_id)
    session.execute(delete(Job).where(Job.comment_id.in_(made.with_for_update(skip_locked=True))))
    if session.scalar(select(is_kept(Comment.id, now)).where(Comment.id == comment_id)):
        return False
    _empty(session, comment, now)
    return True


def _empty(session: Session, comment: Comment, now: dt.datetime) -> None:
    """Take out for good what was typed, and all that was derived from it."""
    comment.name = comment.body = ""
    comment.text_hash = comment.submission_hash = b""
    comment.signals = []
    comment.risk, comment.language = -1, None
    comment.emptied_at = comment.emptied_at or now
    for table in (
        FindingRow,
        Score,
        CommentAddress,
        Redaction,
        Note,
        Explanation,
        Appeal,
        CommentWishes,
    ):
        session.execute(delete(table).where(table.comment_id == comment.id))
    forget_standing_of(session, comment.id, now=now)
    session.flush()
