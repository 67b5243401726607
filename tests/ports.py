"""Ports on loopback for tests, which nobody else takes meanwhile."""

import itertools
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.databases import WORKER

HOST = "127.0.0.1"
# Below 32768, where Linux begins to give ports to clients; browsers refuse 10080.
FIRST, EACH, WORKERS = 11_000, 1_000, 20
# Two test runs on one machine seldom begin at the same place.
_places = itertools.count(os.getpid())


def free_port() -> int:
    """A port for a server that is started later: no other process of the tests gets it.

    Raises AssertionError where all are taken.
    """
    for place in itertools.islice(_places, EACH):
        port = FIRST + WORKER % WORKERS * EACH + place % EACH
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")


@contextmanager
def deserted() -> Iterator[int]:
    """A port that nobody listens on, and nobody can until the end of the block."""
    with socket.socket() as kept:
        kept.bind((HOST, 0))
        yield int(kept.getsockname()[1])
