"""Edits at the same moment as scorers, moderators and other edits: one wins, on both databases."""

import datetime as dt

import pytest

from moderation.db import Database
from moderation.errors import VersionConflict
from moderation.flow import jobs
from moderation.models import Site
from moderation.privacy.vault import Vault
from moderation.statuses import Change, Status
from moderation.worker import Worker
from tests.doubles import INFO, Clock
from tests.factories import ARTICLE, score_of
from tests.flow.own.writer import NEW, OLD, Writer
from tests.together import together

DAY = dt.timedelta(days=1)
ROUNDS = 5


@pytest.fixture
def writer(database: Database, site: Site, vault: Vault, clock: Clock) -> Writer:
    return Writer(database, site, vault, clock)


def article(number: int) -> str:
    """A place where nothing was said yet: the same text twice in one is refused."""
    return f"{ARTICLE}/{number}"


def _claim(writer: Writer) -> jobs.Claim:
    with writer.database.transaction() as session:
        lease = dt.timedelta(seconds=30)
        return jobs.claim(session, now=writer.clock(), lease_for=lease, limit=8)


def _settle(writer: Writer, claim: jobs.Claim) -> bool:
    """The numbers of a clean text for what was claimed."""
    [claimed] = claim.comments
    with writer.database.transaction() as session:
        return jobs.settle(
            session,
            claimed,
            claim.lease,
            score_of(claimed.comment_id, {"toxicity": 0.01}),
            now=writer.clock(),
            presets=INFO.presets,
            readings=(),
            repeat_window=DAY,
        )


def test_the_score_of_the_old_text_settles_nothing_about_the_new(
    writer: Writer, worker: Worker
) -> None:
    writer.id = writer.store(Status.PROCESSING)
    claim = _claim(writer)
    writer.edit("You are all idiots.")

    assert _settle(writer, claim) is False
    assert (writer.comment.status, writer.comment.risk) == (Status.PROCESSING, -1)
    assert writer.job is not None and writer.job.lease is None
    worker.tick()
    assert writer.comment.status is Status.HELD


def test_a_scorer_that_gives_up_on_the_old_text_leaves_the_new_one_waiting(writer: Writer) -> None:
    writer.id = writer.store(Status.PROCESSING)
    claim = _claim(writer)
    writer.edit()
    with writer.database.transaction() as session:
        known = {"now": writer.clock(), "pause": DAY, "repeat_window": DAY}
        jobs.give_back(session, claim.comments[0], claim.lease, **known)  # type: ignore[arg-type]
    assert writer.comment.status is Status.PROCESSING
    assert writer.job is not None and writer.job.run_after == writer.clock()


def test_an_edit_and_a_score_at_once_leave_the_new_text_unscored_and_waiting(
    writer: Writer,
) -> None:
    for number in range(ROUNDS):
        writer.id = writer.store(Status.PROCESSING, article=article(number))
        claim = _claim(writer)

        together(lambda: writer.edit(seen=1), lambda claim=claim: _settle(writer, claim))

        assert (writer.comment.body, writer.comment.status) == (NEW, Status.PROCESSING)
        assert writer.job is not None and writer.job.lease is None
        with writer.database.transaction() as session:
            session.delete(session.merge(writer.job))


@pytest.mark.parametrize("change", [Change.APPROVED, Change.REJECTED])
def test_of_an_edit_and_a_decision_at_once_exactly_one_wins(writer: Writer, change: Change) -> None:
    for number in range(ROUNDS):
        writer.id = writer.store(Status.HELD, article=article(number))

        results = together(
            lambda: writer.edit(seen=2), lambda: writer.decide(change, seen=2)
        )  # fmt: skip

        refused = [each for each in results if isinstance(each, Exception)]
        assert len(refused) == 1, results
        is_edited = not isinstance(results[0], Exception)
        if is_edited:
            assert isinstance(results[1], VersionConflict)
        assert writer.comment.body == (NEW if is_edited else OLD)
        assert (writer.comment.status is Status.PROCESSING) is is_edited


def test_of_two_edits_at_once_one_wins_and_is_scored(writer: Writer) -> None:
    for number in range(ROUNDS):
        writer.id = writer.store(article=article(number))
        results = together(*(lambda t=t: writer.edit(t, seen=2) for t in ("One.", "Two.")))
        assert sum(isinstance(each, VersionConflict) for each in results) == 1, results
        assert writer.job is not None


def test_the_same_edit_sent_twice_at_once_is_one(writer: Writer) -> None:
    for number in range(ROUNDS):
        writer.id = writer.store(article=article(number))
        results = together(*([lambda: writer.edit(seen=2)] * 2))
        assert sum(each is None for each in results) == 1, results
        assert writer.job is not None


def test_of_an_edit_and_a_deletion_at_once_nothing_stays_of_the_text(writer: Writer) -> None:
    for number in range(ROUNDS):
        writer.id = writer.store(article=article(number))
        together(lambda: writer.edit(seen=2), lambda: writer.delete(seen=2))
        comment = writer.comment
        if comment.status is Status.DELETED:
            assert (comment.body, writer.job) == ("", None)
        else:
            assert (comment.body, comment.status) == (NEW, Status.PROCESSING)
