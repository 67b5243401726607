"""Explains held comments while nothing waits for its score: look, explain, keep.

All transactions are short, and the model works outside of them. Nobody claims a comment: two
workers that explain the same one store the same spans. An explanation is given up as soon as
somebody waits, and tried again later.
"""

import datetime as dt
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from moderation.db import Database
from moderation.flow import jobs
from moderation.flow.explanations import (
    Explanation,
    Unexplained,
    find_unexplained,
    keep_explanation,
)
from moderation.scoring.score import Scorer

log = structlog.get_logger()

REST = dt.timedelta(seconds=5)  # after a look that found nothing


class _SomebodyWaits(Exception):
    """A comment waits for its score, which comes before any explanation."""


class Explainer:
    """Finds the words that raised a score, one comment at a time, oldest first."""

    def __init__(self, database: Database, clock: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._clock = clock
        self._look_after: dt.datetime | None = None

    def __call__(self, scorer: Scorer) -> bool:
        """Explain one held comment, unless another waits for its score; answers whether there
        was anything to do."""
        moment = self._clock()
        if self._look_after and moment < self._look_after:
            return False
        with self._database.reading() as session:
            found = find_unexplained(session, scorer.info)
        if found is None:
            self._look_after = moment + REST
            return False
        try:
            explanation = self._explain(scorer, found)
        except _SomebodyWaits:
            return True
        with self._database.transaction() as session:
            keep_explanation(session, found, explanation, scorer.info)
        return True

    def _explain(self, scorer: Scorer, found: Unexplained) -> Explanation:
        """The spans; False where the model fails, and there is no second try."""
        try:
            return scorer.explain(found.body, found.attributes, self._give_way)
        except (_SomebodyWaits, SQLAlchemyError):  # no failure of the model
            raise
        except Exception:
            log.error("explaining_failed", comment=found.comment_id, exc_info=True)
            return False

    def _give_way(self) -> None:
        with self._database.reading() as session:
            if jobs.any_due(session, now=self._clock()):
                raise _SomebodyWaits
