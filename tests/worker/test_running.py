"""The worker's and the sweep's threads: signs of life, and no failure that ends them."""

import datetime as dt
import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from moderation.errors import ScorerUnavailable
from moderation.flow import jobs
from moderation.models import WorkerRow
from moderation.scoring.score import Score as Numbers
from moderation.statuses import Status
from moderation.sweep import Sweep
from moderation.worker import Worker
from tests.doubles import Clock, FixedScorer
from tests.worker.room import Room, Telling

DAY = dt.timedelta(days=1)


def test_it_shows_signs_of_life(room: Room, worker: Worker, clock: Clock) -> None:
    worker.tick()
    with room.database.reading() as session:
        row = session.scalars(select(WorkerRow)).one()
    assert (row.model, row.model_version, row.error) == ("double", FixedScorer.info.version, None)
    assert row.seen_at == clock()
    clock.forward(4.9)
    worker.tick()
    with room.database.reading() as session:
        assert session.scalars(select(WorkerRow.seen_at)).one() == row.seen_at
    clock.forward(0.1)
    worker.tick()
    with room.database.reading() as session:
        assert session.scalars(select(WorkerRow.seen_at)).one() == clock()


def test_a_model_that_loads_at_last_is_shown_at_once(
    room: Room, scorer: FixedScorer, clock: Clock
) -> None:
    loads = iter([ScorerUnavailable("not yet"), scorer])

    def load() -> FixedScorer:
        found = next(loads)
        if isinstance(found, Exception):
            raise found
        return found

    worker = room.worker(load)
    worker.tick()
    clock.forward(9)
    worker.tick()  # a sign of life
    clock.forward(1)
    worker.tick()
    with room.database.reading() as session:
        assert session.scalars(select(WorkerRow.error)).one() is None


def test_it_runs_until_it_is_told_to_stop(room: Room, running: Callable[..., Any]) -> None:
    scorer = Telling()
    worker = room.worker(lambda: scorer)
    thread = running(worker)
    room.store("A text")
    worker.wake()
    assert scorer.scored.wait(30)
    worker.stop()
    thread.join(30)
    assert not thread.is_alive()
    assert room.statuses() == [Status.APPROVED]  # the batch in hand is finished
    assert "sweep" not in {alive.name for alive in threading.enumerate()}


def test_it_does_not_run_when_it_was_stopped_before(room: Room) -> None:
    worker = room.worker(FixedScorer)
    room.store("A text")
    worker.stop()
    worker.run()
    assert room.statuses() == [Status.PROCESSING]


@pytest.mark.parametrize(
    "error", [OperationalError("no", {}, Exception()), TypeError("no"), OSError("no")]
)
def test_no_failure_ends_its_run(
    room: Room, running: Callable[..., Any], error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = itertools.count()
    claim = jobs.claim

    def fail_once(*args: Any, **known: Any) -> jobs.Claim:
        if next(calls) == 0:
            raise error
        return claim(*args, **known)

    monkeypatch.setattr(jobs, "claim", fail_once)
    scorer = Telling()
    room.store("A text")
    worker = room.worker(lambda: scorer)
    thread = running(worker)
    assert scorer.scored.wait(30)
    worker.stop()
    thread.join(30)
    assert room.statuses() == [Status.APPROVED]


@pytest.mark.parametrize("error", [OperationalError("no", {}, Exception()), TypeError("no")])
def test_no_failure_ends_the_sweep(
    room: Room, running: Callable[..., Any], error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept = threading.Event()
    calls = itertools.count()

    def fail_once(*_args: Any, **_known: Any) -> int:
        if next(calls) == 0:
            raise error
        swept.set()
        return 0

    monkeypatch.setattr(jobs, "hold_late", fail_once)
    running(room.sweep())
    assert swept.wait(30)


def test_a_wake_up_that_fails_does_not_end_the_sweep(
    room: Room, running: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    swept = threading.Event()
    monkeypatch.setattr(jobs, "hold_late", lambda *_a, **_k: swept.set() or 0)
    sweep = room.sweep()
    woken = threading.Event()

    def wake() -> None:
        woken.set()
        raise OSError("no broker")

    sweep.also(wake)
    running(sweep)
    assert woken.wait(30)
    assert swept.wait(30)


def test_a_scorer_that_hangs_does_not_keep_its_comments_from_being_held(
    room: Room, running: Callable[..., Any], clock: Clock
) -> None:
    hangs, release = threading.Event(), threading.Event()

    class Hanging(FixedScorer):
        def score(self, texts: Sequence[str]) -> list[Numbers]:
            hangs.set()
            release.wait(60)
            return super().score(texts)

    held = threading.Event()

    class TellingSweep(Sweep):
        def __call__(self) -> int:
            done = super().__call__()
            if done:
                held.set()
            return done

    sweep = TellingSweep(
        room.database, deadline=dt.timedelta(seconds=60), repeat_window=DAY, clock=clock
    )
    worker = room.worker(Hanging, sweep=sweep)
    [comment_id] = room.store("A text")
    running(worker)
    assert hangs.wait(30)
    clock.forward(60)
    assert held.wait(30)
    assert room.status(comment_id) is Status.HELD
    release.set()


def test_it_goes_on_when_the_database_is_back(room: Room, worker: Worker) -> None:
    [comment_id] = room.store("A text")
    with room.database.transaction() as session:
        session.execute(text("ALTER TABLE jobs RENAME TO gone"))
    with pytest.raises(Exception, match="jobs"):
        worker.tick()
    with room.database.transaction() as session:
        session.execute(text("ALTER TABLE gone RENAME TO jobs"))
    worker.tick()
    assert room.status(comment_id) is Status.APPROVED
