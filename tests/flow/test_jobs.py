"""The scoring jobs: nobody works on another's, nothing settles late, nothing waits for ever."""

import datetime as dt

import pytest
from sqlalchemy import select, update

from moderation.db import Database
from moderation.flow import decide as deciding
from moderation.flow import jobs
from moderation.flow.review import decide_by_hand
from moderation.models import Comment, Event, FindingRow, Job, Score, Site, WorkerRow
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, Code, Status
from tests.doubles import INFO, NOON, Clock
from tests.factories import make_comment, make_moderator
from tests.together import together

DAY = dt.timedelta(days=1)
LEASE = dt.timedelta(seconds=30)
MINUTE = dt.timedelta(seconds=60)


class Desk:
    """Stores comments and works on their jobs, each step in a transaction of its own."""

    def __init__(self, database: Database, site: Site, clock: Clock) -> None:
        self.database, self.site, self.clock = database, site, clock

    def store(self, count: int = 1) -> list[int]:
        """Comments that wait for their score."""
        with self.database.transaction() as session:
            site = session.merge(self.site)
            return [
                make_comment(
                    session, site, status=Status.PROCESSING, body=f"Text {n}", now=self.clock()
                ).id
                for n in range(count)
            ]

    def claim(self, limit: int = 8) -> jobs.Claim:
        with self.database.transaction() as session:
            return jobs.claim(session, now=self.clock(), lease_for=LEASE, limit=limit)

    def is_due(self) -> bool:
        """Whether a claim would find something."""
        with self.database.transaction() as session:
            due = bool(jobs.claim(session, now=self.clock(), lease_for=LEASE, limit=8).comments)
            session.rollback()
        return due

    def settle(self, claimed: jobs.Claimed, lease: str, toxicity: float = 0.1) -> bool:
        score = Score(
            comment_id=claimed.comment_id,
            model="double",
            checkpoint="0123456789ab",
            graph="int8",
            normaliser=1,
            attributes={"toxicity": toxicity},
            complete=True,
            language="en",
            languages=["en"],
            has_words=True,
            created_at=self.clock(),
        )
        with self.database.transaction() as session:
            return jobs.settle(
                session,
                claimed,
                lease,
                score,
                now=self.clock(),
                presets=INFO.presets,
                readings=(),
                repeat_window=DAY,
            )

    def give_back(self, claim: jobs.Claim) -> None:
        with self.database.transaction() as session:
            for claimed in claim.comments:
                pause = jobs.pause_after(claimed.attempts)
                jobs.give_back(
                    session, claimed, claim.lease, now=self.clock(), pause=pause, repeat_window=DAY
                )

    def hold_late(self, **limits: int) -> int:
        with self.database.transaction() as session:
            return jobs.hold_late(
                session, now=self.clock(), deadline=MINUTE, repeat_window=DAY, **limits
            )

    def comment(self, comment_id: int) -> Comment:
        with self.database.reading() as session:
            return session.get_one(Comment, comment_id)

    def job(self, comment_id: int) -> Job | None:
        with self.database.reading() as session:
            return session.get(Job, comment_id)

    def codes(self, comment_id: int) -> list[Code]:
        with self.database.reading() as session:
            query = select(FindingRow.code).where(FindingRow.comment_id == comment_id)
            return list(session.scalars(query))

    def report(self, name: str = "w", error: str | None = None) -> None:
        row = WorkerRow(
            id=name, model="double", model_version="v1", error=error, seen_at=self.clock()
        )
        with self.database.transaction() as session:
            jobs.report_worker(session, row)


def test_a_claim_takes_the_oldest_with_their_texts(desk: Desk, clock: Clock) -> None:
    old = desk.store(2)
    clock.forward(1)
    young = desk.store(2)
    first, second = desk.claim(limit=3), desk.claim(limit=3)
    assert [c.comment_id for c in first.comments] == [*old, young[0]]
    assert [c.comment_id for c in second.comments] == young[1:]
    assert first.comments[0] == jobs.Claimed(
        old[0], version=1, name="Ada", body="Text 0", attempts=1
    )
    assert desk.claim().comments == ()


def test_a_claimed_job_is_nobody_elses_until_its_lease_ends(desk: Desk, clock: Clock) -> None:
    [comment_id] = desk.store()
    first = desk.claim()
    clock.forward(29.9)
    assert desk.claim().comments == ()
    clock.forward(0.1)
    second = desk.claim()
    assert [c.comment_id for c in second.comments] == [comment_id]
    assert second.comments[0].attempts == 2
    assert first.lease != second.lease


def test_a_text_that_kills_its_workers_comes_up_ever_more_rarely(desk: Desk, clock: Clock) -> None:
    desk.store()
    waits = []
    for _ in range(9):
        assert desk.claim().comments  # and the worker dies
        with desk.database.transaction() as session:
            jobs.wake_waiting(session, now=clock())  # another starts
        start = clock.now
        while not desk.is_due():
            clock.forward(10)
        waits.append((clock.now - start).total_seconds())
    assert waits[0] == 30
    assert waits == sorted(waits)
    assert waits[-1] == 300


