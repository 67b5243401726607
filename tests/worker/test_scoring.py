"""The worker: whatever happens to the scorer, nothing unscored is approved and nothing is lost."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from moderation.errors import ScorerUnavailable
from moderation.flow import jobs
from moderation.flow.review import decide_by_hand
from moderation.models import Job, Score, Site, WorkerRow
from moderation.scoring.score import Score as Numbers
from moderation.services import Services
from moderation.statuses import Change, Code, Status
from moderation.worker import PORTION, Worker
from tests.doubles import Clock, FixedScorer
from tests.factories import make_moderator
from tests.worker.room import Room

POISON = "poison"


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
