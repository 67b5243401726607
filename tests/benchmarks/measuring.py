"""What benchmarks share: new databases, runs taken in turn, and the table of how things grow."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from moderation.db import Database
from tests import databases
from tests.benchmarks.filling import fill

AT_MOST, SECONDS = 100, 4.0  # runs, and for how long they go on beyond AT_LEAST
AT_LEAST, WARMING = 30, 2
Step = Callable[[], object]


def kinds() -> Iterator[tuple[str, Callable[[], AbstractContextManager[str]]]]:
    """Each kind of database there is: its name, and what makes a new one, known by its URL."""
    yield "SQLite", sqlite
    if databases.postgres_answers():
        yield "PostgreSQL", postgres


@contextmanager
def sqlite() -> Iterator[str]:
    """A new SQLite database, without tables."""
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'comments.db'}"


def postgres() -> AbstractContextManager[str]:
    """Likewise, of PostgreSQL."""
    return databases.new_postgres(template=None)


def small_and_large(
    small: int, large: int, *, analyze: bool = True
) -> Iterator[tuple[str, tuple[str, str]]]:
    """For each kind of database its name, and the URLs of two filled with so many comments."""
    for name, new in kinds():
        with new() as one, new() as other:
            make(one, small, analyze=analyze)
            make(other, large, analyze=analyze)
            yield name, (one, other)


def make(url: str, comments: int, *, analyze: bool) -> None:
    """Create the tables there and fill them; `analyze` also gathers statistics."""
    databases.migrate(url)
    database = Database(url)
    fill(database, comments, analyze=analyze)
    database.dispose()


def print_head() -> None:
    """Begin the table that `compare` goes on with."""
    print("| | small: median, 95 % (ms) | large: median, 95 % (ms) | growth |\n|---|---|---|---|")


def compare(small: Mapping[str, Step], large: Mapping[str, Step]) -> None:
    """Print how long each step takes in a small and a large database, and the growth."""
    for name, step in small.items():
        times = measure([step, large[name]])
        medians = [statistics.median(each) for each in times]
        texts = [f"{m:.1f}, {late(each):.1f}" for m, each in zip(medians, times, strict=True)]
        print(f"| {name} | {' | '.join(texts)} | {medians[1] / medians[0]:.2f} |", flush=True)


def measure(steps: Sequence[Step]) -> list[list[float]]:
    """Milliseconds of many runs of each step, taken in turn, so that noise meets all alike."""
    times: list[list[float]] = [[] for _ in steps]
    end = time.perf_counter() + SECONDS
    for run in range(WARMING + AT_MOST):
        if run >= WARMING + AT_LEAST and time.perf_counter() > end:
            break
        for step, own in zip(steps, times, strict=True):
            began = time.perf_counter()
            step()
            own.append((time.perf_counter() - began) * 1e3)
    return [own[WARMING:] for own in times]


def late(times: Sequence[float]) -> float:
    """The 95th percentile."""
    return sorted(times)[int(len(times) * 0.95)]
