"""The worker: whatever happens to the scorer, nothing unscored is approved and nothing is lost."""

import datetime as dt
import itertools
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError

from moderation.db import Database
from moderation.errors import ScorerUnavailable
from moderation.flow import jobs
from moderation.flow.review import decide_by_hand
from moderation.models import Comment, Event, FindingRow, Job, Score, Site, WorkerRow
from moderation.scoring.score import Score as Numbers
from moderation.services import Services
from moderation.statuses import Change, Code, Status
from moderation.sweep import Sweep
from moderation.worker import PORTION, Worker
from tests.doubles import Clock, FixedScorer
from tests.factories import make_comment, make_moderator, make_site

DAY = dt.timedelta(days=1)
POISON = "poison"


class Room:
    """One site, its comments and workers over one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock
        with database.transaction() as session:
            self.site_id = make_site(session).id

    def store(self, *bodies: str, name: str = "Ada") -> list[int]:
        """Comments that wait for their score."""
        with self.database.transaction() as session:
            site = session.get_one(Site, self.site_id)
            return [
                make_comment(
                    session,
                    site,
                    status=Status.PROCESSING,
                    body=body,
                    name=name,
                    now=self.clock(),
                ).id
                for body in bodies
            ]

    def worker(self, load: Callable[[], Any], *, sweep: Sweep | None = None) -> Worker:
        return Worker(
            self.database,
            load,
            sweep or self.sweep(),
            model="double",
            batch=8,
            lease=dt.timedelta(seconds=30),
            repeat_window=DAY,
            clock=self.clock,
        )

    def sweep(self) -> Sweep:
        return Sweep(
            self.database,
            deadline=dt.timedelta(seconds=60),
            repeat_window=DAY,
            clock=self.clock,
            grace=0,
        )

    def status(self, comment_id: int) -> Status:
        with self.database.reading() as session:
            return session.get_one(Comment, comment_id).status

    def statuses(self) -> list[Status]:
        with self.database.reading() as session:
            return list(session.scalars(select(Comment.status).order_by(Comment.id)))

    def codes(self, comment_id: int) -> list[Code]:
        with self.database.reading() as session:
            query = select(FindingRow.code).where(FindingRow.comment_id == comment_id)
            return list(session.scalars(query))

    def decided(self) -> int:
        """How many decisions of the machine the log holds."""
        with self.database.reading() as session:
            query = select(Event.id).where(Event.change == Change.DECIDED)
            return len(session.scalars(query).all())

    def count(self, model: Any) -> int:
        with self.database.reading() as session:
            return len(session.scalars(select(model)).all())


def test_it_publishes_the_clean_and_holds_the_toxic(room: Room, worker: Worker) -> None:
    clean, toxic = room.store("What a lovely tree.", "You idiot.")
    assert worker.tick() == 2
    assert room.status(clean) is Status.APPROVED
    assert (room.status(toxic), room.codes(toxic)) == (Status.HELD, [Code.TOXICITY])
    assert room.count(Job) == 0
    assert [worker.tick(), worker.tick()] == [1, 0]  # the toxic one is explained


def test_it_scores_the_name_too_since_it_is_as_public_as_the_text(
    room: Room, worker: Worker
) -> None:
    (comment_id,) = room.store("What a lovely tree.", name="You idiot")
    worker.tick()
    assert (room.status(comment_id), room.codes(comment_id)) == (Status.HELD, [Code.TOXICITY])


@pytest.mark.parametrize("where", ["name", "body"])
def test_a_listed_word_that_the_scorer_read_beneath_a_disguise_is_held(
    room: Room, where: str
) -> None:
    class Reading(FixedScorer):
        def score(self, texts: Sequence[str]) -> list[Numbers]:
            plain = [(text.replace("3", "e"),) if "3" in text else () for text in texts]
            scores = zip(super().score(texts), plain, strict=True)
            return [replace(score, readings=reading) for score, reading in scores]

    with room.database.transaction() as session:
        session.get_one(Site, room.site_id).policy = {"suspect_words": ["zebra"]}
    typed = {"name": "Ada", "body": "What a lovely tree.", where: "A z3bra"}
    (comment_id,) = room.store(typed["body"], name=typed["name"])
    room.worker(Reading).tick()
    assert (room.status(comment_id), room.codes(comment_id)) == (Status.HELD, [Code.SUSPECT_WORD])


def test_it_works_in_batches(room: Room, worker: Worker) -> None:
    room.store(*[f"Text {n}" for n in range(10)])
    assert [worker.tick() for _ in range(3)] == [8, 2, 0]


def test_short_comments_of_a_batch_are_settled_before_a_long_one_is_scored(room: Room) -> None:
    class Watching(FixedScorer):
        seen_before_long: list[Status] | None = None

        def score(self, texts: Sequence[str]) -> list[Numbers]:
            if max(map(len, texts)) > PORTION / 2:
                self.seen_before_long = room.statuses()
            return super().score(texts)

    scorer = Watching()
    room.store("A long walk. " * (PORTION // 14), "Thank you.", "A text " * 100)

    assert room.worker(lambda: scorer).tick() == 3

    assert scorer.seen_before_long == [Status.PROCESSING, Status.APPROVED, Status.APPROVED]
    assert room.count(Job) == 0


def test_it_scores_outside_any_transaction(room: Room) -> None:
    class Watching(FixedScorer):
        open: int | None = None

        def score(self, texts: Sequence[str]) -> list[Numbers]:
            self.open = room.database.engine.pool.checkedout()  # type: ignore[attr-defined]
            return super().score(texts)

    scorer = Watching()
    room.store("A text")
    room.worker(lambda: scorer).tick()
    assert scorer.open == 0


def test_a_model_that_does_not_load_holds_and_is_loaded_when_it_can(
    room: Room, scorer: FixedScorer, clock: Clock
) -> None:
    can_load = False

    def load() -> FixedScorer:
        if not can_load:
            raise ScorerUnavailable("told not to load")
        return scorer

    worker = room.worker(load)
    clean, toxic = room.store("What a lovely tree.", "You idiot.")
    worker.tick()
    assert room.statuses() == [Status.HELD, Status.HELD]
    assert room.codes(clean) == [Code.SCORER_UNAVAILABLE]
    for _ in range(12):  # an outage of an hour: pauses have grown to their longest
        clock.forward(300)
        worker.tick()
    can_load = True
    clock.forward(10)
    worker.tick()
    assert (room.status(clean), room.status(toxic)) == (Status.APPROVED, Status.HELD)
    assert (room.codes(clean), room.codes(toxic)) == ([], [Code.TOXICITY])


@pytest.mark.parametrize("error", [OSError("disk"), MemoryError(), ValueError("a text")])
def test_whatever_loading_raises_the_comments_are_held(room: Room, error: Exception) -> None:
    def load() -> FixedScorer:
        raise error

    [comment_id] = room.store("A text")
    worker = room.worker(load)
    worker.tick()
    assert (room.status(comment_id), room.codes(comment_id)) == (
        Status.HELD,
        [Code.SCORER_UNAVAILABLE],
    )
    with room.database.reading() as session:
        assert session.scalars(select(WorkerRow.error)).one() == "scorer_unavailable"


def test_loading_is_tried_every_ten_seconds_not_each_round(room: Room, clock: Clock) -> None:
    tries = []

    def load() -> FixedScorer:
        tries.append(clock())
        raise ScorerUnavailable("told not to load")

    worker = room.worker(load)
    for _ in range(21):
        worker.tick()
        clock.forward(1)
    assert len(tries) == 3


def test_what_a_human_decided_during_an_outage_stands(
    room: Room, worker: Worker, scorer: FixedScorer, clock: Clock, services: Services
) -> None:
    scorer.broken = True
    rejected, untouched = room.store("One", "Two")
    worker.tick()
    with room.database.transaction() as session:
        grace = make_moderator(session, services.vault)
        decide_by_hand(
            session, rejected, Change.REJECTED, version_seen=2, moderator=grace, now=clock()
        )
    scorer.broken = False
    clock.forward(2)
    worker.tick()
    assert (room.status(rejected), room.status(untouched)) == (Status.REJECTED, Status.APPROVED)
    assert room.count(Score) == 2
    assert room.count(Job) == 0


def test_a_broken_scorer_holds_and_is_asked_again(
    room: Room, worker: Worker, scorer: FixedScorer, clock: Clock
) -> None:
    scorer.broken = True
    [comment_id] = room.store("A text")
    worker.tick()
    assert (room.status(comment_id), room.codes(comment_id)) == (
        Status.HELD,
        [Code.SCORER_UNAVAILABLE],
    )
    scorer.broken = False
    assert worker.tick() == 0  # it rests
    clock.forward(2)
    worker.tick()
    assert room.status(comment_id) is Status.APPROVED


class Telling(FixedScorer):
    """Says when it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.scored = threading.Event()

    def score(self, texts: Sequence[str]) -> list[Numbers]:
        self.scored.set()
        return super().score(texts)


