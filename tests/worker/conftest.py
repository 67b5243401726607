"""Fixtures for the worker's tests."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from moderation.db import Database
from tests.doubles import Clock
from tests.worker.room import Room


@pytest.fixture
def room(database: Database, clock: Clock) -> Room:
    return Room(database, clock)


@pytest.fixture
def running() -> Iterator[Callable[..., threading.Thread]]:
    """Runs something in a thread; it is stopped when the test ends."""
    started: list[tuple[Any, threading.Thread]] = []

    def start(background: Any) -> threading.Thread:
        thread = threading.Thread(target=background.run)
        started.append((background, thread))
        thread.start()
        return thread

    yield start
    for background, thread in started:
        background.stop()
        thread.join(30)
        assert not thread.is_alive()
