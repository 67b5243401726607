"""Step `store`: rows come into being here, and this is the one door for a comment's status."""

import datetime as dt
import secrets
import struct
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from moderation.flow.own.appeals import settle_appeal
from moderation.flow.own.letters import write_letters
from moderation.flow.queue.calls import settle_calls
from moderation.flow.queue.queues import count_move, queues_of
from moderation.flow.queue.sampling import goes_to_audit
from moderation.flow.telling import forget_explanations
from moderation.models import Article, Comment, Event, FindingRow, Job
from moderation.statuses import DECISIONS, Actor, Change, Reason, Status


def store_comment(session: Session, comment: Comment, *, parent: Comment | None) -> Comment:
    """Add a new comment with its first event and its scoring job, all in the caller's transaction.

    Raises IntegrityError when its submission is already stored.
    """
    _add(session, comment, parent, Actor.COMMENTER)
    session.add(
        Job(comment_id=comment.id, created_at=comment.created_at, run_after=comment.created_at)
    )
    session.flush()
    return comment


def store_staff_comment(session: Session, comment: Comment, *, parent: Comment | None) -> Comment:
    """Add what a moderator wrote as staff, made HELD: it is for a person, no work for the machine.

    So taking its approval back leaves it in the queue. Raises IntegrityError as `store_comment`.
    """
    _add(session, comment, parent, Actor.MODERATOR)
    count_move(session, comment, set())
    session.flush()
    return comment


def _add(session: Session, comment: Comment, parent: Comment | None, actor: Actor) -> None:
    comment.path = b""
    session.add(comment)
    session.flush()
    comment.path = (parent.path if parent else b"") + struct.pack(">Q", comment.id)
    session.add(
        Event(
            site_id=comment.site_id,
            comment_id=comment.id,
            moderator_id=comment.staff_id,
            change=Change.SUBMITTED,
            actor=actor,
            to_status=comment.status,
            version=comment.version,
            data={},
            created_at=comment.created_at,
        )
    )


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
    before, stood_in = comment.status, queues_of(comment)
    if change in DECISIONS:
        forget_explanations(session, comment.id)
    comment.status = to
    comment.version += 1
    if to is Status.APPROVED and comment.published_at is None:
        comment.published_at = now
    comment.decided_by = actor
    comment.decided_at = now
    comment.reason = reason
    is_settled = to is Status.DELETED or change in DECISIONS
    settled = settle_calls(session, comment, now=now) if is_settled else {}
    settled |= settle_appeal(session, comment, change, now=now)
    # What a standing decision does is a person's word; an edit ends what was drawn of the old text.
    if change in (Change.DECIDED, Change.EDITED) and "standing" not in (data or {}):
        comment.sampled = goes_to_audit(session, comment)
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
        data={**(data or {}), **settled},
        created_at=now,
    )
    session.add(event)
    count_move(session, comment, stood_in)
    session.execute(update(FindingRow).where(FindingRow.comment_id == comment.id).values(status=to))
    if Status.APPROVED in (before, to) and before != to:
        touch_article(session, comment.article_id)
    session.flush()
    write_letters(session, comment, event, now=now)
    return event


def touch_article(session: Session, article_id: int) -> None:
    """Say that what readers see of the article changed."""
    session.execute(
        update(Article).where(Article.id == article_id).values(version=Article.version + 1)
    )


def new_public_id() -> str:
    """An opaque id: 128 random bits, so that nobody can guess or count comments.

    None begins with "-": a command line would take it for an option, a spreadsheet for a formula.
    """
    while (public_id := secrets.token_urlsafe(16)).startswith("-"):
        pass
    return public_id
