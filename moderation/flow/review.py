"""Step `review`: a moderator decides about the version they saw, and can take it back."""

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.errors import NothingToUndo, VersionConflict
from moderation.flow.locks import lock_comment
from moderation.flow.own.appeals import require_judge
from moderation.flow.queue.calls import renew_calls
from moderation.flow.queue.cards import can_take_back, last_event, last_masking
from moderation.flow.queue.sampling import hides_score
from moderation.flow.store import change_status
from moderation.flow.telling import explain, read_explanation, restore_explanation
from moderation.models import Comment, Event, Moderator, Site
from moderation.statuses import DECIDABLE, DECISIONS, Actor, Change, Reason, Status


def decide_by_hand(
    session: Session,
    comment_id: int,
    change: Change,
    *,
    version_seen: int,
    moderator: Moderator,
    now: dt.datetime,
    reason: Reason | None = None,
    words: str = "",
    data: dict[str, Any] | None = None,
) -> Event | None:
    """Approve, reject or hold the version seen; None where it is decided so already (a no-op).

    `words` tell the commenter why it was rejected: others than before are another decision.
    Raises VersionConflict when the comment moved since; where it answers an appeal, also OwnAppeal
    and AppealUnanswered.
    """
    comment = lock_comment(session, comment_id)
    to = DECISIONS[change]
    is_told = words in ("", read_explanation(session, comment))
    if is_told and _is_same_decision(comment, to, reason):
        return None
    if comment.version != version_seen or comment.status not in DECIDABLE:
        raise conflict_about(session, comment)
    judged = require_judge(session, comment, to, moderator, words)
    data = {**(data or {}), **judged}
    if hides_score(comment, session.get_one(Site, comment.site_id)):
        data["score_hidden"] = True
    if words:
        data["explained"] = True
    event = change_status(
        session,
        comment,
        to,
        change=change,
        actor=Actor.MODERATOR,
        now=now,
        moderator_id=moderator.id,
        reason=reason,
        data=data,
    )
    if words:
        explain(session, comment, words, now=now)
    return event


def undo(
    session: Session,
    comment_id: int,
    *,
    version_seen: int,
    moderator: Moderator,
    now: dt.datetime,
) -> Event | None:
    """Take the last decision of a moderator back: the comment stands where it stood before.

    None where this moderator undid that version already (a second click).

    It counts as touched by a human from then on, so a machine will not decide it again.
    Raises VersionConflict, or NothingToUndo where the last change was no such decision, or where
    that would publish a text which was masked or unmasked since, as nobody passed it.
    """
    comment = lock_comment(session, comment_id)
    last = last_event(session, comment)
    if _is_undone_already(last, version_seen, moderator):
        return None
    if comment.version != version_seen:
        raise conflict_about(session, comment)
    if last is None or last.change not in DECISIONS or last.from_status is None:
        raise NothingToUndo("the last change was not a moderator's decision")
    if not can_take_back(last, last_masking(session, comment)):
        raise NothingToUndo("what was public then is not what it says now")
    stood = _event_before(session, last)
    event = change_status(
        session,
        comment,
        last.from_status,
        change=Change.UNDONE,
        actor=Actor.MODERATOR,
        now=now,
        moderator_id=moderator.id,
        reason=Reason(stood.reason) if stood and stood.reason else None,
        data={"undone_event": last.id},
    )
    restore_explanation(session, comment, stood.version if stood else None)
    renew_calls(session, comment, last, now=now)
    return event


def _is_same_decision(comment: Comment, to: Status, reason: Reason | None) -> bool:
    by_hand = comment.decided_by is Actor.MODERATOR
    # What a decision settles, even one that says the same.
    is_called_for = (
        comment.urgent is not None or comment.reports > 0 or comment.sampled or comment.appealed
    )
    return by_hand and not is_called_for and comment.status is to and comment.reason == reason


def _is_undone_already(last: Event | None, version_seen: int, moderator: Moderator) -> bool:
    return (
        last is not None
        and last.change is Change.UNDONE
        and last.moderator_id == moderator.id
        and last.version == version_seen + 1
    )


def conflict_about(session: Session, comment: Comment) -> VersionConflict:
    """What to raise where the comment moved: where it stands now, and who moved it."""
    last = last_event(session, comment, Event.version == comment.version)
    who = session.get(Moderator, last.moderator_id) if last and last.moderator_id else None
    by = who.name if who else f"the {last.actor if last else Actor.MACHINE}"
    return VersionConflict(status=comment.status, by=by)


def _event_before(session: Session, event: Event) -> Event | None:
    """What decided so as it stood before this one."""
    return session.scalar(
        select(Event)
        .where(
            Event.comment_id == event.comment_id,
            Event.id < event.id,
            Event.to_status == event.from_status,
        )
        .order_by(Event.id.desc())
        .limit(1)
    )
