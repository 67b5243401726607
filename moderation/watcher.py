"""The watcher: what nobody causes but time is noticed, and told. A thread of the serving process.

What was told stands in rows (flow/notices/tellings.py), so that a second process or a restart does
not tell it again.
"""

import datetime as dt
import threading
from collections.abc import Callable

import structlog

from moderation.db import Database
from moderation.flow.mails import drop_notices
from moderation.flow.notices.digests import write_digests
from moderation.flow.notices.scorer import tell_scorer
from moderation.flow.notices.waiting import tell_waiting
from moderation.sweep import now

log = structlog.get_logger()

EVERY = 60.0  # seconds between rounds


class Watcher:
    """Looks every minute for comments that wait too long, digests that are due, a dead scorer."""

    def __init__(
        self, database: Database, *, sends_mail: bool, clock: Callable[[], dt.datetime] = now
    ) -> None:
        """`sends_mail`: whether mail is set up; else only endpoints are told."""
        self._database = database
        self._clock = clock
        self._tasks = [tell_waiting, write_digests, tell_scorer]
        if not sends_mail:
            self._tasks.append(drop_notices)
        self._stop = threading.Event()

    def run(self) -> None:
        """A round every minute until `stop()`; the first when a scorer has had time to start."""
        while not self._stop.wait(EVERY):
            self()

    def stop(self) -> None:
        """End `run()` after the round in hand."""
        self._stop.set()

    def __call__(self) -> None:
        """One round. Each task by itself: one that breaks must not stop the others."""
        for task in self._tasks:
            try:
                with self._database.transaction() as session:
                    task(session, now=self._clock())
            except Exception:
                log.error("watcher_failed", exc_info=True)
