"""A commenter gives their comment another text: it goes round all checks again.

No door but `change_status` leads back to `processing`, so what readers see ends in the same
transaction, and nobody decides about a text that they have not seen.
"""

import datetime as dt
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from moderation.errors import EditRefused
from moderation.flow.articles import is_closed, policy_under
from moderation.flow.locks import lock_comment
from moderation.flow.personal.holds import is_kept
from moderation.flow.redaction import is_redacted
from moderation.flow.review import conflict_about
from moderation.flow.standing.forgetting import forget_standing_of
from moderation.flow.store import change_status
from moderation.flow.submit import refuse_duplicate, text_hash
from moderation.models import Comment, Event, Explanation, FindingRow, Job, Score
from moderation.policy.context import Policy
from moderation.statuses import Actor, Change, Code, Status


class Hindrance(StrEnum):
    """Why a comment cannot be edited."""

    CLOSED = "closed"  # the article takes no more comments, nor edits
    REJECTED = "rejected"
    MASKED = "masked"  # a moderator masked something: no edit may bring it back
    OVER = "over"  # the time for it, or there never was one; also where a legal hold keeps it


def find_hindrance(session: Session, comment: Comment, *, now: dt.datetime) -> Hindrance | None:
    """Why its commenter cannot edit this comment at `now`; None: they can.

    A legal hold looks like a time that is over: it may serve an investigation.
    """
    policy = policy_under(comment.article.site, comment.article, now)
    if comment.status is Status.REJECTED:
        return Hindrance.REJECTED
    if is_closed(policy, comment.article, comment.article_published_at, now):
        return Hindrance.CLOSED
    if is_redacted(session, comment):
        return Hindrance.MASKED
    is_over = time_to_edit(comment, policy, now=now) <= dt.timedelta()
    if is_over or comment.status is Status.DELETED or _is_kept(session, comment, now):
        return Hindrance.OVER
    return None


def time_to_edit(comment: Comment, policy: Policy, *, now: dt.datetime) -> dt.timedelta:
    """How long the site's time for edits still lasts at `now`; not above zero: it is over."""
    return comment.created_at + dt.timedelta(minutes=policy.edit_minutes) - now


def edit(
    session: Session,
    comment_id: int,
    body: str,
    *,
    version_seen: int,
    now: dt.datetime,
    repeat_window: dt.timedelta,
) -> Event | None:
    """Give the comment this text and have it checked anew; None where it says so already.

    Nothing of the old text stays, nor what was found in it. Raises EditRefused, VersionConflict
    where somebody moved it since it was seen (see `refuse_if_moved`), and DuplicateComment where
    a new comment with this text would be one.
    """
    job = _lock_job(session, comment_id)
    comment = lock_comment(session, comment_id)
    if comment.body == body:  # a second click, or nothing changed
        return None
    if (hindrance := find_hindrance(session, comment, now=now)) is not None:
        raise EditRefused(hindrance)
    refuse_if_moved(session, comment, version_seen)
    refuse_duplicate(
        session,
        article_id=comment.article_id,
        parent_id=comment.parent_id,
        name=comment.name,
        body=body,
        submission_id=comment.submission_id,
        since=now - repeat_window,
    )
    _mark_review(comment)
    comment.body, comment.text_hash = body, text_hash(body)
    comment.edited_at = now
    _drop_what_was_found(session, comment)
    forget_standing_of(session, comment.id, now=now)
    event = change_status(
        session, comment, Status.PROCESSING, change=Change.EDITED, actor=Actor.COMMENTER, now=now
    )
    _score_again(session, comment, job, now)
    return event


def refuse_if_moved(session: Session, comment: Comment, version_seen: int) -> None:
    """Raise VersionConflict where somebody moved it since.

    What the machine decides changes nothing of what its commenter has before them, nor does that
    it was called urgent: to ask again then would tell them that a reader reported it.
    """
    moves = select(Event.id).where(
        Event.comment_id == comment.id,
        Event.version > version_seen,
        Event.change.not_in((Change.DECIDED, Change.ESCALATED)),
    )
    if version_seen > comment.version or session.scalar(select(moves.exists())):
        raise conflict_about(session, comment)


def _is_kept(session: Session, comment: Comment, now: dt.datetime) -> bool:
    return bool(session.scalar(select(is_kept(Comment.id, now)).where(Comment.id == comment.id)))


def _mark_review(comment: Comment) -> None:
    """What people held or called urgent, no machine takes from their hands after an edit."""
    is_by_hand = comment.decided_by is Actor.MODERATOR
    is_held_by_hand = comment.status is Status.HELD and is_by_hand
    was_marked = Code.UNDER_REVIEW in comment.signals and not is_by_hand
    others = [signal for signal in comment.signals if signal != Code.UNDER_REVIEW]
    is_called_for = comment.urgent is not None or comment.appealed
    is_marked = is_called_for or is_held_by_hand or was_marked
    comment.signals = [*others, *([Code.UNDER_REVIEW] if is_marked else [])]


def _drop_what_was_found(session: Session, comment: Comment) -> None:
    for table in (FindingRow, Score, Explanation):
        session.execute(delete(table).where(table.comment_id == comment.id))
    session.expire(comment, ["score"])
    comment.risk, comment.language = -1, None


def _lock_job(session: Session, comment_id: int) -> Job | None:
    """The job first, as scoring locks them in this order."""
    return session.get(Job, comment_id, with_for_update=True)


def _score_again(session: Session, comment: Comment, job: Job | None, now: dt.datetime) -> None:
    """A job that nobody holds: whoever scores the old text settles nothing any more."""
    if job is not None:
        session.delete(job)
        session.flush()
    session.add(Job(comment_id=comment.id, created_at=now, run_after=now))
    session.flush()
