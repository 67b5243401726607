"""Agreement with and without the score, and what the machine let pass, as counted by hand."""

from collections.abc import Iterator

import pytest
from sqlalchemy import update

from moderation.flow.numbers.checks import AgreementRow, AuditRow, wilson
from moderation.models import Comment
from moderation.statuses import Change, Status
from tests.factories import make_site
from tests.flow.history import DAY, HOUR, NOON, History


@pytest.fixture
def seen(history: History) -> History:
    """The site of the history, on which each score is shown."""
    return history


@pytest.fixture
def unseen(history: History) -> Iterator[History]:
    """Likewise, where each is hidden, and all that the machine approves is looked at."""
    history.site.policy = {"hidden_score_share": 100, "audit_share": 100}
    yield history


def held(history: History, risk: int = 950, **more: object) -> Comment:
    return history.comment(risk=risk, **more)  # type: ignore[arg-type]


def agreed(history: History, band: int = 9) -> tuple[int, int, int, int]:
    row: AgreementRow = history.read().agreement[band]
    return row.hidden, row.hidden_approved, row.shown, row.shown_approved


def checked(history: History) -> tuple[int, int]:
    row: AuditRow = history.read().audit_total
    return row.looked_at, row.taken_down


# With and without the score


def test_decisions_are_told_apart_by_what_was_seen(history: History) -> None:
    history.decide(held(history))
    history.decide(held(history), Change.REJECTED)
    history.decide(held(history), Change.REJECTED)
    history.site.policy = {"hidden_score_share": 100}
    for _ in range(4):
        history.decide(held(history))
    history.decide(held(history), Change.REJECTED)
    history.decide(held(history, risk=810), Change.REJECTED)
    held(history)

    assert agreed(history) == (5, 4, 3, 1)
    assert agreed(history, 8) == (1, 0, 0, 0)
    row = history.read().agreement[9]
    assert (row.hidden_share, row.shown_share) == (0.8, None), "three are too few for a share"
    assert (row.from_percent, row.to_percent) == (90, 100)


def test_the_share_in_force_at_the_decision_counts(unseen: History) -> None:
    unseen.decide(held(unseen))
    unseen.site.policy = {"hidden_score_share": 0}
    assert agreed(unseen) == (1, 1, 0, 0)


def test_who_takes_back_and_decides_again_has_seen_it(unseen: History) -> None:
    comment = held(unseen)
    unseen.decide(comment)
    unseen.undo(comment, at=NOON + 2 * HOUR)
    assert agreed(unseen) == (0, 0, 0, 0)
    unseen.decide(comment, Change.REJECTED, at=NOON + 3 * HOUR)
    assert agreed(unseen) == (0, 0, 1, 0)


def test_putting_back_is_no_opinion(unseen: History) -> None:
    unseen.decide(held(unseen), Change.HELD)
    assert agreed(unseen) == (0, 0, 0, 0)


def test_what_was_not_held_says_nothing_of_holding(seen: History) -> None:
    seen.decide(seen.comment(Status.APPROVED, risk=950), Change.REJECTED)
    seen.decide(seen.comment(Status.REJECTED, risk=950))
    assert agreed(seen) == (0, 0, 0, 0)


def test_what_came_before_these_days_or_elsewhere_does_not_count(unseen: History) -> None:
    unseen.decide(held(unseen, at=NOON - 7 * DAY))
    other = make_site(unseen.session, "other")
    unseen.decide(held(unseen, site=other))
    assert agreed(unseen) == (0, 0, 1, 1)
    numbers = unseen.read(site=unseen.site)
    assert numbers.agreement[9].shown == numbers.agreement[9].hidden == 0


# The sample


def test_the_sample_counts_what_was_looked_at_and_what_was_taken_down(unseen: History) -> None:
    for number in range(6):
        comment = unseen.comment(Status.APPROVED, risk=20)
        unseen.decide(comment, Change.APPROVED if number else Change.REJECTED)
    unseen.comment(Status.APPROVED, risk=20)  # nobody looked yet
    unseen.decide(unseen.comment(Status.APPROVED, risk=150), Change.REJECTED)
    numbers = unseen.read()

    low, next_one = numbers.audit[:2]
    assert (low.looked_at, low.taken_down, low.share) == (6, 1, 1 / 6)
    assert (low.low, low.high) == wilson(1, 6)
    assert (next_one.looked_at, next_one.taken_down, next_one.share) == (1, 1, None)
    assert (next_one.low, next_one.high) == (None, None)
    assert checked(unseen) == (7, 2)


def test_what_was_not_drawn_is_no_sample(seen: History) -> None:
    for _ in range(5):
        seen.decide(seen.comment(Status.APPROVED, risk=20), Change.REJECTED)
    assert checked(seen) == (0, 0)


def test_a_look_that_was_taken_back_is_none(unseen: History) -> None:
    comment = unseen.comment(Status.APPROVED, risk=20)
    unseen.decide(comment, Change.REJECTED)
    assert checked(unseen) == (1, 1)
    unseen.undo(comment, at=NOON + 2 * HOUR)
    assert checked(unseen) == (0, 0)
    unseen.decide(comment, at=NOON + 3 * HOUR)
    assert checked(unseen) == (1, 0)


def test_one_that_was_held_first_and_then_rejected_was_missed(unseen: History) -> None:
    comment = unseen.comment(Status.APPROVED, risk=20)
    unseen.decide(comment, Change.HELD)
    assert checked(unseen) == (0, 0)
    unseen.decide(comment, Change.REJECTED, at=NOON + 2 * HOUR)
    assert checked(unseen) == (1, 1)


def test_what_was_erased_since_still_counts(unseen: History) -> None:
    comment = unseen.comment(Status.APPROVED, risk=20)
    unseen.decide(comment, Change.REJECTED)
    unseen.remove(comment)
    unseen.session.execute(update(Comment).values(risk=-1))

    assert checked(unseen) == (1, 1)
    assert sum(row.looked_at for row in unseen.read().audit) == 0, "nobody knows its band"


# The examples of R. G. Newcombe, Two-sided confidence intervals for the single proportion,
# Statistics in Medicine 17 (1998), 857-872: the score method without continuity correction.
@pytest.mark.parametrize(
    "hits, number, low, high",
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_the_one_in_print(hits: int, number: int, low: float, high: float) -> None:
    assert wilson(hits, number) == pytest.approx((low, high), abs=0.00005)
    mirrored = wilson(number - hits, number)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=0.00005)
