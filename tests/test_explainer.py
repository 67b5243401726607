"""Held comments are explained when nothing waits, and no failure of that harms a comment."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from moderation.db import Database
from moderation.flow import jobs
from moderation.flow.explanations import find_unexplained, keep_explanation
from moderation.flow.review import decide_by_hand
from moderation.models import Job, Score
from moderation.scoring.score import Span
from moderation.services import Services
from moderation.statuses import Change, Status
from moderation.worker import Worker
from tests.doubles import Clock, FixedScorer
from tests.factories import make_moderator
from tests.worker.room import Room


def work(worker: Worker) -> None:
    """Until there is nothing left to do."""
    while worker.tick():
        pass


def spans(room: Room, comment_id: int) -> list[list[int]] | Literal[False] | None:
    """What is stored with the comment's score."""
    with room.database.reading() as session:
        return session.scalars(select(Score.spans).where(Score.comment_id == comment_id)).one()


def test_held_comments_are_explained_and_nothing_else(
    room: Room, worker: Worker, scorer: FixedScorer
) -> None:
    clean, toxic = room.store("What a lovely tree.", "You idiot, you IDIOT.")
    named = room.store("Two links: http://a.org http://b.org http://c.org http://d.org")[0]
    work(worker)
    assert room.status(named) is Status.HELD
    assert spans(room, toxic) == [[4, 9], [15, 20]]
    assert (spans(room, clean), spans(room, named)) == (None, None)
    assert scorer.explained == [("You idiot, you IDIOT.", ("toxicity",))]


def test_what_waits_for_its_score_comes_first(
    room: Room, worker: Worker, scorer: FixedScorer
) -> None:
    room.store(*["You idiot."] * 10)
    worker.tick()
    worker.tick()
    assert (len(scorer.seen), scorer.explained) == (20, [])
    worker.tick()
    assert len(scorer.explained) == 1  # and no more, should something new come in
    work(worker)
    assert len(scorer.explained) == 10


def test_an_explanation_gives_way_to_a_new_comment_and_is_tried_again(room: Room) -> None:
    class Slow(FixedScorer):
        came: list[int] | None = None

        def explain(
            self, text: str, attributes: Sequence[str], between: Callable[[], None]
        ) -> list[Span]:
            self.came = self.came or room.store("What a lovely tree.")
            return super().explain(text, attributes, between)

    scorer = Slow()
    [toxic] = room.store("You idiot.")
    worker = room.worker(lambda: scorer)
    worker.tick()
    assert worker.tick() == 1  # so that it looks for the new one at once
    assert (spans(room, toxic), scorer.explained) == (None, [])
    worker.tick()
    assert room.statuses() == [Status.HELD, Status.APPROVED]
    work(worker)
    assert spans(room, toxic) == [[4, 9]]


def test_it_gives_way_only_to_what_it_could_score(room: Room, clock: Clock) -> None:
    """Neither to what another worker scores nor to what rests after a failure."""
    scorer = FixedScorer()
    worker = room.worker(lambda: scorer)
    [toxic] = room.store("You idiot.")
    worker.tick()
    room.store("One", "Two")
    with room.database.transaction() as session:
        taken = jobs.claim(session, now=clock(), lease_for=dt.timedelta(seconds=30), limit=1)
        session.execute(
            update(Job)
            .where(Job.comment_id != taken.comments[0].comment_id)
            .values(run_after=clock() + dt.timedelta(seconds=30))
        )
    worker.tick()
    assert spans(room, toxic) == [[4, 9]]


def test_a_database_that_fails_meanwhile_is_no_failed_explanation(
    room: Room, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_seen: object, **_known: object) -> bool:
        raise OperationalError("select", {}, Exception("told to fail"))

    [toxic] = room.store("You idiot.")
    worker.tick()
    with monkeypatch.context() as patch, pytest.raises(OperationalError):
        patch.setattr(jobs, "any_due", fail)
        worker.tick()
    assert spans(room, toxic) is None
    work(worker)
    assert spans(room, toxic) == [[4, 9]]


