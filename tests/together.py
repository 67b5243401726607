"""Runs calls at the same moment, or one while another holds a lock, for tests of races."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from sqlalchemy import text

from moderation.db import Database
from tests.servers import wait_until


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Start all calls at once, a thread each; answers what each returned or raised."""
    gate = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        gate.wait(timeout=30)
        try:
            return call()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def wait_for_a_lock(database: Database) -> None:
    """Until somebody in this PostgreSQL database waits for what another transaction holds."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    def is_awaited() -> bool:
        with database.reading() as session:
            return bool(session.scalar(waiting))

    wait_until(is_awaited)
