"""The log is searched without gaps and without looking at other sites."""

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.db import Database
from moderation.flow.log import Search, read_actors, read_log
from moderation.flow.review import decide_by_hand
from moderation.models import Comment, Event, Moderator, Site
from moderation.statuses import Change, Role, Status
from tests.doubles import NOON
from tests.factories import make_comment, make_site
from tests.plans import listening, plan_of

DAY = dt.timedelta(days=1)


class Past:
    """Three days of two sites: on each a comment comes to each, and Grace approves that of one."""

    def __init__(self, session: Session, site: Site) -> None:
        self.session = session
        self.news, self.olds = session.merge(site), make_site(session, "olds")
        self.grace, self.bound = self._person("grace"), self._person("bound", self.olds)
        self.comments: list[Comment] = []
        for back in (2, 1, 0):
            at = NOON - back * DAY
            for where in (self.news, self.olds):
                self.comments.append(make_comment(session, where, now=at))
            decide_by_hand(
                session, self.comments[-2].id, Change.APPROVED, version_seen=2,
                moderator=self.grace, now=at,
            )  # fmt: skip

    def _person(self, name: str, site: Site | None = None) -> Moderator:
        person = Moderator(
            name=name,
            email_hash=name.encode(),
            password_hash="",
            role=Role.MODERATOR,
            site_id=site.id if site else None,
            created_at=NOON,
        )
        self.session.add(person)
        self.session.flush()
        return person

    def found(self, by: Moderator | None = None, **wanted: object) -> list[Event]:
        """What a search finds."""
        search = Search(**wanted)  # type: ignore[arg-type]
        return [entry.event for entry in read_log(self.session, by or self.grace, search)]


@pytest.fixture
def past(database: Database, site: Site) -> Iterator[Past]:
    with database.transaction() as session:
        yield Past(session, site)


def test_it_is_read_newest_first_in_pages_without_gaps(past: Past) -> None:
    everything = list(past.session.scalars(select(Event.id).order_by(Event.id.desc())))
    assert len(everything) == 15
    seen: list[int] = []
    while True:
        page = read_log(past.session, past.grace, before=seen[-1] if seen else None, size=4)
        seen += [entry.event.id for entry in page]
        if len(page) < 4:
            break
    assert seen == everything


def test_an_entry_names_who_what_and_where(past: Past) -> None:
    [entry] = read_log(past.session, past.grace, Search(change=Change.APPROVED), size=1)

    assert (entry.moderator, entry.site) == ("grace", "news")
    assert entry.comment == past.comments[-2].public_id


def test_each_part_of_a_search_narrows_it(past: Past) -> None:
    assert {e.change for e in past.found(change=Change.DECIDED)} == {Change.DECIDED}
    assert len(past.found(change=Change.DECIDED)) == 6
    assert len(past.found(moderator_id=past.grace.id)) == 3
    assert past.found(moderator_id=past.bound.id) == []
    assert {e.site_id for e in past.found(site_id=past.olds.id)} == {past.olds.id}
    first = past.comments[0]
    assert {e.comment_id for e in past.found(comment=first.public_id)} == {first.id}
    assert past.found(comment="unknown") == []
    assert len(past.found(change=Change.SUBMITTED, site_id=past.news.id)) == 3


def test_days_are_those_of_utc_and_both_count(past: Past) -> None:
    today = NOON.date()
    for day in (today - DAY * 2, today - DAY, today):
        assert {e.created_at.date() for e in past.found(first=day, last=day)} == {day}
        assert len(past.found(first=day, last=day)) == 5
    assert len(past.found(first=today - DAY)) == 10
    assert len(past.found(last=today - DAY)) == 10
    assert past.found(first=today + DAY) == []
    assert past.found(last=today - 3 * DAY) == []
    assert past.found(first=today, last=today - DAY) == []


def test_a_day_begins_and_ends_at_midnight(past: Past) -> None:
    midnight = NOON.replace(hour=0) + DAY
    moments = [midnight, midnight + DAY - dt.timedelta(microseconds=1)]
    for at in (*moments, midnight + DAY):
        make_comment(past.session, past.news, status=Status.PROCESSING, now=at)

    found = past.found(first=midnight.date(), last=midnight.date())

    assert [e.created_at for e in reversed(found)] == moments


def test_an_entry_dated_back_is_found_by_its_date(past: Past) -> None:
    """Clocks differ: a number given later may carry an earlier time."""
    at = NOON - 2 * DAY
    late = make_comment(past.session, past.news, status=Status.PROCESSING, now=at)

    found = past.found(first=at.date(), last=at.date())

    assert late.id in {e.comment_id for e in found} and len(found) == 6


def test_a_moderator_of_one_site_finds_nothing_of_others(past: Past) -> None:
    assert {e.site_id for e in past.found(past.bound)} == {past.olds.id}
    assert past.found(past.bound, site_id=past.news.id) == []
    assert past.found(past.bound, comment=past.comments[0].public_id) == []
    assert past.found(past.bound, moderator_id=past.grace.id) == []


def test_the_colleagues_to_choose_from_are_those_who_acted_on_the_site(past: Past) -> None:
    assert read_actors(past.session, past.grace) == [
        (past.bound.id, "bound"),
        (past.grace.id, "grace"),
    ]
    assert read_actors(past.session, past.bound) == []
    comment = past.comments[-1]
    decide_by_hand(
        past.session, comment.id, Change.APPROVED, version_seen=comment.version,
        moderator=past.grace, now=NOON,
    )  # fmt: skip
    assert read_actors(past.session, past.bound) == [(past.grace.id, "grace")]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "search, uses",
    [
        (Search(first=NOON.date()), "INTEGER PRIMARY KEY"),
        (Search(last=NOON.date()), "INTEGER PRIMARY KEY"),
        (Search(moderator_id=1), "ix_events_moderator"),
        (Search(site_id=1), "ix_events_site"),
        (Search(comment="x"), "ix_events_comment"),
        (Search(), "INTEGER PRIMARY KEY"),
    ],
)
def test_no_search_sorts_the_log(past: Past, search: Search, uses: str) -> None:
    connection = past.session.connection()
    with listening(connection.engine) as asked:
        read_log(past.session, past.grace, search, before=99)
    steps = plan_of(connection, *asked[-1])

    assert not [step for step in steps if "ORDER BY" in step], steps
    assert uses in next(step for step in steps if step.startswith("SEARCH events ")), steps
