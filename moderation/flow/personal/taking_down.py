"""Comments go: a tombstone stays, so that replies keep their place and the log its ids."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from moderation.flow.locks import keep_all
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
) -> None:
    """Remove a comment from sight and empty it.

    Under a legal hold it goes from sight only: retention empties it when the hold has ended.
    """
    take_down_all(session, [comment_id], change=change, actor=actor, now=now)


def take_down_all(
    session: Session,
    comment_ids: Sequence[int],
    *,
    change: Change,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """The same for many; all are kept before the first goes, see flow/locks.py."""
    jobs = select(Job.comment_id).where(Job.comment_id.in_(comment_ids)).order_by(Job.comment_id)
    session.execute(jobs.with_for_update())
    keep_all(session, comment_ids)
    # With those that edits made in between; what a scorer has in hand it takes out itself.
    free = jobs.with_for_update(skip_locked=True)
    session.execute(delete(Job).where(Job.comment_id.in_(free)))
    kept = select(Comment).where(Comment.id.in_(comment_ids)).order_by(Comment.id)
    for comment in session.scalars(kept.execution_options(populate_existing=True)).all():
        if comment.status is not Status.DELETED:
            change_status(session, comment, Status.DELETED, change=change, actor=actor, now=now)
        if not session.scalar(select(is_kept(Comment.id, now)).where(Comment.id == comment.id)):
            _empty(session, comment, now)


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
