"""What the owner's page of a site tells: what stands in the way, and its rules in plain words."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.db import Database
from moderation.models import Moderator, Site
from moderation.services import Services
from moderation.statuses import Publishing, Role
from moderation.web.owners.plain import PUBLISHING
from moderation.web.proxies import FEWEST
from tests.factories import ARTICLE, make_moderator
from tests.web.pages import Page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def owner(
    services: Services, site: Site, sign_in_as: Callable[[Moderator], FlaskClient]
) -> FlaskClient:
    """The browser of the site's owner."""
    with services.database.transaction() as session:
        made = make_moderator(session, services.vault, role=Role.OWNER, site=site)
    return sign_in_as(made)


def page_of(browser: FlaskClient) -> Page:
    return Page(browser.get("/sites/news").text)


@pytest.mark.parametrize(
    ("policy", "origins", "says"),
    [
        ({}, ["http://news.example.com"], "http://news.example.com is not encrypted"),
        (
            {},
            ["http://a.example", "http://b.example", "http://c.example"],
            "http://a.example, http://b.example and http://c.example are not encrypted",
        ),
        ({}, ["https://news.example.com"], "reached over http"),
        ({"publishing": "first"}, None, "No mail is set up"),
        ({"confirm_addresses": True}, None, "No mail is set up"),
    ],
)
def test_what_stands_in_the_way_is_told(
    owner: FlaskClient,
    database: Database,
    site: Site,
    policy: dict[str, Any],
    origins: list[str] | None,
    says: str,
) -> None:
    with database.transaction() as session:
        stored = session.get_one(Site, site.id)
        stored.policy, stored.origins = policy, origins or ["http://localhost:8000"]

    assert says in page_of(owner).text
    assert "1 warning" in owner.get("/sites").text


@pytest.mark.parametrize("overrides", [{"MODEL": "home"}])
def test_a_language_that_the_model_does_not_know_is_told(
    owner: FlaskClient, database: Database, site: Site
) -> None:
    assert "does not know the language" not in page_of(owner).text
    with database.transaction() as session:
        session.get_one(Site, site.id).policy = {"language": "de"}

    page = page_of(owner)
    assert "The model does not know the language of this site (de)" in page.text
    assert "balanced" in page.one("table").text


@pytest.mark.parametrize("publishing", Publishing)
def test_the_rules_are_told_in_plain_words(
    owner: FlaskClient, database: Database, site: Site, publishing: Publishing
) -> None:
    policy = {
        "publishing": publishing,
        "closes_after_days": 1,
        "thresholds": {"threat": 0.5},
        "email_required": False,
        "links_max": 0,
        "edit_minutes": 0,
        "report_holds": 1,
        "banned_words": ["x"],
        "reject_banned_words": True,
    }
    with database.transaction() as session:
        session.get_one(Site, site.id).policy = policy

    told = page_of(owner).text

    assert PUBLISHING[publishing] in told
    for part in (
        "for 1 day.",
        "1 limit of your own",
        "Nobody has to give",
        "any link",
        "(rejected)",
    ):
        assert part in told
    assert "cannot be changed" in told and "1 reader reported" in told


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({}, "waits for a person. Your lists of words are empty."),
        ({"banned_words": ["x"]}, "on your lists: 1 banned word (held)."),
        ({"suspect_words": ["x", "y"]}, "on your lists: 2 suspect words."),
        (
            {"banned_words": ["x"], "suspect_words": ["y"]},
            "on your lists: 1 banned word (held) and 1 suspect word.",
        ),
    ],
)
def test_the_lists_of_words_are_told_where_there_are_any(
    owner: FlaskClient, database: Database, site: Site, words: dict[str, Any], says: str
) -> None:
    with database.transaction() as session:
        session.get_one(Site, site.id).policy = words

    assert says in page_of(owner).text


def test_the_list_of_contents_leads_to_every_section(owner: FlaskClient) -> None:
    page = page_of(owner)
    links = [a.attrs["href"] for a in page.all("a") if a.is_in("nav", **{"class": "contents"})]
    sections = [f"#{each.attrs['aria-labelledby']}" for each in page.all("section")]
    assert sorted(links) == sorted(set(sections))


def test_an_unknown_proxy_is_told(owner: FlaskClient, client: FlaskClient) -> None:
    assert "through a proxy" not in page_of(owner).text
    for _ in range(FEWEST):
        client.get(
            "/s/news/comments",
            query_string={"article": ARTICLE},
            headers={"X-Forwarded-For": "203.0.113.7"},
        )

    assert "through a proxy that the server was not told of" in page_of(owner).text
