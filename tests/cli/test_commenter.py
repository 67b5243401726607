"""`flask commenter ban|unban` as an operator runs them."""

import datetime as dt
from collections.abc import Callable

import pytest
from click.testing import Result
from sqlalchemy import select

from moderation.db import Database
from moderation.models import Ban, Event
from tests.doubles import NOON
from tests.factories import make_site

Run = Callable[..., Result]


def test_a_commenter_is_banned_and_unbanned(run: Run, database: Database) -> None:
    with database.transaction() as session:
        make_site(session)
    assert run("commenter", "ban", "eve@example.com", "--site", "news").exit_code == 0
    assert run("commenter", "ban", "EVE@example.com", "--site", "news").exit_code == 0
    with database.reading() as session:
        assert session.scalars(select(Ban)).one().lifted_at is None
    assert run("commenter", "unban", "eve@example.com", "--site", "news").exit_code == 0
    with database.reading() as session:
        assert session.scalars(select(Ban)).one().lifted_at == NOON
        changes = session.scalars(select(Event.change).order_by(Event.id)).all()
    assert changes == ["banned", "unbanned"]
    again = run("commenter", "unban", "eve@example.com", "--site", "news")
    assert (again.exit_code, "is not banned" in again.output) == (1, True)


@pytest.mark.parametrize(
    ("whom", "named"),
    [
        ("@spam.example", "@spam.example"),
        ("203.0.113.7", "203.0.113.0/24"),
        ("2001:db8::1", "2001:db8::/48"),
        ("eve@example.com", "eve@example.com"),
        ("{eve}@example.com", "{eve}@example.com"),
    ],
)
def test_a_ban_may_be_of_all_sites_and_for_a_time(
    run: Run, database: Database, whom: str, named: str
) -> None:
    done = run("commenter", "ban", whom, "--all-sites", "--days", "3")
    assert done.output == f"Comments of {named} on all sites are held for 3 days.\n"
    with database.reading() as session:
        found = session.scalars(select(Ban)).one()
    assert (found.site_id, found.expires_at) == (None, NOON + dt.timedelta(days=3))
    lifted = run("commenter", "unban", whom, "--all-sites")
    assert lifted.output == f"The ban of {named} on all sites is lifted.\n"


@pytest.mark.parametrize(
    "words",
    [
        ("eve@example.com",),
        ("eve@example.com", "--site", "news", "--all-sites"),
        ("203.0.0.0/8", "--all-sites"),
        ("eve", "--all-sites"),
    ],
)
def test_a_ban_that_names_nobody_or_nowhere_is_refused(
    run: Run, database: Database, words: tuple[str, ...]
) -> None:
    assert run("commenter", "ban", *words).exit_code != 0
    with database.reading() as session:
        assert session.scalars(select(Ban)).all() == []


def test_a_word_is_banned_with_a_reason(run: Run, database: Database) -> None:
    done = run(
        "commenter", "ban", "word:Cheap Watches", "--all-sites", "--reason", " Nightly\nads "
    )
    assert done.output == "Comments with “Cheap Watches” on all sites are held from now on.\n"
    with database.reading() as session:
        found = session.scalars(select(Ban)).one()
        assert session.scalars(select(Event.actor)).all() == ["operator"]
    assert (found.word, found.reason, found.lookup_hash) == ("cheap watches", "Nightly ads", None)
    assert run("commenter", "ban", "word:ab", "--all-sites").exit_code == 1
    lifted = run("commenter", "unban", "word:cheap watches", "--all-sites")
    assert lifted.output == "The ban of “cheap watches” on all sites is lifted.\n"
