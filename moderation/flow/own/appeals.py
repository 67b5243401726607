"""Step `review`: what appeals against rejections wait for, who judges them, what answers them."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from moderation.errors import AppealUnanswered, OwnAppeal
from moderation.flow.telling import read_explanations
from moderation.models import Appeal, Comment, Event, Moderator
from moderation.statuses import AppealOutcome, Change, Role, Status

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
    """The appeals that wait, by comment; at most 3 queries for any number, none for none."""
    waiting = {comment.id: comment for comment in comments if comment.appealed}
    if not waiting:
        return {}
    explanations = read_explanations(session, list(waiting.values()))
    judges = _judges(session, {comment.site_id for comment in waiting.values()})
    rows = session.execute(
        select(Appeal, Moderator.name)
        .outerjoin(Moderator, Moderator.id == Appeal.against_id)
        .where(Appeal.comment_id.in_(waiting))
    )
    return {
        found.comment_id: OpenAppeal(
            appeal=found,
            against=name,
            explanation=explanations.get(found.comment_id),
            judges=judges[waiting[found.comment_id].site_id],
        )
        for found, name in rows
    }


def _outcome(status: Status, change: Change) -> AppealOutcome | None:
    if status is Status.APPROVED:
        return AppealOutcome.GRANTED
    return AppealOutcome.REFUSED if change is Change.REJECTED else None


def _judges(session: Session, site_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """All who decide on each of these sites now."""
    people = session.scalars(
        select(Moderator).where(
            Moderator.is_active,
            or_(Moderator.site_id.is_(None), Moderator.site_id.in_(site_ids)),
        )
    ).all()
    able = [person for person in people if person.role.may(Role.MODERATOR)]
    return {
        site_id: frozenset(each.id for each in able if each.site_id in (None, site_id))
        for site_id in site_ids
    }
