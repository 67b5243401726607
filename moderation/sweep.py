"""The sweep: what waited too long for its score is held, and says so (promise 1)."""

import datetime as dt
import threading
import time
from collections.abc import Callable

import structlog

from moderation.db import Database
from moderation.flow import jobs

log = structlog.get_logger()

POLL = 0.5  # seconds between sweeps
WAKE = 5.0  # seconds between wake-ups for jobs whose own was lost
# Seconds after the start in which a scorer may load and work off what an end left behind: held
# and approved a moment later, those would only flicker through the queue.
GRACE = 5.0


def now() -> dt.datetime:
    """The time, aware."""
    return dt.datetime.now(dt.UTC)


class Sweep:
    """Holds what waited too long for its score. Needs no scorer, so the serving process has one
    even where scoring is left to others: their death must not leave comments without a word."""

    def __init__(
        self,
        database: Database,
        *,
        deadline: dt.timedelta,
        repeat_window: dt.timedelta,
        clock: Callable[[], dt.datetime] = now,
        grace: float = GRACE,
    ) -> None:
        """`deadline` is how long a comment may wait; `run()` starts `grace` seconds late."""
        self._database = database
        self._deadline = deadline
        self._repeat_window = repeat_window
        self._clock = clock
        self._grace = grace
        self._stop = threading.Event()
        self._wake: Callable[[], None] | None = None

    def also(self, wake: Callable[[], None]) -> None:
        """Send this wake-up now and then, so that jobs whose own was lost get scored."""
        self._wake = wake

    def __call__(self) -> int:
        """Sweep once; answers how many comments it held."""
        with self._database.transaction() as session:
            return jobs.hold_late(
                session,
                now=self._clock(),
                deadline=self._deadline,
                repeat_window=self._repeat_window,
            )

    def run(self) -> None:
        """Sweep until `stop()`."""
        if self._stop.wait(self._grace):
            return
        next_wake = time.monotonic()
        while not self._stop.wait(POLL):
            try:
                if self._wake and time.monotonic() >= next_wake:
                    next_wake = time.monotonic() + WAKE
                    self._wake()
                self()
            except Exception:  # whatever it is, later comments must not wait for ever
                log.error("sweep_failed", exc_info=True)

    def stop(self) -> None:
        """End `run()`."""
        self._stop.set()
