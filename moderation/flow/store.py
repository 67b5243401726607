"""Step `store`: rows come into being here, and this is the one door for a comment's status."""

import datetime as dt
import secrets
import struct
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from moderation.models import Article, Comment, Event, Job
from moderation.statuses import Actor, Change, Reason, Status


def store_comment(session: Session, comment: Comment, *, parent: Comment | None) -> Comment:
    """Add a new comment with its first event and its scoring job, all in the caller's transaction.

    Raises IntegrityError when its submission is already stored.
    """
    comment.path = b""
    session.add(comment)
    session.flush()
    comment.path = (parent.path if parent else b"") + struct.pack(">Q", comment.id)
    session.add(
        Event(
            site_id=comment.site_id,
            comment_id=comment.id,
            change=Change.SUBMITTED,
            actor=Actor.COMMENTER,
            to_status=comment.status,
            version=comment.version,
            data={},
            created_at=comment.created_at,
        )
    )
    session.add(
        Job(comment_id=comment.id, created_at=comment.created_at, run_after=comment.created_at)
    )
    session.flush()
    return comment


def change_status(
    session: Session,
    comment: Comment,
    to: Status,
    *,
    change: Change,
    actor: Actor,
    now: dt.datetime,
    moderator_id: int | None = None,
    reason: Reason | None = None,
    data: dict[str, Any] | None = None,
) -> Event:
    """Move `comment` to `to` and write the event; the only place that assigns a status.

    `data` holds codes and numbers only. Where readers see a difference, the article's version
    moves too, so that cached threads end.
    """
    before = comment.status
    comment.status = to
    comment.version += 1
    comment.decided_by = actor
    comment.decided_at = now
    comment.reason = reason
    event = Event(
        site_id=comment.site_id,
        comment_id=comment.id,
        moderator_id=moderator_id,
        change=change,
        actor=actor,
        from_status=before,
        to_status=to,
        version=comment.version,
        reason=reason,
        data=data or {},
        created_at=now,
    )
    session.add(event)
    if Status.APPROVED in (before, to) and before != to:
        touch_article(session, comment.article_id)
    session.flush()
    return event


def touch_article(session: Session, article_id: int) -> None:
    """Say that what readers see of the article changed."""
    session.execute(
        update(Article).where(Article.id == article_id).values(version=Article.version + 1)
    )


def new_public_id() -> str:
    """An opaque id: 96 random bits, so that nobody can guess or count comments."""
    return secrets.token_urlsafe(12)
