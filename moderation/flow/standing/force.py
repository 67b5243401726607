"""Which standing decisions are in force, and which of them a comment meets."""

import datetime as dt
from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz, process
from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import Session

from moderation.errors import UnknownStanding
from moderation.flow.queue.similar import ALIKE, letters
from moderation.models import BatchItem, Comment, StandingDecision
from moderation.policy.context import Standing
from moderation.policy.decide import Decision
from moderation.statuses import Change, Code, Status

Asked = Row[int, Change, bytes, str | None, int]  # id, change, text_hash, letters, batch_id


def find_standing(
    session: Session, comment: Comment, readings: Sequence[str], *, now: dt.datetime
) -> Standing:
    """The standing decisions of its site that this comment meets at `now`; the newest ones.

    `readings` are what it says beneath disguises. Most sites have none in force: one query by an
    index then; at most `acts.MOST` texts are compared.
    """
    query = select(
        StandingDecision.id,
        StandingDecision.change,
        StandingDecision.text_hash,
        StandingDecision.letters,
        StandingDecision.batch_id,
    ).where(StandingDecision.site_id == comment.site_id, is_in_force(now))
    found = session.execute(query.order_by(StandingDecision.id.desc())).all()
    if not found:
        return Standing()
    same = [row for row in found if row.text_hash == comment.text_hash]
    rejecting = [row for row in found if row.change is Change.REJECTED]
    rejects = next((row.id for row in same if row.change is Change.REJECTED), None)
    return Standing(
        rejects=rejects or find_near([comment.body], rejecting),
        resembles=find_near(readings, rejecting),
        approves=_find_approving(session, comment, same),
    )


def decided_by(session: Session, decision: Decision) -> StandingDecision | None:
    """The standing decision by which the machine decides, if by one.

    Raises UnknownStanding where it went since the decision, with the text that it was made of.
    """
    codes = (Code.STANDING_REJECTED, Code.STANDING_APPROVED)
    for finding in decision.findings:
        if finding.code in codes and finding.verdict is decision.verdict and finding.value:
            found = session.get(StandingDecision, int(finding.value))
            if found is None:
                raise UnknownStanding("it went meanwhile")
            return found
    return None


def find_near(texts: Iterable[str], rows: Sequence[Asked]) -> int | None:
    """The one whose letters are nearest to one of these texts, where near enough."""
    choices = {row.id: row.letters for row in rows if row.letters}
    for text in texts:
        # The whole text, as padding would hide the rest; unlike lengths are told apart at once.
        best = process.extractOne(letters(text), choices, scorer=fuzz.ratio, score_cutoff=ALIKE)
        if best is not None:
            return int(best[2])
    return None


def is_in_force(now: dt.datetime) -> ColumnElement[bool]:
    """Whether a standing decision is in force at `now`: for the WHERE of a query."""
    return StandingDecision.lifted_at.is_(None) & (StandingDecision.expires_at > now)


def stands(found: StandingDecision, now: dt.datetime) -> bool:
    """Whether this one is in force at `now`."""
    return found.lifted_at is None and found.expires_at > now


def _find_approving(session: Session, comment: Comment, same: Sequence[Asked]) -> int | None:
    """Of the same text, and under a name that was approved with it: a name is public too."""
    approving = {row.batch_id: row.id for row in same if row.change is Change.APPROVED}
    if not approving:
        return None
    batch_id = session.scalar(
        select(BatchItem.batch_id)
        .join(Comment, Comment.id == BatchItem.comment_id)
        .where(
            BatchItem.batch_id.in_(approving),
            Comment.name == comment.name,
            Comment.status == Status.APPROVED,
        )
        .limit(1)
    )
    return approving[batch_id] if batch_id is not None else None
