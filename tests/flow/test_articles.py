"""Which article is meant: one thread for each page, and no page of somebody else's."""

import datetime as dt
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.db import Database
from moderation.errors import ForeignArticle, UnknownSite
from moderation.flow.articles import (
    find_site,
    is_closed,
    origin_of,
    policy_under,
    read_page,
)
from moderation.models import Article, Site
from moderation.policy.context import Policy
from moderation.statuses import Publishing
from tests.doubles import NOON

SITE = Site(
    id=1,
    key="news",
    name="News",
    origins=["https://news.example.com", "https://bücher.example", "http://127.0.0.1:8000"],
    policy={"tracking_parameters": ["ref"]},
)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://news.example.com/trees", "news.example.com/trees"),
        ("http://news.example.com/trees", "news.example.com/trees"),
        ("HTTPS://News.Example.COM/trees", "news.example.com/trees"),
        ("https://news.example.com:443/trees", "news.example.com/trees"),
        ("http://news.example.com:80/trees", "news.example.com/trees"),
        ("  https://news.example.com/trees\n", "news.example.com/trees"),
        ("https://news.example.com/trees#comments", "news.example.com/trees"),
        ("https://news.example.com/trees?utm_source=x&utm_medium=y", "news.example.com/trees"),
        ("https://news.example.com/trees?fbclid=1&gclid=2", "news.example.com/trees"),
        ("https://news.example.com/trees?ref=front", "news.example.com/trees"),
        ("https://news.example.com/trees?id=7&utm_source=x", "news.example.com/trees?id=7"),
        ("https://news.example.com/trees?id=", "news.example.com/trees?id="),
        ("https://news.example.com/trees?b=2&a=1", "news.example.com/trees?b=2&a=1"),
        ("https://news.example.com", "news.example.com/"),
        ("https://news.example.com/Trees", "news.example.com/Trees"),
        ("https://BÜCHER.example/x", "xn--bcher-kva.example/x"),
        ("https://xn--bcher-kva.example/x", "xn--bcher-kva.example/x"),
        ("http://127.0.0.1:8000/demo", "127.0.0.1:8000/demo"),
    ],
)
def test_it_makes_one_thread_of_one_page(url: str, key: str) -> None:
    assert read_page(SITE, url).key == key


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "/trees",
        "news.example.com/trees",
        "//news.example.com/trees",
        "javascript:alert(1)//https://news.example.com",
        "data:text/html,https://news.example.com",
        "file:///etc/passwd",
        "ftp://news.example.com/trees",
        "https://evil.example/trees",
        "https://news.example.com.evil.example/trees",
        "https://evil.example/https://news.example.com/",
        "https://sub.news.example.com/trees",
        "https://news.example.com:8443/trees",
        "http://127.0.0.1:8001/demo",
        "http://127.0.0.1/demo",
        "https://ada:secret@news.example.com/trees",
        "https://news.example.com@evil.example/trees",
        "https://evil.example\\@news.example.com/trees",
        "https://news.example.com:port/trees",
        "https://news.example.com:99999/trees",
        "https://news.example.com:0/trees",
        "https://news.example.com:-1/trees",
        "https://[::1/trees",
        "https://[zz]/trees",
        "https://",
        "https://\ud800.example/trees",
        "https://news.example.com/trees\x00",
        "https://news.example.com/trees?\ud800",
        "https://news.example.com/" + "a" * 2_000,
        "https://" + "ü" * 300 + ".example/",
    ],
)
def test_it_refuses_what_is_no_page_of_the_site(url: str) -> None:
    with pytest.raises(ForeignArticle):
        read_page(SITE, url)


# Near misses: pieces that look like an address, in any order.
NEARLY = st.lists(
    st.sampled_from(
        ["https://", "http:", "news.example.com", "bücher.example", ":443", ":x", "[", "]", "::1"]
        + ["@", "/", "\\", "?", "#", "&", "=", "%", "%ed%a0%80", "utm_x=1", "\x00", "\ud800"]
    )
    | st.text(max_size=5),
    max_size=12,
).map("".join)
ANY_TEXT = st.text(st.characters()) | NEARLY | NEARLY.map("https://news.example.com/".__add__)


@given(url=ANY_TEXT, title=st.text(st.characters()), published=st.text(st.characters()))
def test_it_reads_any_text_or_calls_it_foreign(url: str, title: str, published: str) -> None:
    try:
        page = read_page(SITE, url, title, published)
    except ForeignArticle:
        return
    assert urlsplit(page.url).hostname in {
        "news.example.com",
        "bücher.example",
        "xn--bcher-kva.example",
        "127.0.0.1",
    }
    (page.key + page.url).encode()  # what the database can carry
    assert "\x00" not in page.key + page.url


