"""What became public last: feeds, and what is new since a reader looked."""

import datetime as dt

import pytest
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.articles import find_article, read_page
from moderation.flow.latest import FEED_SIZE, NEW_MAX, News, find_news, newest_id, read_feed
from moderation.flow.store import change_status
from moderation.models import Comment, Site
from moderation.statuses import Actor, Change, Status
from tests.doubles import NOON
from tests.factories import ARTICLE, ORIGIN, make_comment, make_site
from tests.plans import listening, plan_of

MINUTE = dt.timedelta(minutes=1)
OTHER = f"{ORIGIN}/bushes"


class Street:
    """An article whose comments come and become public a minute apart."""

    def __init__(self, database: Database, site: Site) -> None:
        self.database, self.site = database, site
        self.now = NOON

    def write(self, status: Status = Status.APPROVED, article: str = ARTICLE) -> str:
        """Somebody's comment is decided so."""
        self.now += MINUTE
        with self.database.transaction() as session:
            site = session.get_one(Site, self.site.id)
            made = make_comment(session, site, status=status, article=article, now=self.now)
            return made.public_id

    def move(self, public_id: str, to: Status) -> None:
        """Somebody decides anew."""
        self.now += MINUTE
        with self.database.transaction() as session:
            query = select(Comment).where(Comment.public_id == public_id)
            comment = session.scalars(query).one()
            change_status(
                session, comment, to, change=Change.DECIDED, actor=Actor.MACHINE, now=self.now
            )

    def news(self, after: str = "") -> News:
        """What came after this one."""
        with self.database.reading() as session:
            return find_news(session, self.site, read_page(self.site, ARTICLE).key, after)

    def newest(self) -> str:
        """Which one became public last."""
        with self.database.reading() as session:
            article = find_article(session, self.site, read_page(self.site, ARTICLE))
            return newest_id(session, article)

    def feed(self, article: str | None = None) -> list[str]:
        """The ids in a feed."""
        with self.database.reading() as session:
            page = read_page(self.site, article) if article else None
            found = find_article(session, self.site, page) if page else None
            return [comment.public_id for comment in read_feed(session, self.site, found)]


@pytest.fixture
def street(database: Database, site: Site) -> Street:
    return Street(database, site)


def test_new_is_what_became_public_since(street: Street) -> None:
    street.write()
    seen = street.newest()
    street.write(Status.HELD)
    assert street.news(seen) == News(0, None)
    first, _ = street.write(), street.write()
    street.write(article=OTHER)
    assert street.news(seen) == News(2, first)
    assert street.news(street.newest()) == News(0, None)


def test_what_was_held_is_new_when_it_appears(street: Street) -> None:
    held = street.write(Status.HELD)
    seen = street.write()
    assert street.newest() == seen
    street.move(held, Status.APPROVED)
    assert street.news(seen) == News(1, held)
    assert street.feed() == [held, seen]


def test_what_comes_back_is_not_new_and_what_goes_is_gone(street: Street) -> None:
    old, seen = street.write(), street.write()
    street.move(old, Status.HELD)
    street.move(old, Status.APPROVED)
    assert street.news(seen) == News(0, None)
    gone = street.write()
    street.move(gone, Status.REJECTED)
    assert street.news(seen) == News(0, None)
    assert street.feed() == [seen, old]


def test_what_became_public_in_the_same_instant_is_named_once(
    street: Street, database: Database
) -> None:
    with database.transaction() as session:
        site = session.get_one(Site, street.site.id)
        made = [make_comment(session, site, status=Status.APPROVED) for _ in range(3)]
        ids = [each.public_id for each in made]
    assert street.news(ids[0]) == News(2, ids[1])
    assert street.news(ids[1]) == News(1, ids[2])
    assert street.newest() == ids[2]
    assert street.news(ids[2]) == News(0, None)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_index_finds_what_is_new_and_its_order(street: Street) -> None:
    seen = street.write()
    with listening(street.database.engine) as asked:
        street.news(seen)
    with street.database.reading() as session:
        steps = plan_of(session.connection(), *asked[-1])
    assert not [step for step in steps if "ORDER BY" in step], steps
    index = "ix_comments_article_id_published_at (article_id=? AND published_at>?)"
    assert [step for step in steps if index in step], steps


def test_a_comment_that_was_seen_and_is_hidden_now_still_tells_since_when(street: Street) -> None:
    seen = street.write()
    street.move(seen, Status.REJECTED)
    first = street.write()
    assert street.news(seen) == News(1, first)


def test_to_who_saw_none_all_are_new_and_a_made_up_id_finds_nothing(street: Street) -> None:
    assert street.news() == News(0, None)
    assert street.newest() == ""
    first = street.write()
    street.write()
    assert street.news() == News(2, first)
    assert street.news("made up") == News(0, None)


def test_a_number_of_new_ones_has_an_end(street: Street, database: Database) -> None:
    with database.transaction() as session:
        site = session.get_one(Site, street.site.id)
        for _ in range(NEW_MAX + 2):
            make_comment(session, site, status=Status.APPROVED)
    assert street.news().count == NEW_MAX


def test_a_feed_has_the_newest_of_its_article_or_its_site(
    street: Street, database: Database
) -> None:
    here, there = street.write(), street.write(article=OTHER)
    with database.transaction() as session:
        make_comment(session, make_site(session, "olds"), status=Status.APPROVED)
    street.write(Status.HELD)
    assert street.feed(ARTICLE) == [here]
    assert street.feed() == [there, here]


def test_a_feed_ends_after_its_size(street: Street, database: Database) -> None:
    with database.transaction() as session:
        site = session.get_one(Site, street.site.id)
        for _ in range(FEED_SIZE + 1):
            make_comment(session, site, status=Status.APPROVED)
    assert len(street.feed()) == FEED_SIZE


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.APPROVED])
def test_nothing_that_is_not_public_is_in_it(street: Street, status: Status) -> None:
    gone = street.write()
    street.move(gone, status)
    assert (street.feed(), street.news(), street.newest()) == ([], News(0, None), "")