def test_claims_at_the_same_moment_never_share_a_job(desk: Desk) -> None:
    stored = desk.store(20)
    claims = together(*[lambda: desk.claim(limit=5)] * 6)
    taken = [c.comment_id for claim in claims for c in claim.comments]
    assert len(taken) == len(set(taken))
    taken += [c.comment_id for c in desk.claim(limit=20).comments]
    assert sorted(taken) == stored  # and none is forgotten


def test_settling_decides_keeps_the_score_and_ends_the_job(desk: Desk) -> None:
    clean, toxic = desk.store(2)
    claim = desk.claim()
    assert desk.settle(claim.comments[0], claim.lease)
    assert desk.settle(claim.comments[1], claim.lease, toxicity=0.9)
    assert (desk.comment(clean).status, desk.comment(toxic).status) == (
        Status.APPROVED,
        Status.HELD,
    )
    assert desk.job(clean) is None
    with desk.database.reading() as session:
        assert session.get_one(Score, toxic).attributes == {"toxicity": 0.9}


def test_settling_twice_decides_once(desk: Desk) -> None:
    [comment_id] = desk.store()
    claim = desk.claim()
    answers = together(*[lambda: desk.settle(claim.comments[0], claim.lease)] * 4)
    assert sorted(answers) == [False, False, False, True]
    assert desk.comment(comment_id).version == 2


def test_who_lost_the_lease_settles_nothing(desk: Desk, clock: Clock) -> None:
    [comment_id] = desk.store()
    slow = desk.claim()
    clock.forward(30)
    fast = desk.claim()
    assert not desk.settle(slow.comments[0], slow.lease, toxicity=0.9)
    desk.give_back(slow)
    assert desk.comment(comment_id).status is Status.PROCESSING
    assert desk.settle(fast.comments[0], fast.lease)
    assert desk.comment(comment_id).status is Status.APPROVED


def test_a_comment_that_moved_meanwhile_is_scored_again(desk: Desk, clock: Clock) -> None:
    [comment_id] = desk.store()
    claim = desk.claim()
    clock.forward(61)
    assert desk.hold_late() == 1  # moves the version
    assert not desk.settle(claim.comments[0], claim.lease)
    assert desk.comment(comment_id).status is Status.HELD
    again = desk.claim()
    assert again.comments[0].version == 2
    assert desk.settle(again.comments[0], again.lease)
    assert desk.comment(comment_id).status is Status.APPROVED
    assert desk.codes(comment_id) == []


def test_what_a_human_decided_meanwhile_stands_and_gains_the_score(
    desk: Desk, vault: Vault, clock: Clock
) -> None:
    [comment_id] = desk.store()
    clock.forward(61)
    desk.hold_late()
    claim = desk.claim()
    with desk.database.transaction() as session:
        grace = make_moderator(session, vault)
        decide_by_hand(
            session, comment_id, Change.REJECTED, version_seen=2, moderator=grace, now=clock()
        )
    assert not desk.settle(claim.comments[0], claim.lease)
    again = desk.claim()
    assert desk.settle(again.comments[0], again.lease)
    comment = desk.comment(comment_id)
    assert (comment.status, comment.decided_by, comment.version) == (
        Status.REJECTED,
        Actor.MODERATOR,
        3,
    )
    assert desk.job(comment_id) is None
    with desk.database.reading() as session:
        assert session.get(Score, comment_id) is not None


def test_what_came_back_unscored_is_held_and_tried_again_later(desk: Desk, clock: Clock) -> None:
    [comment_id] = desk.store()
    desk.give_back(desk.claim())
    assert desk.comment(comment_id).status is Status.HELD
    assert desk.codes(comment_id) == [Code.SCORER_UNAVAILABLE]
    assert desk.claim().comments == ()
    clock.forward(2)
    again = desk.claim()
    desk.give_back(again)
    assert desk.comment(comment_id).version == 2  # held once, not once more for each try
    clock.forward(4)
    third = desk.claim()
    assert desk.settle(third.comments[0], third.lease)
    assert desk.comment(comment_id).status is Status.APPROVED


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 2), (2, 4), (3, 8), (8, 256), (9, 300), (10**6, 300)]
)
def test_pauses_grow_up_to_five_minutes(attempts: int, seconds: int) -> None:
    assert jobs.pause_after(attempts) == dt.timedelta(seconds=seconds)


def test_a_scorer_that_is_back_gets_all_that_rested(desk: Desk, clock: Clock) -> None:
    stored = desk.store(3)
    for _ in range(12):  # a long outage
        desk.give_back(desk.claim())
        clock.forward(300)
    desk.give_back(desk.claim())
    assert desk.claim().comments == ()
    with desk.database.transaction() as session:
        jobs.wake_waiting(session, now=clock())
    assert [c.comment_id for c in desk.claim().comments] == stored


