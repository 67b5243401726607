"""Sites come into being and change their rules."""

import pytest
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.sites import add_site, change_policy, change_site, warn_of_nudges
from moderation.models import Event, Site
from moderation.policy.limits import WrongRule
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, Role, ScorerMode
from tests.doubles import NOON
from tests.factories import NO_SAMPLES, ORIGIN, make_moderator


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
        assert stored.policy == {**NO_SAMPLES, "banned_words": ["canary"], "links_max": 4}
        events = session.scalars(select(Event).order_by(Event.id)).all()
    assert [event.change for event in events] == [Change.POLICY_CHANGED] * 2
    assert [event.data for event in events] == [
        {"fields": ["banned_words", "links_max"]},
        {"fields": ["links_max"]},
    ]


def test_a_rule_that_cannot_be_changes_nothing(database: Database, site: Site) -> None:
    with database.transaction() as session:
        stored = session.get_one(Site, site.id)
        with pytest.raises(WrongRule):
            change_policy(session, stored, {"nudge": True, "links_max": -1}, now=NOON)
    with database.reading() as session:
        assert session.get_one(Site, site.id).policy == NO_SAMPLES
        assert session.scalars(select(Event)).all() == []


def test_two_changes_at_once_are_both_kept(database: Database, site: Site) -> None:
    with database.reading() as session:
        stale = session.get_one(Site, site.id)
    with database.transaction() as session:
        change_policy(session, session.get_one(Site, site.id), {"links_max": 3}, now=NOON)
    with database.transaction() as session:
        session.add(stale)
        change_policy(session, stale, {"nudge": True}, now=NOON)
    with database.reading() as session:
        policy = session.get_one(Site, site.id).policy
        assert policy == {**NO_SAMPLES, "links_max": 3, "nudge": True}


def test_name_and_origins_change_and_the_log_says_which_and_who(
    database: Database, site: Site, vault: Vault
) -> None:
    with database.transaction() as session:
        stored = session.get_one(Site, site.id)
        olga = make_moderator(session, vault, role=Role.OWNER, site=stored)
        change_site(session, stored, name="Daily", origins=[ORIGIN], by=olga, now=NOON)
        change_site(session, stored, name="Daily", origins=["https://a.example"], now=NOON)
    with database.reading() as session:
        stored = session.get_one(Site, site.id)
        assert (stored.name, stored.origins) == ("Daily", ["https://a.example"])
        events = session.scalars(select(Event).order_by(Event.id)).all()
    assert [(e.data, e.actor, e.moderator_id) for e in events] == [
        ({"fields": ["name"]}, Actor.MODERATOR, olga.id),
        ({"fields": ["origins"]}, Actor.OPERATOR, None),
    ]


def test_it_warns_where_the_nudge_is_wanted_and_cannot_be(database: Database, site: Site) -> None:
    assert warn_of_nudges([site], ScorerMode.WORKER) == []
    site.policy = {"nudge": True}
    [warning] = warn_of_nudges([site], ScorerMode.WORKER)
    assert "'news'" in warning and "SCORER=embedded" in warning
    assert warn_of_nudges([site], ScorerMode.EMBEDDED) == []
