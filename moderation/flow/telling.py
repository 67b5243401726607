"""Step `review`: what a commenter is told about their comment, beside where it stands."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ScalarSelect, delete, exists, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from moderation.flow.texts import read_texts
from moderation.models import Comment, Event, Explanation
from moderation.statuses import Change, Reason, Status, Urgency


@dataclass(frozen=True)
class Told:
    """What the private page says beside the state; None: nothing, or what is built in."""

    reason: str | None = None  # the site's own sentence
    explanation: str | None = None
    help: str | None = None  # whom to turn to


def explain(session: Session, comment: Comment, text: str, *, now: dt.datetime) -> None:
    """Tell the commenter why their comment was rejected, just now: the next decision ends it."""
    made = Explanation(comment_id=comment.id, version=comment.version, text=text, created_at=now)
    session.add(made)
    session.flush()


def forget_explanations(session: Session, comment_id: int) -> None:
    """Before another decision: take out those that no undo will bring back after it.

    That leaves the one of the decision that stands now.
    """
    session.execute(
        delete(Explanation).where(
            Explanation.comment_id == comment_id,
            Explanation.version < _version_that_stands(comment_id),
        )
    )


def restore_explanation(session: Session, comment: Comment, version: int | None) -> None:
    """After an undo: what stands again was decided at `version`; no other is told any more."""
    of_it = Explanation.comment_id == comment.id
    session.execute(delete(Explanation).where(of_it, Explanation.version.is_distinct_from(version)))
    session.execute(update(Explanation).where(of_it).values(version=comment.version))


def read_explanation(session: Session, comment: Comment) -> str | None:
    """What a moderator told the commenter beside the reason of the rejection, if anything."""
    return read_explanations(session, [comment]).get(comment.id)


def read_explanations(session: Session, comments: Sequence[Comment]) -> dict[int, str]:
    """The same for many, by comment, of those that were told anything."""
    rejected = [comment.id for comment in comments if comment.status is Status.REJECTED]
    if not rejected:
        return {}
    query = select(Explanation.comment_id, Explanation.text).where(
        Explanation.comment_id.in_(rejected),
        Explanation.version == _version_that_stands(Explanation.comment_id),
    )
    return dict(session.execute(query).all())


def read_told(session: Session, comment: Comment) -> Told:
    """What this commenter reads now. Whom to turn to stays there once a moderator saw the need."""
    if comment.status is Status.DELETED:
        return Told()
    texts = read_texts(session, [comment.site_id])[comment.site_id]
    is_rejected = comment.status is Status.REJECTED
    return Told(
        reason=texts.reasons.get(comment.reason or Reason.OTHER) if is_rejected else None,
        explanation=read_explanation(session, comment),
        help=texts.help.get(Urgency.SELF_HARM) if _needs_help(session, comment) else None,
    )


def _version_that_stands(comment_id: int | InstrumentedAttribute[int]) -> ScalarSelect[int | None]:
    """As the last change of the status left the comment; masking moves it on without one."""
    return (
        select(func.max(Event.version))
        .where(Event.comment_id == comment_id, Event.to_status.is_not(None))
        .scalar_subquery()
    )


def _needs_help(session: Session, comment: Comment) -> bool:
    query = exists().where(
        Event.comment_id == comment.id,
        Event.change == Change.ESCALATED,
        Event.moderator_id.is_not(None),  # not where a reader's report says so
        Event.reason == Urgency.SELF_HARM,
    )
    return bool(session.scalar(select(query)))
