"""What became of comments is what somebody counts by hand from the same history."""

from moderation.db import Database
from moderation.flow.numbers.read import read_numbers
from moderation.flow.numbers.window import Window
from moderation.models import Site
from moderation.statuses import Change, Code, Status
from moderation.worker import Worker
from tests.doubles import NOON, Clock
from tests.factories import make_comment
from tests.flow.history import DAY, HOUR, TODAY, History


def outcome(history: History) -> dict[str, int]:
    """What became of today's comments, but for what is zero."""
    day = vars(history.read().outcomes[-1])
    assert day.pop("day") == TODAY
    return {name: number for name, number in day.items() if number}


# What became of comments


def test_each_comment_is_counted_once_by_what_became_of_it(history: History) -> None:
    for _ in range(3):
        history.comment(Status.APPROVED)
    history.decide(history.comment())
    for _ in range(2):
        history.decide(history.comment(), Change.REJECTED)
    for _ in range(4):
        history.comment(Status.REJECTED)
    history.decide(history.comment(Status.APPROVED), Change.REJECTED)
    history.decide(history.comment(Status.REJECTED))
    history.comment()
    history.comment(Status.PROCESSING)
    history.remove(history.comment(Status.APPROVED))

    assert outcome(history) == {
        "published": 3,
        "held_approved": 1,
        "held_rejected": 2,
        "rejected": 4,
        "taken_down": 1,
        "restored": 1,
        "waiting": 2,
        "deleted": 1,
    }


def test_what_a_person_takes_back_is_the_machines_again(history: History) -> None:
    for status in (Status.APPROVED, Status.HELD):
        comment = history.comment(status)
        history.decide(comment, Change.REJECTED)
        history.undo(comment, at=NOON + 2 * HOUR)

    assert outcome(history) == {"published": 1, "waiting": 1}


def test_the_machines_last_word_counts_where_it_decided_twice(history: History) -> None:
    late = history.comment()
    history.machine(late, Status.APPROVED, at=NOON + HOUR)
    again = history.comment()
    history.machine(again, Status.HELD, at=NOON + HOUR)
    history.decide(again, at=NOON + 2 * HOUR)

    assert outcome(history) == {"published": 1, "held_approved": 1}


def test_a_comment_put_back_into_the_queue_waits(history: History) -> None:
    comment = history.comment(Status.APPROVED)
    history.decide(comment, Change.HELD)

    assert outcome(history) == {"waiting": 1}


def test_a_rejected_text_whose_time_was_over_stays_rejected(history: History) -> None:
    comments = [history.comment() for _ in range(2)]
    for comment in comments:
        history.decide(comment, Change.REJECTED)
    history.remove(comments[0], Change.PURGED)
    history.remove(comments[1], Change.ERASED)

    assert outcome(history) == {"held_rejected": 1, "deleted": 1}
    [today] = [day for day in history.read().held if day.held]
    assert (today.decided, today.approved, today.share) == (2, 0, 0.0)


# Too strict?


def test_the_share_of_held_comments_that_a_person_approved(history: History) -> None:
    both, links = (Code.LINKS, Code.TOXICITY), (Code.LINKS,)
    for _ in range(3):
        history.decide(history.comment(codes=both))
    history.decide(history.comment(codes=both), Change.REJECTED)
    history.decide(history.comment(codes=links), Change.REJECTED)
    history.comment(codes=links)  # nobody decided yet
    history.comment(Status.APPROVED)
    history.decide(history.comment(Status.APPROVED), Change.REJECTED)
    history.decide(history.comment(at=NOON - DAY, codes=both))

    numbers = history.read()
    *_, yesterday, today = numbers.held

    assert (today.held, today.decided, today.approved, today.share) == (6, 5, 3, 0.6)
    assert (yesterday.held, yesterday.decided, yesterday.share) == (1, 1, 1.0)
    found = [(row.code, row.decided, row.approved, row.share) for row in numbers.codes]
    assert found == [("links", 6, 4, 4 / 6), ("toxicity", 5, 4, 0.8)]


def test_a_share_of_too_few_is_not_told(history: History) -> None:
    for _ in range(4):
        history.decide(history.comment(codes=(Code.LINKS,)))

    [row] = history.read().codes

    assert (row.decided, row.share) == (4, None)


def test_what_was_erased_still_counts_where_a_person_had_decided(history: History) -> None:
    for number in range(5):
        comment = history.comment(codes=(Code.LINKS,))
        history.decide(comment, Change.APPROVED if number else Change.REJECTED)
        history.remove(comment)

    [row] = history.read().codes

    assert (row.decided, row.approved) == (5, 4)


# The model


def test_agreement_by_the_band_of_the_highest_number(history: History) -> None:
    for risk in (0, 99):
        history.comment(Status.APPROVED, risk=risk)
    history.comment(Status.APPROVED, risk=100)
    for number in range(5):
        comment = history.comment(risk=[900, 999, 1000, 950, 901][number])
        history.decide(comment, Change.REJECTED if number else Change.APPROVED)
    history.comment(risk=930)
    for _ in range(4):
        history.decide(history.comment(risk=850))
    history.comment(Status.REJECTED, risk=999)
    history.comment(risk=-1)

    bands = history.read().bands

    assert [band.published for band in bands] == [2, 1, *[0] * 8]
    assert [band.held for band in bands] == [*[0] * 8, 4, 6]
    assert [band.rejected_by_machine for band in bands] == [*[0] * 9, 1]
    highest, below = bands[9], bands[8]
    assert (highest.from_percent, highest.to_percent) == (90, 100)
    assert (highest.decisions, highest.approved, highest.rejected) == (5, 1, 4)
    assert highest.share == 0.2
    assert (below.decisions, below.approved, below.rejected, below.share) == (4, None, None, None)


def test_a_real_score_falls_into_its_band(
    database: Database, site: Site, worker: Worker, clock: Clock
) -> None:
    with database.transaction() as session:
        for body in ("You idiot.", "What a lovely tree."):
            make_comment(session, session.merge(site), status=Status.PROCESSING, body=body)
    while worker.tick():
        pass
    with database.reading() as session:
        bands = read_numbers(session, Window(clock(), 7)).bands

    # The scorer says 0.95 and 0.05; the rules publish the one and hold the other.
    assert [band.held for band in bands] == [*[0] * 9, 1]
    assert [band.published for band in bands] == [1, *[0] * 9]
