"""The length of the queue at the end of each day is that of the history."""

from moderation.statuses import Change, Status
from tests.doubles import NOON
from tests.flow.history import DAY, HOUR, History


def test_the_queue_at_the_end_of_each_day(history: History) -> None:
    old = history.comment(at=NOON - 20 * DAY)
    two_days_ago = [history.comment(at=NOON - 2 * DAY) for _ in range(3)]
    history.comment(Status.APPROVED, at=NOON - 2 * DAY)
    history.decide(two_days_ago[0], at=NOON - DAY)
    history.decide(two_days_ago[1], Change.REJECTED, at=NOON - DAY)
    history.undo(two_days_ago[1], at=NOON)
    history.machine(two_days_ago[2], Status.HELD, at=NOON)
    history.decide(history.comment(Status.APPROVED, at=NOON), Change.HELD, at=NOON + HOUR)
    history.decide(old, at=NOON + HOUR)
    history.remove(history.comment(at=NOON))

    numbers = history.read(days=7)

    # Before: the old one. Then three more; two decided; one undone, one put back, the old decided.
    assert [day.waiting for day in numbers.waiting] == [1, 1, 1, 1, 4, 2, 3]
    assert numbers.held_now.number == 3
    assert numbers.held_now.oldest == NOON - 2 * DAY
