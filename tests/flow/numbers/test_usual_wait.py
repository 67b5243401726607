"""How long a person usually takes, as a commenter reads it; and edits among what is counted."""

import pytest

from moderation.flow.numbers import decisions
from moderation.flow.numbers.decisions import usual_wait
from moderation.flow.own.edits import edit
from moderation.statuses import Change, Status
from tests.doubles import NOON
from tests.factories import make_site
from tests.flow.history import DAY, HOUR, MINUTE, History

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LATER = NOON + 10 * HOUR


def _wait(history: History, days: float = 0) -> float | None:
    history.session.flush()
    return usual_wait(history.session, history.site.id, now=LATER + days * DAY)


def test_it_is_the_median_of_five_decisions_or_more(history: History) -> None:
    for minutes in (1, 2, 3, 60):
        history.decide(history.comment(), at=NOON + minutes * MINUTE)
    assert _wait(history) is None
    history.decide(history.comment(), Change.REJECTED, at=NOON + 50 * MINUTE)
    assert _wait(history) == 180


def test_what_never_waited_is_of_another_site_or_long_ago_says_nothing(history: History) -> None:
    other = make_site(history.session, "other")
    for _ in range(5):
        history.decide(history.comment(Status.APPROVED), Change.REJECTED)
        history.decide(history.comment(site=other))
    assert _wait(history) is None
    for _ in range(5):
        history.decide(history.comment())
    assert (_wait(history, 6), _wait(history, 7)) == (HOUR.total_seconds(), None)


def test_it_looks_at_the_newest_entries_alone(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        history.decide(history.comment())
    monkeypatch.setattr(decisions, "LOOKED_AT", 4)
    assert _wait(history) is None


def test_after_an_edit_the_wait_begins_anew_and_no_earlier_decision_counts(
    history: History,
) -> None:
    comment = history.comment(risk=950)
    history.decide(comment, at=NOON + MINUTE)
    known = {"version_seen": comment.version, "now": NOON + MINUTE, "repeat_window": DAY}
    edit(history.session, comment.id, "Better.", **known)  # type: ignore[arg-type]
    history.machine(comment, Status.HELD, at=NOON + HOUR)
    assert sum(row.shown for row in history.read().agreement) == 0
    history.decide(comment, Change.REJECTED, at=NOON + HOUR + 2 * MINUTE)
    read = history.read()
    assert read.waits[-1].p95_seconds == 120
    assert sum(row.shown_approved for row in read.agreement) == 0
