"""The past seen by another model: what the machine would do with it, and what it may change.

A published comment and a person's decision are never moved from here: only `flow/decide.py` moves
a comment, and only one that is open to the machine.
"""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Select, func, not_, or_, select
from sqlalchemy.orm import Session

from moderation.flow.decide import Judgement, Presets, decide, is_open_to_machine, judge
from moderation.flow.scores import is_made_by, replace_score
from moderation.models import Comment, Score, Site
from moderation.scoring.score import ModelInfo
from moderation.statuses import DECIDABLE, Actor, Code, Status, Verdict

# What holds a comment for who wrote it or where it stands, not for what it says.
NOT_OF_THE_TEXT = {
    Code.HUMAN_REVIEW,
    Code.FIRST_COMMENT,
    Code.ARTICLE_CLOSED,
    Code.PARENT_HIDDEN,
    Code.REPORTED,
    Code.UNDER_REVIEW,
    Code.RESERVED_NAME,
    Code.BANNED_COMMENTER,
    Code.BANNED_DOMAIN,
    Code.BANNED_ADDRESS,
}


@dataclass(frozen=True)
class Selection:
    """Which comments: all that were decided, or those of a time, a site, another version."""

    after: int = 0  # an id: those stored later
    since: dt.datetime | None = None
    site_id: int | None = None
    not_by: ModelInfo | None = None  # leave out what this very version scored already


@dataclass(frozen=True)
class Past:
    """A comment as it stood when it was read."""

    comment_id: int
    version: int
    name: str
    body: str
    site: str
    public_id: str


@dataclass(frozen=True)
class Outcome:
    """Where a comment stands, by whom, and whether the machine would publish it by a score."""

    comment_id: int
    public_id: str
    site: str
    status: Status
    by: Actor | None
    publishes: bool


@dataclass(frozen=True)
class Terms:
    """What else judging a comment needs: the presets of the model that scored it, and what that
    read beneath disguises."""

    now: dt.datetime
    presets: Presets
    readings: tuple[str, ...]
    repeat_window: dt.timedelta


def count_past(session: Session, selection: Selection) -> int:
    """How many comments are selected."""
    return session.scalar(select(func.count()).select_from(_selected(selection).subquery())) or 0


def read_past(session: Session, selection: Selection, *, size: int) -> list[Past]:
    """The first of the selected comments, oldest first."""
    query = _selected(selection).order_by(Comment.id).limit(size)
    return [Past(*row) for row in session.execute(query)]


def find_again(session: Session, past: Past, *, lock: bool = False) -> Comment | None:
    """The comment as it was read, under a row lock where asked for; None where it moved since."""
    query = select(Comment).where(Comment.id == past.comment_id, Comment.version == past.version)
    return session.scalar(query.with_for_update() if lock else query)


def foresee(session: Session, past: Past, comment: Comment, score: Score, terms: Terms) -> Outcome:
    """What the machine would do with the comment by this score; writes nothing.

    What is open to it counts as it would be decided now. Of anything else only what the text
    gives rise to counts: who publishes here, or who is banned, may have changed since.
    """
    judgement = judge(
        session,
        comment,
        score,
        now=terms.now,
        presets=terms.presets,
        readings=terms.readings,
        repeat_window=terms.repeat_window,
    )
    return Outcome(
        comment_id=past.comment_id,
        public_id=past.public_id,
        site=past.site,
        status=comment.status,
        by=comment.decided_by,
        publishes=_publishes(judgement, all_counts=is_open_to_machine(comment)),
    )


def rescore(session: Session, comment: Comment, score: Score, terms: Terms) -> None:
    """Replace the comment's score, and decide again where the machine still may.

    The caller holds the comment's row lock.
    """
    replace_score(session, comment, score)
    if is_open_to_machine(comment):
        decide(
            session,
            comment,
            now=terms.now,
            presets=terms.presets,
            readings=terms.readings,
            repeat_window=terms.repeat_window,
        )


def _selected(
    selection: Selection,
) -> Select[int, int, str, str, str, str]:
    # What waits for its first score is the worker's.
    query = (
        select(Comment.id, Comment.version, Comment.name, Comment.body, Site.key, Comment.public_id)
        .join(Site, Site.id == Comment.site_id)
        .where(Comment.status.in_(DECIDABLE), Comment.id > selection.after)
    )
    if selection.since is not None:
        query = query.where(Comment.created_at >= selection.since)
    if selection.site_id is not None:
        query = query.where(Comment.site_id == selection.site_id)
    if selection.not_by is not None:
        is_other = or_(Score.comment_id.is_(None), not_(is_made_by(selection.not_by)))
        query = query.outerjoin(Score, Score.comment_id == Comment.id).where(is_other)
    return query


def _publishes(judgement: Judgement, *, all_counts: bool) -> bool:
    against = Verdict.APPROVE.strictness  # a finding that weighs no more lets the comment pass
    codes = {
        finding.code
        for finding in judgement.decision.findings
        if finding.verdict.strictness > against
    }
    return not (codes if all_counts else codes - NOT_OF_THE_TEXT)
