"""What a browser's private links lead to, and where what waits stands in the thread."""

import pytest

from moderation.db import Database
from moderation.flow.articles import find_article, read_page
from moderation.flow.own.mine import Waiting, put_in, read_mine, show_waiting
from moderation.flow.publish import Entry, Sort
from moderation.models import Site
from moderation.statuses import Status
from tests.doubles import NOON
from tests.factories import ARTICLE, make_comment, make_site

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@sqlite
def test_links_lead_to_comments_of_this_site_until_they_are_deleted_or_revoked(
    database: Database, site: Site
) -> None:
    with database.transaction() as session:
        here = [make_comment(session, session.merge(site), status=status) for status in Status]
        foreign = make_comment(session, make_site(session, "other"))
        links = [(each.public_id, 1) for each in (*here, foreign)]
        found = read_mine(session, site, [*links, ("nobody", 1), (here[0].public_id, 2)])

    wanted = [each for each in here if each.status is not Status.DELETED]
    assert found == {(each.public_id, 1): each for each in wanted}


@sqlite
def test_a_reply_knows_what_it_hangs_below(database: Database, site: Site) -> None:
    with database.transaction() as session:
        here = session.merge(site)
        top = make_comment(session, here, status=Status.APPROVED)
        middle = make_comment(session, here, status=Status.APPROVED, parent=top)
        last = make_comment(session, here, parent=middle)
        waiting = show_waiting(session, last)
        assert (waiting.level, waiting.above) == (2, (middle.public_id, top.public_id))
        assert show_waiting(session, top).above == ()
        assert find_article(session, here, read_page(here, ARTICLE)) is last.article


def _entry(name: str, level: int) -> Entry:
    return Entry(
        public_id=name,
        parent=None,
        parent_name=None,
        level=level,
        name=name,
        body=name,
        created_at=None,
    )


THREAD = [_entry(name, level) for name, level in (("a", 0), ("b", 1), ("c", 2), ("d", 0))]


@pytest.mark.parametrize(
    ("above", "sort", "place", "level"),
    [
        ((), Sort.OLDEST, 4, 0),
        ((), Sort.NEWEST, 0, 0),
        (("a",), Sort.OLDEST, 3, 1),
        (("b", "a"), Sort.NEWEST, 3, 2),
        (("c", "b", "a"), Sort.OLDEST, 3, 3),
        (("gone", "b", "a"), Sort.OLDEST, 3, 2),
        (("d",), Sort.NEWEST, 4, 1),
        (("on another page",), Sort.OLDEST, 4, 0),
    ],
)
def test_what_waits_stands_behind_all_that_hangs_below_the_same_comment(
    above: tuple[str, ...], sort: Sort, place: int, level: int
) -> None:
    entries = [*THREAD]
    put_in(entries, _waiting("x", above), sort)
    assert [entry.public_id for entry in entries].index("x") == place
    assert (entries[place].level, len(entries)) == (level, 5)


def test_on_a_page_that_goes_on_within_a_branch_nothing_hangs_below_it() -> None:
    entries = THREAD[1:]
    put_in(entries, _waiting("x", ()), Sort.NEWEST)
    assert [entry.public_id for entry in entries] == ["b", "c", "d", "x"]


def test_what_was_published_in_this_very_moment_stands_there_once() -> None:
    entries = [*THREAD]
    put_in(entries, _waiting("c", ("b", "a")), Sort.OLDEST)
    assert entries == THREAD


def _waiting(public_id: str, above: tuple[str, ...]) -> Waiting:
    return Waiting(
        public_id=public_id,
        name="Ada",
        body="x",
        created_at=NOON,
        edited_at=None,
        level=len(above),
        above=above,
    )