class Failing(FixedScorer):
    """Fails in one way on batches that hold the poison."""

    def __init__(self, how: Callable[[list[Numbers]], list[Numbers]]) -> None:
        super().__init__()
        self._how = how

    def score(self, texts: Sequence[str]) -> list[Numbers]:
        known = [Numbers({"toxicity": 0.0, "insult": 0.0}, True, "en") for _ in texts]
        return self._how(known) if POISON in texts else known


def _raise(error: Exception) -> Callable[[list[Numbers]], list[Numbers]]:
    def fail(_known: list[Numbers]) -> list[Numbers]:
        raise error

    return fail


def _all(**attributes: float) -> Callable[[list[Numbers]], list[Numbers]]:
    return lambda known: [Numbers(attributes, True, "en") for _ in known]


FAILURES = {
    "unavailable": _raise(ScorerUnavailable("told to fail")),
    "error": _raise(RuntimeError("told to fail")),
    "memory": _raise(MemoryError()),
    "timeout": _raise(TimeoutError()),
    "too few": lambda known: known[:-1],
    "too many": lambda known: [*known, known[0]],
    "nothing": lambda _known: [],
    "not a number": _all(toxicity=math.nan, insult=0.0),
    "infinite": _all(toxicity=-math.inf),
    "no attributes": _all(),
    "other attributes": _all(wit=0.0),
}