@given(url=ANY_TEXT)
def test_reading_a_page_again_from_its_address_names_the_same_thread(url: str) -> None:
    try:
        page = read_page(SITE, url)
    except ForeignArticle:
        return
    assert read_page(SITE, page.url).key == page.key


def test_it_keeps_the_address_without_its_fragment() -> None:
    page = read_page(SITE, "https://news.example.com/trees?utm_source=x#c7")
    assert page.url == "https://news.example.com/trees?utm_source=x"


def test_it_shortens_the_title() -> None:
    assert len(read_page(SITE, "https://news.example.com/", "t" * 1_000).title) == 300


@pytest.mark.parametrize(
    ("published", "read"),
    [
        ("2026-05-04T12:00:00+00:00", NOON),
        ("2026-05-04T14:00:00+02:00", NOON),
        ("2026-05-04T12:00:00Z", NOON),
        (" 2026-05-04T12:00 ", NOON),
        ("2026-05-04", NOON.replace(hour=0)),
        ("", None),
        ("yesterday", None),
        ("0001-01-01T00:00+23:00", None),
        ("9999-12-31T23:00-23:00", None),
        ("\ud800", None),
    ],
)
def test_it_reads_when_the_page_was_published(published: str, read: dt.datetime | None) -> None:
    page = read_page(SITE, "https://news.example.com/", published=published)
    assert page.published_at == read
    again = read_page(SITE, "https://news.example.com/", published=page.published)
    assert (again.published_at, again.published) == (read, page.published)


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://example.com/blog", "https://example.com"),
        ("http://EXAMPLE.com:80", "http://example.com"),
        ("https://example.com:8443", "https://example.com:8443"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("https://straße.example", "https://xn--strae-oqa.example"),  # as browsers write it
    ],
)
def test_it_reads_the_origin_an_owner_typed(typed: str, origin: str) -> None:
    assert origin_of(typed) == origin


def _article(**known: dt.datetime | None) -> Article:
    return Article(first_comment_at=NOON, **known)


@pytest.mark.parametrize(
    ("article", "published", "days_later", "closed"),
    [
        (_article(), "", 7, False),  # counted from the first comment
        (_article(), "", 7.1, True),
        (_article(), "2026-04-29T12:00Z", 2, False),
        (_article(), "2026-04-29T12:00Z", 2.1, True),
        (_article(), "2030-01-01T00:00Z", 7.1, True),  # not after its first comment
        (_article(), "2020-01-01", 1, True),  # for the request that says so
        (Article(created_at=NOON), "", 100, False),  # nobody has commented yet
        (None, "", 100, False),
        (None, "2026-05-04T12:00Z", 7, False),
        (None, "2026-05-04T12:00Z", 7.1, True),
        (None, "9999-12-31T23:59Z", 0, False),
        (None, "0001-01-01T00:00Z", 0, True),
    ],
)
def test_it_closes_an_article_some_days_after_its_publication(
    article: Article | None, published: str, days_later: float, closed: bool
) -> None:
    policy = Policy(closes_after_days=7)
    page = read_page(SITE, "https://news.example.com/", published=published)
    now = NOON + dt.timedelta(days=days_later)
    assert is_closed(policy, article, page.published_at, now) is closed


def test_an_article_stays_open_where_no_days_are_set() -> None:
    page = read_page(SITE, "https://news.example.com/", published="2001-01-01")
    assert not is_closed(Policy(), _article(), page.published_at, NOON + dt.timedelta(days=9_000))


def test_the_article_has_its_own_word_on_who_publishes() -> None:
    site = Site(policy={"publishing": "human", "links_max": 5})
    policy = policy_under(site, Article(publishing=Publishing.CLOSED), NOON)
    assert (policy.publishing, policy.links_max) == (Publishing.CLOSED, 5)
    assert policy_under(site, Article(), NOON).publishing is Publishing.HUMAN


def test_it_names_an_unknown_site(database: Database, site: Site) -> None:
    with database.reading() as session:
        assert find_site(session, "news").id == site.id
        with pytest.raises(UnknownSite):
            find_site(session, "olds")


def test_an_address_that_no_index_holds_is_refused() -> None:
    with pytest.raises(ForeignArticle):  # percent-encoding makes six characters of each
        read_page(SITE, "https://news.example.com/?q=" + "ü" * 900)
