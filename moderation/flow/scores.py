"""Step `score`, its second half: a model's numbers become the one row that a comment has."""

import datetime as dt

from sqlalchemy import ColumnElement, and_, delete
from sqlalchemy.orm import Session

from moderation.models import Comment
from moderation.models import Score as ScoreRow
from moderation.scoring.comments import Spoken
from moderation.scoring.score import ModelInfo, Score


def score_row(spoken: Spoken, score: Score, info: ModelInfo, *, now: dt.datetime) -> ScoreRow:
    """The row of a score, in no session yet, with all that tells what it was made with."""
    return ScoreRow(
        comment_id=spoken.comment_id,
        model=info.name,
        checkpoint=info.checkpoint,
        graph=info.graph,
        normaliser=info.normaliser,
        attributes=dict(score.attributes),
        complete=score.complete,
        language=score.language,
        languages=sorted(info.languages),
        has_words=score.has_words,
        created_at=now,
    )


def replace_score(session: Session, comment: Comment, row: ScoreRow) -> None:
    """Give the comment this score in place of any older one, nothing of which stays.

    `risk`, by which a queue is sorted, is the highest number in thousandths.
    """
    session.execute(delete(ScoreRow).where(ScoreRow.comment_id == comment.id))
    session.expire(comment, ["score"])
    session.add(row)
    comment.risk = round(1000 * max(row.attributes.values(), default=-0.001))
    comment.language = row.language
    session.flush()


def is_made_by(info: ModelInfo) -> ColumnElement[bool]:
    """Whether a stored score is this model's, of this very version."""
    return and_(
        ScoreRow.model == info.name,
        ScoreRow.checkpoint == info.checkpoint,
        ScoreRow.graph == info.graph,
        ScoreRow.normaliser == info.normaliser,
    )
