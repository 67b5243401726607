"""Leases: a worker that dies, is slow or late loses nothing and decides nothing twice."""

import threading
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import select, update

from moderation.errors import ScorerUnavailable
from moderation.models import Event, Job, Score, WorkerRow
from moderation.scoring.score import Score as Numbers
from moderation.statuses import Change, Code, Status
from moderation.worker import PORTION, Worker
from tests.doubles import Clock, FixedScorer
from tests.worker.room import Room


def test_a_worker_that_dies_between_claim_and_settle_loses_nothing(
    room: Room, worker: Worker, clock: Clock
) -> None:
    class Dying(FixedScorer):
        def score(self, texts: Sequence[str]) -> list[Numbers]:
            raise SystemExit("killed")

    [comment_id] = room.store("A text")
    with pytest.raises(SystemExit):
        room.worker(Dying).tick()
    clock.forward(29)
    worker.tick()
    assert room.status(comment_id) is Status.PROCESSING
    clock.forward(1)
    worker.tick()
    assert room.status(comment_id) is Status.APPROVED
    with room.database.reading() as session:
        decided = select(Event.id).where(Event.change == Change.DECIDED)
        assert len(session.scalars(decided).all()) == 1


class Slow(FixedScorer):
    """Takes its time for each portion, and lets another worker look in the middle of it."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        super().__init__()
        self._clock, self._seconds = clock, seconds
        self.meanwhile: Callable[[], object] = lambda: None

    def score(self, texts: Sequence[str]) -> list[Numbers]:
        self._clock.forward(self._seconds)
        self.meanwhile()
        return super().score(texts)


PORTIONS = [f"{letter} " * (PORTION // 2) for letter in "abc"]  # each is one by itself


def test_a_batch_that_lasts_longer_than_a_lease_stays_with_its_worker(
    room: Room, clock: Clock
) -> None:
    room.store(*PORTIONS)
    slow, other = Slow(clock, seconds=16), FixedScorer()
    slow.meanwhile = room.worker(lambda: other).tick

    assert room.worker(lambda: slow).tick() == 3

    assert (room.statuses(), room.decided()) == ([Status.APPROVED] * 3, 3)
    assert [text for text in slow.seen if text != "Ada"] == PORTIONS
    assert other.seen == []


def test_what_another_worker_took_after_the_lease_is_scored_and_decided_by_that_one(
    room: Room, clock: Clock
) -> None:
    room.store(*PORTIONS)
    slow, other = Slow(clock, seconds=31), FixedScorer()
    slow.meanwhile = room.worker(lambda: other).tick  # takes all three

    assert room.worker(lambda: slow).tick() == 3

    assert (room.statuses(), room.decided()) == ([Status.APPROVED] * 3, 3)
    assert (room.count(Score), room.count(Job)) == (3, 0)
    assert [text for text in other.seen if text != "Ada"] == PORTIONS
    assert [text for text in slow.seen if text != "Ada"] == PORTIONS[:1]  # begun before it knew


def test_a_late_worker_settles_what_nobody_else_took(room: Room, clock: Clock) -> None:
    room.store(*PORTIONS)
    slow = Slow(clock, seconds=300)
    assert room.worker(lambda: slow).tick() == 3
    assert room.count(Job) == 0
    assert (room.statuses(), room.decided()) == ([Status.APPROVED] * 3, 3)


@pytest.mark.parametrize("able", [True, False])
def test_a_late_comment_is_held_by_the_sweep_alone(room: Room, clock: Clock, able: bool) -> None:
    [comment_id] = room.store("A text")
    clock.forward(60)
    if able:
        room.worker(FixedScorer)._report()
        with room.database.transaction() as session:
            session.execute(update(WorkerRow).values(error=None))
    assert room.sweep()() == 1
    expected = Code.SCORER_LATE if able else Code.SCORER_UNAVAILABLE
    assert (room.status(comment_id), room.codes(comment_id)) == (Status.HELD, [expected])


def test_what_was_held_as_late_is_scored_afterwards(
    room: Room, worker: Worker, clock: Clock
) -> None:
    [comment_id] = room.store("A text")
    clock.forward(60)
    room.sweep()()
    worker.tick()
    assert (room.status(comment_id), room.codes(comment_id)) == (Status.APPROVED, [])


def test_a_worker_without_a_model_leaves_jobs_to_one_that_has_it(
    room: Room, worker: Worker, clock: Clock
) -> None:
    worker.tick()  # shows that it is alive

    def load() -> FixedScorer:
        raise ScorerUnavailable("told not to load")

    [comment_id] = room.store("A text")
    assert room.worker(load).tick() == 0
    assert room.status(comment_id) is Status.PROCESSING
    worker.tick()
    assert room.status(comment_id) is Status.APPROVED


def test_two_workers_at_once_decide_each_comment_once(room: Room) -> None:
    stored = room.store(*[f"Text {n}" for n in range(20)])
    workers = [room.worker(FixedScorer) for _ in range(3)]

    def work(worker: Worker) -> None:
        while worker.tick():
            pass

    threads = [threading.Thread(target=work, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert room.statuses() == [Status.APPROVED] * 20
    with room.database.reading() as session:
        decided = session.scalars(select(Event.comment_id).where(Event.change == Change.DECIDED))
        assert sorted(filter(None, decided)) == stored