def test_waking_waits_for_no_other_worker(desk: Desk, clock: Clock) -> None:
    desk.store(2)
    first = desk.claim(limit=1)
    desk.give_back(first)
    with desk.database.transaction() as session:
        jobs.wake_waiting(session, now=clock())
    assert len(desk.claim().comments) == 2


@pytest.mark.parametrize(
    ("worker", "code"),
    [
        ("able", Code.SCORER_LATE),
        ("unable", Code.SCORER_UNAVAILABLE),
        ("gone", Code.SCORER_UNAVAILABLE),
        (None, Code.SCORER_UNAVAILABLE),
    ],
)
def test_what_waits_too_long_is_held_and_says_why(
    desk: Desk, clock: Clock, worker: str | None, code: Code
) -> None:
    [comment_id] = desk.store()
    if worker == "gone":
        desk.report()
    clock.forward(59.9)
    assert desk.hold_late() == 0
    if worker in ("able", "unable"):
        desk.report(error=None if worker == "able" else "scorer_unavailable")
    clock.forward(0.1)
    assert desk.hold_late() == 1
    assert (desk.comment(comment_id).status, desk.codes(comment_id)) == (Status.HELD, [code])
    assert desk.job(comment_id) is not None  # still to be scored
    assert desk.hold_late() == 0


def test_a_rule_that_breaks_on_one_comment_holds_the_others_too(
    desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = desk.store(3)
    clock.forward(61)
    rules = deciding.evaluate

    def break_on_text_1(context: object) -> object:
        if "Text 1" in str(context):
            raise ValueError("told to break")
        return rules(context)  # type: ignore[arg-type]

    monkeypatch.setattr(deciding, "evaluate", break_on_text_1)
    assert desk.hold_late() == 3
    assert {desk.comment(comment_id).status for comment_id in stored} == {Status.HELD}
    assert desk.codes(stored[1]) == [Code.RULE_FAILED]
    assert desk.codes(stored[2]) == [Code.SCORER_UNAVAILABLE]


def test_many_late_comments_are_held_bit_by_bit(desk: Desk, clock: Clock) -> None:
    desk.store(5)
    clock.forward(61)
    assert [desk.hold_late(limit=2) for _ in range(4)] == [2, 2, 1, 0]


def test_sweeps_at_the_same_moment_hold_each_comment_once(desk: Desk, clock: Clock) -> None:
    stored = desk.store(6)
    clock.forward(61)
    assert sum(together(*[desk.hold_late] * 4)) == 6
    with desk.database.reading() as session:
        decided = session.scalars(select(Event.comment_id).where(Event.change == "decided")).all()
    assert sorted(decided) == stored


def test_a_sweep_and_a_scorer_at_the_same_moment_agree(desk: Desk, clock: Clock) -> None:
    stored = desk.store(6)
    claim = desk.claim()
    clock.forward(61)

    def settle_all() -> list[bool]:
        return [desk.settle(claimed, claim.lease) for claimed in claim.comments]

    settled, held = together(settle_all, desk.hold_late)
    assert sum(settled) + held >= 6  # each was decided by one or by both, one after the other
    for comment_id, was_settled in zip(stored, settled, strict=True):
        expected = Status.APPROVED if was_settled else Status.HELD
        assert desk.comment(comment_id).status is expected


def test_signs_of_life_end_after_a_while_and_leave_no_rows(desk: Desk, clock: Clock) -> None:
    desk.report("a")
    desk.report("a")
    desk.report("b", error="scorer_unavailable")
    with desk.database.reading() as session:
        assert [row.id for row in jobs.live_workers(session, now=clock())] == ["a", "b"]
        assert jobs.any_scorer(session, now=clock())
    clock.forward(16)
    with desk.database.reading() as session:
        assert jobs.live_workers(session, now=clock()) == []
        assert not jobs.any_scorer(session, now=clock())
    clock.forward(DAY.total_seconds())
    desk.report("c")
    with desk.database.reading() as session:
        assert session.scalars(select(WorkerRow.id)).all() == ["c"]


def test_it_counts_what_waits(desk: Desk) -> None:
    desk.store(3)
    claim = desk.claim(limit=1)
    desk.settle(claim.comments[0], claim.lease)
    with desk.database.reading() as session:
        assert jobs.count_waiting(session) == 2


@pytest.mark.parametrize("status", [Status.APPROVED, Status.REJECTED, Status.DELETED])
def test_nothing_decided_is_held_for_being_late(desk: Desk, clock: Clock, status: Status) -> None:
    [comment_id] = desk.store()
    with desk.database.transaction() as session:
        session.execute(update(Comment).values(status=status))
    clock.forward(3_600)
    assert desk.hold_late() == 0
    desk.give_back(desk.claim())
    assert desk.comment(comment_id).status is status


@pytest.fixture
def desk(database: Database, site: Site, clock: Clock) -> Desk:
    assert clock() == NOON
    return Desk(database, site, clock)
