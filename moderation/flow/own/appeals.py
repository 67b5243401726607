"""Step `review`: a commenter wants a rejection looked at again, once, by somebody else."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from moderation.errors import AppealUnanswered, NothingToAppeal, OwnAppeal
from moderation.flow.locks import keep
from moderation.flow.queue.queues import count_move, queues_of
from moderation.flow.telling import read_explanation
from moderation.models import Appeal, Comment, Event, Moderator, StandingDecision
from moderation.statuses import Actor, AppealOutcome, Change, Role, Status

APPEAL_MAX = 1_000  # characters


@dataclass(frozen=True)
class OpenAppeal:
    """An appeal that waits, with what its judge has to know."""

    appeal: Appeal
    against: str | None
    """Who rejected the comment, by name; None: the machine."""
    explanation: str | None
    """What the commenter was told beside the reason of that rejection."""
    judges: frozenset[int]
    """All who decide on the site now."""

    def is_own(self, moderator: Moderator) -> bool:
        """Whether this person's own rejection is appealed against."""
        return self.appeal.against_id == moderator.id

    def is_barred(self, moderator: Moderator) -> bool:
        """Whether this person may not judge it, as somebody else can."""
        return self.is_own(moderator) and bool(self.judges - {moderator.id})


def may_appeal(session: Session, comment: Comment) -> bool:
    """Whether its commenter can appeal: it is rejected, and they have not yet."""
    return comment.status is Status.REJECTED and read_appeal(session, comment) is None


def read_appeal(session: Session, comment: Comment) -> Appeal | None:
    """The appeal about this comment, waiting or answered, if there is one."""
    return session.get(Appeal, comment.id)


def appeal(session: Session, comment: Comment, text: str, *, now: dt.datetime) -> None:
    """Put a rejected comment before another judge, with its commenter's words.

    Its version moves: nobody decides about it who has not seen the words. Raises NothingToAppeal.
    """
    keep(session, comment)
    if not may_appeal(session, comment):
        raise NothingToAppeal("it is not rejected, or was appealed against before")
    before = queues_of(comment)
    comment.appealed = True
    comment.version += 1
    against = _who_rejected(session, comment)
    session.add(Appeal(comment_id=comment.id, text=text, against_id=against, created_at=now))
    session.add(
        Event(
            site_id=comment.site_id,
            comment_id=comment.id,
            change=Change.APPEALED,
            actor=Actor.COMMENTER,
            version=comment.version,
            data={},
            created_at=now,
        )
    )
    count_move(session, comment, before)
    session.flush()


def require_judge(
    session: Session, comment: Comment, to: Status, moderator: Moderator, words: str
) -> dict[str, Any]:
    """Where deciding so answers an appeal: whether this person may, and what the log says of it.

    Raises OwnAppeal where they judge their own rejection though a colleague could, and
    AppealUnanswered where it is refused without a word to the commenter.
    """
    if not comment.appealed or to is Status.HELD:
        return {}
    (waiting,) = read_open_appeals(session, [comment]).values()
    if waiting.is_barred(moderator):
        raise OwnAppeal("a colleague judges what this person rejected")
    if to is Status.REJECTED and not words:
        raise AppealUnanswered("a refused appeal is answered with words")
    return {"own_appeal": True} if waiting.is_own(moderator) else {}


def settle_appeal(
    session: Session, comment: Comment, change: Change, *, now: dt.datetime
) -> dict[str, Any]:
    """The comment's status has changed so: note whether that answers its appeal.

    Whatever approves it grants the appeal, a person's rejection refuses it; where it is held the
    appeal goes on waiting. Answers what the entry of the log keeps.
    """
    if not comment.appealed:
        return {}
    outcome = _outcome(comment.status, change)
    if outcome is None:
        comment.appealed = comment.status is not Status.DELETED
        return {}
    comment.appealed = False
    found = session.get_one(Appeal, comment.id)
    found.outcome, found.answered_at = outcome, now
    return {"appeal": outcome.value}


def renew_appeal(session: Session, comment: Comment, undone: Event) -> None:
    """The decision `undone` was taken back: an appeal that it answered waits again."""
    if "appeal" not in undone.data or comment.status is Status.APPROVED:
        return
    comment.appealed = True
    found = session.get_one(Appeal, comment.id)
    found.outcome = found.answered_at = None


def read_open_appeals(session: Session, comments: Sequence[Comment]) -> dict[int, OpenAppeal]:
    """The appeals that wait, by comment; no query where there are none."""
    waiting = {comment.id: comment for comment in comments if comment.appealed}
    if not waiting:
        return {}
    rows = session.execute(
        select(Appeal, Moderator.name)
        .outerjoin(Moderator, Moderator.id == Appeal.against_id)
        .where(Appeal.comment_id.in_(waiting))
    )
    return {
        found.comment_id: OpenAppeal(
            appeal=found,
            against=name,
            explanation=read_explanation(session, waiting[found.comment_id]),
            judges=_judges(session, waiting[found.comment_id].site_id),
        )
        for found, name in rows
    }


def _outcome(status: Status, change: Change) -> AppealOutcome | None:
    if status is Status.APPROVED:
        return AppealOutcome.GRANTED
    return AppealOutcome.REFUSED if change is Change.REJECTED else None


def _who_rejected(session: Session, comment: Comment) -> int | None:
    """The person whose rejection stands; also by a standing decision of theirs."""
    rejection = session.scalar(
        select(Event)
        .where(
            Event.comment_id == comment.id,
            Event.to_status == Status.REJECTED,
            Event.change != Change.UNDONE,
        )
        .order_by(Event.id.desc())
        .limit(1)
    )
    if rejection is None:
        return None
    standing = session.get(StandingDecision, rejection.data.get("standing", 0))
    return standing.moderator_id if standing else rejection.moderator_id


def _judges(session: Session, site_id: int) -> frozenset[int]:
    people = session.scalars(
        select(Moderator).where(
            Moderator.is_active, or_(Moderator.site_id.is_(None), Moderator.site_id == site_id)
        )
    )
    return frozenset(person.id for person in people if person.role.may(Role.MODERATOR))
