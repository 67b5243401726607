"""Sites come into being and change their rules."""

import pytest
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.sites import add_site, change_policy
from moderation.models import Event, Site
from moderation.statuses import Change
from tests.doubles import NOON


@pytest.mark.parametrize("key", ["a", "7", "the-daily", "a" * 40])
def test_a_key_is_short_and_plain(database: Database, key: str) -> None:
    with database.transaction() as session:
        assert add_site(session, key, name="A", origins=[], now=NOON).policy == {}


@pytest.mark.parametrize(
    "key", ["", "-a", "a-", "A", "a b", "a/b", "ü", "a\n", "a" * 41, "../x", "<b>"]
)
def test_another_key_is_refused(database: Database, key: str) -> None:
    with database.transaction() as session, pytest.raises(ValueError, match="letters"):
        add_site(session, key, name="A", origins=[], now=NOON)


def test_a_taken_key_is_refused(database: Database, site: Site) -> None:
    with database.transaction() as session, pytest.raises(ValueError, match="'news' already"):
        add_site(session, "news", name="A", origins=[], now=NOON)


def test_a_policy_changes_field_by_field_and_the_log_names_them_only(
    database: Database, site: Site
) -> None:
    with database.transaction() as session:
        stored = session.get_one(Site, site.id)
        change_policy(session, stored, {"banned_words": ("canary",), "links_max": 3}, now=NOON)
        change_policy(session, stored, {"links_max": 4}, now=NOON)
    with database.reading() as session:
        stored = session.get_one(Site, site.id)
        assert stored.policy == {"banned_words": ["canary"], "links_max": 4}
        events = session.scalars(select(Event).order_by(Event.id)).all()
    assert [event.change for event in events] == [Change.POLICY_CHANGED] * 2
    assert [event.data for event in events] == [
        {"fields": ["banned_words", "links_max"]},
        {"fields": ["links_max"]},
    ]
