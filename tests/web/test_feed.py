"""Feeds: strict XML, valid Atom, approved comments and nothing else, nothing private."""

import datetime as dt
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient

from moderation.db import Database
from moderation.models import Article, Site
from moderation.privacy.vault import Vault
from moderation.services import Services
from moderation.statuses import Status
from tests.doubles import NOON
from tests.factories import ARTICLE, ORIGIN, make_comment
from tests.privacy.traces import traces
from tests.web.test_escaping import ATTACKS

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NS = {"a": "http://www.w3.org/2005/Atom", "thr": "http://purl.org/syndication/thread/1.0"}
EMAIL = "zqcanary@zqhost.example"


def read(client: FlaskClient, **query: str) -> ET.Element:
    """The feed, by a parser that takes well-formed XML only."""
    answer = client.get("/s/news/feed.atom", query_string=query)
    assert answer.status_code == 200
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    return ET.fromstring(answer.data)  # noqa: S314 (our own)


def text(element: ET.Element, path: str) -> str:
    """What stands in the one element there."""
    [found] = element.findall(path, NS)
    assert found.text
    return found.text


@pytest.fixture
def vault(services: Services) -> Vault:
    return services.vault


def test_it_has_all_that_the_standard_requires(
    client: FlaskClient, database: Database, site: Site, vault: Vault
) -> None:
    with database.transaction() as session:
        here = session.get_one(Site, site.id)
        top = make_comment(
            session, here, status=Status.APPROVED, body="Top", email=EMAIL, vault=vault
        )
        make_comment(
            session,
            here,
            status=Status.APPROVED,
            body="One.\n\nTwo: https://example.org/",
            name="Bob",
            parent=top,
            now=NOON + dt.timedelta(minutes=5),
        )
    feed = read(client, article=ARTICLE)
    assert feed.tag == f"{{{NS['a']}}}feed"
    assert text(feed, "a:title") == "Comments on news.example.com/trees"
    assert text(feed, "a:updated") == "2026-05-04T12:05:00+00:00"
    links = {each.attrib["rel"]: each.attrib["href"] for each in feed.findall("a:link", NS)}
    assert links["self"].startswith("http://127.0.0.1:8000/s/news/feed.atom?article=")
    assert links["alternate"] == ARTICLE
    answer, first = feed.findall("a:entry", NS)
    assert text(answer, "a:author/a:name") == "Bob"
    assert text(answer, "a:content").startswith('<p dir="auto">One.</p>')
    assert '<a href="https://example.org/" rel="nofollow ugc noopener"' in text(answer, "a:content")
    [reply] = answer.findall("thr:in-reply-to", NS)
    assert reply.attrib["ref"] == text(first, "a:id")
    ids = [text(each, "a:id") for each in (feed, answer, first)]
    assert len(set(ids)) == 3
    assert all(each.startswith("urn:uuid:") for each in ids)
    for entry in (answer, first):
        assert dt.datetime.fromisoformat(text(entry, "a:published")).tzinfo
        assert dt.datetime.fromisoformat(text(entry, "a:updated")) >= NOON


def test_ids_stay_when_more_comes(client: FlaskClient, database: Database, site: Site) -> None:
    empty = read(client, article=ARTICLE)
    assert empty.findall("a:entry", NS) == []
    with database.transaction() as session:
        make_comment(session, session.get_one(Site, site.id), status=Status.APPROVED)
    one = read(client, article=ARTICLE)
    with database.transaction() as session:
        make_comment(session, session.get_one(Site, site.id), status=Status.APPROVED)
    two = read(client, article=ARTICLE)
    assert text(empty, "a:id") == text(one, "a:id") == text(two, "a:id")
    assert text(one, "a:entry/a:id") == text(two.findall("a:entry", NS)[1], "a:id")
    assert text(read(client), "a:id") != text(one, "a:id")


def test_the_feed_of_the_site_has_all_its_articles(
    client: FlaskClient, database: Database, site: Site
) -> None:
    with database.transaction() as session:
        here = session.get_one(Site, site.id)
        for path in ("trees", "bushes?b=1&a=%C3%BC"):
            make_comment(session, here, status=Status.APPROVED, article=f"{ORIGIN}/{path}")
        make_comment(session, here, status=Status.HELD, article=f"{ORIGIN}/moss")
    feed = read(client)
    assert text(feed, "a:title") == "Comments on News"
    titles = [text(each, "a:title") for each in feed.findall("a:entry", NS)]
    assert titles == [
        "\u2068Ada\u2069 on news.example.com/bushes",
        "\u2068Ada\u2069 on news.example.com/trees",
    ]
    [place, _] = [each.attrib["href"] for each in feed.findall("a:entry/a:link", NS)]
    assert place.startswith(f"{ORIGIN}/bushes?b=1&a=%C3%BC#comment-")


@pytest.mark.parametrize("attack", [*ATTACKS, "]]> --> &#0; &amp; \x00\x0b\ufffe"])
def test_nothing_typed_is_markup(
    client: FlaskClient, database: Database, site: Site, attack: str
) -> None:
    from_form = attack.translate(dict.fromkeys(map(ord, "\x00\x0b\ufffe")))
    with database.transaction() as session:
        here = session.get_one(Site, site.id)
        make_comment(session, here, status=Status.APPROVED, name=from_form, body=from_form)
        session.query(Article).one().title = attack.strip("\x00")
    feed = read(client)
    assert text(feed, "a:entry/a:author/a:name") == from_form
    content = text(feed, "a:entry/a:content")
    assert "<script" not in content and "<img" not in content and "<svg" not in content
    assert "<b>" not in content
    assert "<title>Trees" not in ET.tostring(feed, encoding="unicode")


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.APPROVED])
def test_nothing_hidden_and_nothing_private_is_in_it(
    client: FlaskClient, database: Database, site: Site, vault: Vault, status: Status
) -> None:
    with database.transaction() as session:
        here = session.get_one(Site, site.id)
        parent = make_comment(session, here, status=status, name="Zqname", body="zqhidden")
        make_comment(session, here, status=Status.APPROVED, email=EMAIL, vault=vault, parent=parent)
        session.query(Article).one().title = "zqtitle"
    for query in ({}, {"article": ARTICLE}):
        written = client.get("/s/news/feed.atom", query_string=query).data.lower()
        assert b"<entry>" in written
        assert not [each for each in traces(EMAIL) if each in written]
        for word in (b"zqname", b"zqhidden", b"zqtitle", b"in-reply-to"):
            assert word not in written


def test_it_says_where_an_article_is_and_not_who_came_from_where(
    client: FlaskClient, database: Database, site: Site
) -> None:
    with database.transaction() as session:
        address = f"{ARTICLE}?fbclid=zqclick"
        here = session.get_one(Site, site.id)
        make_comment(session, here, status=Status.APPROVED, article=address)
    assert b"zqclick" not in client.get("/s/news/feed.atom").data


def test_an_article_of_elsewhere_has_no_feed_here(client: FlaskClient, site: Site) -> None:
    answer = client.get("/s/news/feed.atom", query_string={"article": "https://evil.example/"})
    assert answer.status_code == 400
