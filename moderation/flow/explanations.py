"""Step `review`, made easier: which held comments still lack their explanation, and keeping it.

An explanation is where the words stand that raised the score: offsets, never the words themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from moderation.flow.scores import is_made_by
from moderation.models import Comment, FindingRow, Score
from moderation.scoring.score import ModelInfo, Span
from moderation.statuses import Code, Status

Explanation = Sequence[Span] | Literal[False]
"""Where the words stand, none where no words stand out; False where looking for them failed."""


@dataclass(frozen=True)
class Unexplained:
    """A comment held for its score, as it stood when it was found."""

    comment_id: int
    version: int
    body: str
    attributes: tuple[str, ...]
    """Those that reached their thresholds."""


def find_unexplained(session: Session, info: ModelInfo) -> Unexplained | None:
    """The comment that is held for toxicity the longest without an explanation.

    Only by a score that this very model made: another's words would explain nothing.
    """
    comment = session.scalar(
        select(Comment)
        .join(Score, Score.comment_id == Comment.id)
        .where(
            Comment.status == Status.HELD,
            Score.spans.is_(None),
            is_made_by(info),
            exists().where(FindingRow.comment_id == Comment.id, FindingRow.code == Code.TOXICITY),
        )
        .order_by(Comment.id)
        .limit(1)
    )
    if comment is None:
        return None
    reached = session.scalars(
        select(FindingRow.attribute)
        .where(FindingRow.comment_id == comment.id, FindingRow.code == Code.TOXICITY)
        .order_by(FindingRow.id)
    )
    return Unexplained(comment.id, comment.version, comment.body, tuple(filter(None, reached)))


def keep_explanation(
    session: Session, found: Unexplained, explanation: Explanation, info: ModelInfo
) -> None:
    """Store the explanation, unless the comment has moved since: then somebody looks again."""
    is_as_found = exists().where(Comment.id == found.comment_id, Comment.version == found.version)
    session.execute(
        update(Score)
        .where(Score.comment_id == found.comment_id, is_as_found, is_made_by(info))
        .values(spans=explanation and [list(span) for span in explanation])
        .execution_options(synchronize_session=False)
    )
