"""Explains held comments while nothing waits for its score: look, explain, keep.

Both transactions are short, and the model works outside of them. Nobody claims a comment: two
workers that explain the same one store the same spans.
"""

import datetime as dt
from collections.abc import Callable, Sequence

import structlog

from moderation.db import Database
from moderation.flow.explanations import Unexplained, find_unexplained, keep_explanation
from moderation.scoring.score import Scorer, Span

log = structlog.get_logger()

REST = dt.timedelta(seconds=5)  # after a look that found nothing


class Explainer:
    """Finds the words that raised a score, one comment at a time, oldest first."""

    def __init__(self, database: Database, clock: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._clock = clock
        self._look_after: dt.datetime | None = None

    def __call__(self, scorer: Scorer) -> bool:
        """Explain one held comment; answers whether there was one."""
        moment = self._clock()
        if self._look_after and moment < self._look_after:
            return False
        with self._database.reading() as session:
            found = find_unexplained(session, scorer.info)
        if found is None:
            self._look_after = moment + REST
            return False
        spans = _explain(scorer, found)
        with self._database.transaction() as session:
            keep_explanation(session, found, spans, scorer.info)
        return True


def _explain(scorer: Scorer, found: Unexplained) -> Sequence[Span]:
    """The spans, none where the model fails: a card without marks, and no second try."""
    try:
        return scorer.explain(found.body, found.attributes)
    except Exception:
        log.error("explaining_failed", comment=found.comment_id, exc_info=True)
        return ()
