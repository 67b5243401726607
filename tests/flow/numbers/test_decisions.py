"""Waits and decisions by moderator are those that somebody counts by hand."""

import pytest

from moderation.flow.numbers.decisions import median, percentile
from moderation.statuses import Change, Status
from tests.doubles import NOON
from tests.flow.history import DAY, HOUR, MINUTE, History

# Waits


def test_the_wait_is_from_held_to_a_persons_decision(history: History) -> None:
    for minutes in (1, 2, 3, 10):
        history.decide(history.comment(), at=NOON + minutes * MINUTE)
    history.decide(history.comment(at=NOON - DAY), Change.REJECTED, at=NOON - DAY + MINUTE)
    history.decide(history.comment(Status.APPROVED), Change.REJECTED, at=NOON + 5 * HOUR)

    *_, yesterday, today = history.read().waits

    assert (today.decisions, today.median_seconds, today.p95_seconds) == (4, 150, 600)
    assert (yesterday.decisions, yesterday.median_seconds, yesterday.p95_seconds) == (1, 60, 60)


def test_an_undone_decision_neither_counts_nor_begins_the_wait_anew(history: History) -> None:
    comment = history.comment(at=NOON - DAY)
    history.decide(comment, at=NOON - DAY + MINUTE)
    history.undo(comment, at=NOON - DAY + 2 * MINUTE)
    history.decide(comment, Change.REJECTED, at=NOON)

    *_, yesterday, today = history.read().waits

    assert yesterday.decisions == 0
    assert (today.decisions, today.median_seconds) == (1, DAY.total_seconds())


def test_the_machine_holding_again_does_not_begin_the_wait_anew(history: History) -> None:
    comment = history.comment()
    history.machine(comment, Status.HELD, at=NOON + HOUR)
    history.decide(comment, at=NOON + 2 * HOUR)

    assert history.read().waits[-1].median_seconds == 2 * HOUR.total_seconds()


def test_putting_back_is_no_end_of_a_wait_and_begins_one(history: History) -> None:
    comment = history.comment(Status.APPROVED)
    history.decide(comment, Change.HELD, at=NOON + HOUR)
    history.decide(comment, Change.REJECTED, at=NOON + HOUR + MINUTE)

    today = history.read().waits[-1]
    assert (today.decisions, today.median_seconds) == (1, 60)


def test_a_person_who_holds_what_is_held_does_not_end_its_wait(history: History) -> None:
    comment = history.comment()
    history.decide(comment, Change.HELD, at=NOON + MINUTE)
    history.decide(comment, at=NOON + HOUR)

    today = history.read().waits[-1]
    assert (today.decisions, today.median_seconds) == (1, HOUR.total_seconds())


@pytest.mark.parametrize(
    "values, middle, ninety_five",
    [
        ([], None, None),
        ([7], 7, 7),
        ([1, 2], 1.5, 2),
        ([3, 1, 2], 2, 3),
        (list(range(1, 21)), 10.5, 19),
        (list(range(1, 101)), 50.5, 95),
    ],
)
def test_median_and_percentile_are_exact(
    values: list[float], middle: float | None, ninety_five: float | None
) -> None:
    assert (median(values), percentile(values, 95)) == (middle, ninety_five)


# Moderators


def test_decisions_by_moderator(history: History) -> None:
    for minutes in (1, 3):
        history.decide(history.comment(), at=NOON + minutes * MINUTE, by=history.linus)
    history.decide(history.comment(), Change.REJECTED, at=NOON + 5 * MINUTE, by=history.linus)
    slip = history.comment()
    history.decide(slip, at=NOON + HOUR, by=history.linus)
    history.undo(slip, at=NOON + 2 * HOUR, by=history.grace)
    history.decide(slip, Change.REJECTED, at=NOON + 3 * HOUR, by=history.grace)
    history.decide(history.comment(Status.APPROVED), Change.HELD, by=history.grace)

    linus, grace = history.read().moderators

    assert (linus.moderator, linus.moderator_id) == ("Linus", history.linus.id)
    assert (linus.approved, linus.rejected, linus.put_back, linus.undone) == (3, 1, 0, 1)
    assert linus.median_seconds == 180
    assert (grace.approved, grace.rejected, grace.put_back, grace.undone) == (0, 1, 1, 0)
    assert grace.median_seconds == 3 * 3600
