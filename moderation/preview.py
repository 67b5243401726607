"""A look at one text before it is stored: what the loaded model says of it, or nothing.

Only the process that scores has the model, so it is there with `SCORER=embedded` alone.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from moderation.scoring.comments import score_comment
from moderation.scoring.score import ModelInfo, Score, Scorer

log = structlog.get_logger()

WAITERS = 2  # requests that look at the same time: one is scored, one may wait for it


@dataclass(frozen=True)
class Seen:
    """What the model says of a text, and which model that is."""

    score: Score
    info: ModelInfo


class Preview:
    """Scores one text beside the jobs; safe to call from several threads."""

    def __init__(self, find_scorer: Callable[[], Scorer | None]) -> None:
        """`find_scorer` answers the model once it is loaded; the first use starts the thread."""
        self._find_scorer = find_scorer
        self._room = threading.BoundedSemaphore(WAITERS)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="preview")

    def __call__(self, name: str, body: str, *, within: float) -> Seen | None:
        """What the model says of a comment, within so many seconds.

        None where it is late, busy, broken or not there: who asks goes on as if it were not.
        """
        scorer = self._find_scorer()
        if scorer is None or not self._room.acquire(blocking=False):
            return None
        looking = self._thread.submit(_look, scorer, name, body)
        looking.add_done_callback(self._leave)
        try:
            return looking.result(timeout=within)
        except TimeoutError:
            looking.cancel()
            return None
        except Exception:
            log.warning("preview_failed", exc_info=True)
            return None

    def _leave(self, _looking: Future[Seen]) -> None:
        self._room.release()


def _look(scorer: Scorer, name: str, body: str) -> Seen:
    return Seen(score_comment(scorer, name, body), scorer.info)