@pytest.mark.parametrize("how", FAILURES)
def test_what_nobody_scored_is_never_approved(room: Room, how: str) -> None:
    comment_id, *others = room.store(POISON, "One", "Two")
    worker = room.worker(lambda: Failing(FAILURES[how]))
    worker.tick()
    assert (room.status(comment_id), room.codes(comment_id)) == (
        Status.HELD,
        [Code.SCORER_UNAVAILABLE],
    )
    if how not in ("no attributes", "other attributes"):  # these answer for the whole batch
        assert [room.status(other) for other in others] == [Status.APPROVED] * 2


def test_a_poisonous_text_delays_only_itself(room: Room, clock: Clock) -> None:
    scorer = Failing(FAILURES["unavailable"])
    worker = room.worker(lambda: scorer)
    room.store(POISON)
    for number in range(20):
        clock.forward(30)
        [comment_id] = room.store(f"Text {number}")
        worker.tick()
        assert room.status(comment_id) is Status.APPROVED
    assert room.statuses()[0] is Status.HELD
    with room.database.reading() as session:
        assert session.scalars(select(Job.attempts)).one() < 10  # ever more rarely


def test_a_comment_that_cannot_be_settled_delays_only_itself(
    room: Room, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = room.store("One", "Two")
    settle = jobs.settle

    def fail_on_one(session: Any, claimed: jobs.Claimed, *args: Any, **known: Any) -> bool:
        if claimed.comment_id == broken:
            raise ValueError("told to fail")
        return settle(session, claimed, *args, **known)

    monkeypatch.setattr(jobs, "settle", fail_on_one)
    worker.tick()
    assert (room.status(broken), room.status(fine)) == (Status.HELD, Status.APPROVED)


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