def test_it_explains_outside_any_transaction(room: Room) -> None:
    class Watching(FixedScorer):
        open: int | None = None

        def explain(
            self, text: str, attributes: Sequence[str], between: Callable[[], None]
        ) -> list[Span]:
            self.open = room.database.engine.pool.checkedout()  # type: ignore[attr-defined]
            return super().explain(text, attributes, between)

    scorer = Watching()
    room.store("You idiot.")
    work(room.worker(lambda: scorer))
    assert scorer.open == 0


@pytest.mark.parametrize("error", [RuntimeError("told to fail"), MemoryError(), ValueError()])
def test_what_cannot_be_explained_stays_held_and_is_not_tried_again(
    room: Room, error: Exception, clock: Clock
) -> None:
    class Failing(FixedScorer):
        def explain(
            self, text: str, attributes: Sequence[str], between: Callable[[], None]
        ) -> list[Span]:
            super().explain(text, attributes, between)
            if "poison" in text:
                raise error
            return [(4, 9)]

    scorer = Failing()
    poison, other = room.store("You idiot, poison", "You idiot.")
    worker = room.worker(lambda: scorer)
    work(worker)
    clock.forward(60)
    work(worker)
    assert room.statuses() == [Status.HELD, Status.HELD]
    assert (spans(room, poison), spans(room, other)) == (False, [[4, 9]])
    assert len(scorer.explained) == 2


def test_a_comment_that_moved_meanwhile_keeps_no_old_explanation(
    room: Room, worker: Worker, services: Services, clock: Clock, scorer: FixedScorer
) -> None:
    [comment_id] = room.store("You idiot.")
    worker.tick()
    with room.database.reading() as session:
        found = find_unexplained(session, scorer.info)
    assert found
    with room.database.transaction() as session:
        grace = make_moderator(session, services.vault)
        change = Change.APPROVED
        decide_by_hand(session, comment_id, change, version_seen=2, moderator=grace, now=clock())
        keep_explanation(session, found, [(4, 9)], scorer.info)
    assert spans(room, comment_id) is None
    with room.database.reading() as session:
        assert find_unexplained(session, scorer.info) is None


def test_a_new_score_is_explained_anew(room: Room, worker: Worker, scorer: FixedScorer) -> None:
    [comment_id] = room.store("You idiot.")
    work(worker)
    with room.database.transaction() as session:
        old = session.get_one(Score, comment_id)
        facts = {c.key: getattr(old, c.key) for c in Score.__table__.columns if c.key != "spans"}
        session.delete(old)
        session.flush()
        session.add(Score(**facts))
    worker._explain._look_after = None
    work(worker)
    assert spans(room, comment_id) == [[4, 9]]
    assert len(scorer.explained) == 2


def test_another_models_score_is_not_explained(
    room: Room, worker: Worker, scorer: FixedScorer
) -> None:
    [comment_id] = room.store("You idiot.")
    worker.tick()
    scorer.info = replace(scorer.info, checkpoint="ffffffffffff")
    worker.tick()
    assert spans(room, comment_id) is None


def test_it_rests_when_there_is_nothing_to_explain(
    room: Room, worker: Worker, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[object] = []
    monkeypatch.setattr("moderation.explainer.find_unexplained", lambda *seen: looks.append(seen))
    for _ in range(10):
        worker.tick()
        clock.forward(1)
    assert len(looks) == 2


def test_a_failure_is_logged_by_id_without_the_text(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(FixedScorer):
        def explain(
            self, text: str, attributes: Sequence[str], between: Callable[[], None]
        ) -> list[Span]:
            raise ValueError(text)

    [comment_id] = room.store("You secret idiot.")
    work(room.worker(Failing))
    assert f"'comment': {comment_id}" in caplog.text and "explaining_failed" in caplog.text
    assert "secret" not in caplog.text


@pytest.fixture
def room(database: Database, clock: Clock) -> Room:
    return Room(database, clock)
