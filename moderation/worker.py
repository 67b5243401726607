"""Works off the scoring jobs: claim (short transaction), score (none), settle (short transaction).

The same `Worker` runs as a thread of the serving process, as a process of its own
(`flask worker run`) and inside a Celery task. It may die at any line: its lease runs out.
"""

import datetime as dt
import os
import socket
import threading
import uuid
from collections.abc import Callable, Sequence
from itertools import accumulate

import structlog

from moderation.db import Database
from moderation.errors import ScorerUnavailable
from moderation.explainer import Explainer
from moderation.flow import jobs
from moderation.flow.scores import score_row
from moderation.models import WorkerRow
from moderation.scoring.comments import score_each
from moderation.scoring.score import ModelInfo, Score, Scorer
from moderation.sweep import Sweep, now

log = structlog.get_logger()

POLL = 0.5  # seconds between looks for jobs whose wake-up was lost
REPORT = 5.0  # seconds between signs of life
RELOAD = 10.0  # seconds between attempts to load a model that would not load
# Characters that are scored and settled at once: a second's work on a slow core, and little memory.
PORTION = 8_000


class Worker:
    """One scorer and the loop that feeds it."""

    def __init__(
        self,
        database: Database,
        load: Callable[[], Scorer],
        sweep: Sweep,
        *,
        model: str,
        batch: int,
        lease: dt.timedelta,
        repeat_window: dt.timedelta,
        clock: Callable[[], dt.datetime] = now,
    ) -> None:
        """`load` loads the compiled model and may raise ScorerUnavailable; it is tried again."""
        self._database = database
        self._load = load
        self._sweep = sweep
        self._model = model
        self._batch = batch
        self._lease = lease
        self._repeat_window = repeat_window
        self._clock = clock
        self._explain = Explainer(database, clock)
        self._id = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
        self._scorer: Scorer | None = None
        self._load_after: dt.datetime | None = None
        self._report_after: dt.datetime | None = None
        self._stop = threading.Event()
        self._wake = threading.Event()

    def run(self) -> None:
        """Work until `stop()`: score what waits, hold what is late, show signs of life.

        Whatever fails (a database that does not answer, say) is logged and tried again.
        """
        # In a thread of its own: a scorer that hangs must not keep its comments from being held.
        sweeping = threading.Thread(target=self._sweep.run, name="sweep", daemon=True)
        sweeping.start()
        while not self._stop.is_set():
            try:
                worked = self._round()
            except Exception:
                log.error("worker_failed", exc_info=True)
                worked = 0
                self._stop.wait(1.0)
            if not worked:
                self._wake.wait(POLL)
                # Before the next look, not after it: a wake-up during the look counts.
                self._wake.clear()
        self._sweep.stop()
        sweeping.join()

    def loaded(self) -> Scorer | None:
        """The model, once it is loaded; for other threads, as scorers are safe to share."""
        return self._scorer

    def wake(self) -> None:
        """Say that a job was stored."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the batch in hand and end `run()`."""
        self._stop.set()
        self._wake.set()

    def tick(self) -> int:
        """One round and the sweep; answers how many comments it scored or explained."""
        done = self._round()
        self._sweep()
        return done

    def _round(self) -> int:
        self._try_to_load()
        self._report()
        return self.work_off() or self._explain_one()

    def _explain_one(self) -> int:
        """Explain a held comment: one, so that a new comment never waits for more than that."""
        return int(self._explain(self._scorer)) if self._scorer else 0

    def work_off(self) -> int:
        """Claim one batch and settle it; answers how many jobs it claimed."""
        moment = self._clock()
        with self._database.transaction() as session:
            # Without a model we only hold, and fast: an able scorer must not lose jobs to us.
            if self._scorer is None and jobs.any_scorer(session, now=moment):
                return 0
            claim = jobs.claim(session, now=moment, lease_for=self._lease, limit=self._batch)
        # Short texts first and together, so that none of them waits for a long one.
        rest = sorted(claim.comments, key=lambda one: len(one.body))
        while rest:
            portion, rest = _cut_portion(rest)
            self._score(claim.lease, portion)
            # A batch of slow texts must not make its scorer look dead, nor lose it the rest.
            rest = self._renew(claim.lease, rest)
            self._report()
        return len(claim.comments)

    def _renew(self, lease: str, rest: list[jobs.Claimed]) -> list[jobs.Claimed]:
        if not rest:
            return []
        with self._database.transaction() as session:
            return jobs.renew(session, lease, rest, now=self._clock(), lease_for=self._lease)

    def _score(self, lease: str, claimed: Sequence[jobs.Claimed]) -> None:
        if self._scorer is None:
            self._give_back(lease, claimed)
            return
        for comment, score in score_each(self._scorer, claimed):
            if score is None:
                self._give_back(lease, [comment])
            else:
                self._settle_or_give_back(lease, comment, score, self._scorer.info)

    def _settle_or_give_back(
        self, lease: str, comment: jobs.Claimed, score: Score, info: ModelInfo
    ) -> None:
        try:
            self._settle(lease, comment, score, info)
        except Exception:  # the others of the batch still get theirs
            log.error("settling_failed", comment=comment.comment_id, exc_info=True)
            self._give_back(lease, [comment])

    def _settle(self, lease: str, comment: jobs.Claimed, score: Score, info: ModelInfo) -> None:
        moment = self._clock()
        row = score_row(comment, score, info, now=moment)
        with self._database.transaction() as session:
            jobs.settle(
                session,
                comment,
                lease,
                row,
                now=moment,
                presets=info.presets,
                readings=score.readings,
                repeat_window=self._repeat_window,
            )

    def _give_back(self, lease: str, claimed: Sequence[jobs.Claimed]) -> None:
        with self._database.transaction() as session:
            for comment in claimed:
                jobs.give_back(
                    session,
                    comment,
                    lease,
                    now=self._clock(),
                    pause=jobs.pause_after(comment.attempts),
                    repeat_window=self._repeat_window,
                )

    def _try_to_load(self) -> None:
        moment = self._clock()
        if self._scorer is not None or (self._load_after and moment < self._load_after):
            return
        try:
            self._scorer = self._load()
        except ScorerUnavailable as error:
            self._load_after = moment + dt.timedelta(seconds=RELOAD)
            log.error("scorer_unavailable", model=self._model, remedy=str(error))
            return
        except Exception:  # no model either, and what waits for it must be held
            self._load_after = moment + dt.timedelta(seconds=RELOAD)
            log.error("scorer_unavailable", model=self._model, exc_info=True)
            return
        self._report_after = None
        log.info("scorer_loaded", model=self._model, version=self._scorer.info.version)
        with self._database.transaction() as session:
            jobs.wake_waiting(session, now=moment)

    def _report(self) -> None:
        moment = self._clock()
        if self._report_after and moment < self._report_after:
            return
        self._report_after = moment + dt.timedelta(seconds=REPORT)
        info = self._scorer.info if self._scorer else None
        row = WorkerRow(
            id=self._id,
            model=self._model,
            model_version=info.version if info else None,
            error=None if info else ScorerUnavailable.code,
            seen_at=moment,
        )
        with self._database.transaction() as session:
            jobs.report_worker(session, row)


def _cut_portion(
    claimed: list[jobs.Claimed],
) -> tuple[list[jobs.Claimed], list[jobs.Claimed]]:
    """The first of them, at least one and together within PORTION, and the others."""
    sizes = accumulate(len(comment.body) for comment in claimed)
    count = max(1, sum(size <= PORTION for size in sizes))
    return claimed[:count], claimed[count:]
