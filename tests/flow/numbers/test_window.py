"""A day is one of UTC, every day is there, and only the site that is asked for counts."""

import datetime as dt

import pytest

from moderation.db import Database
from moderation.flow.numbers.comments import OutcomeDay
from moderation.statuses import Code, Status
from tests.doubles import NOON
from tests.factories import make_site
from tests.flow.history import DAY, HOUR, TODAY, YESTERDAY, History


@pytest.mark.parametrize(
    "at, day",
    [
        (NOON.replace(hour=0, minute=0), TODAY),
        (NOON.replace(hour=0, minute=0) - dt.timedelta(microseconds=1), YESTERDAY),
        # A day is one of UTC, wherever the moment was written down.
        (dt.datetime(2026, 5, 4, 1, tzinfo=dt.timezone(2 * HOUR)), YESTERDAY),
        (dt.datetime(2026, 5, 3, 22, tzinfo=dt.timezone(-5 * HOUR)), TODAY),
    ],
)
def test_a_day_is_one_of_utc(history: History, at: dt.datetime, day: dt.date) -> None:
    history.comment(Status.APPROVED, at=at)

    assert [d.day for d in history.read().outcomes if d.published] == [day]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has no zones
@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/New_York"])
def test_the_time_zone_of_the_database_does_not_matter(database_url: str, zone: str) -> None:
    database = Database(f"{database_url}?options=-c%20TimeZone%3D{zone}")
    with database.transaction() as session:
        history = History(session, make_site(session))
        for hour in (0, 12, 23):
            history.decide(
                history.comment(at=NOON.replace(hour=hour)), at=NOON.replace(hour=hour, minute=30)
            )
        numbers = history.read()
    database.dispose()

    assert numbers.outcomes[-1].held_approved == numbers.waits[-1].decisions == 3


def test_every_day_is_there_and_none_before_the_first(history: History) -> None:
    for back in range(10):
        history.comment(Status.APPROVED, at=NOON - back * DAY)

    found = history.read(days=7).outcomes

    assert [day.day for day in found] == [TODAY - back * DAY for back in range(6, -1, -1)]
    assert [day.published for day in found] == [1] * 7


def test_only_the_site_that_is_asked_for_counts(history: History) -> None:
    other = make_site(history.session, "other")
    for site in (history.site, other, other):
        history.decide(history.comment(site=site, codes=(Code.LINKS,)))
        history.comment(site=site)

    numbers = history.read(site=other)

    assert numbers.outcomes[-1].held_approved == 2
    assert numbers.held_now.number == numbers.waiting[-1].waiting == 2
    assert numbers.moderators[0].approved == numbers.waits[-1].decisions == 2
    assert numbers.codes[0].decided == 2
    assert history.read().outcomes[-1].held_approved == 3


def test_nothing_yet_is_nothing_everywhere(history: History) -> None:
    numbers = history.read()

    assert not numbers.has_comments
    assert (numbers.held_now.number, numbers.held_now.oldest) == (0, None)
    assert numbers.outcomes[0] == OutcomeDay(numbers.outcomes[0].day, *[0] * 8)
    assert len(numbers.outcomes) == len(numbers.waits) == len(numbers.waiting) == 7
    assert {day.median_seconds for day in numbers.waits} == {None}
    assert {day.share for day in numbers.held} == {None}
    assert (numbers.codes, numbers.moderators) == ([], [])
    assert [band.from_percent for band in numbers.bands] == list(range(0, 100, 10))
