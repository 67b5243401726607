"""While keys rotate bans hit whom they name, and address ranges turn like emails."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from moderation.db import Database
from moderation.flow.bans.acts import ban, lift_target
from moderation.flow.bans.force import kinds_in_force
from moderation.flow.bans.targets import target_of
from moderation.flow.keys import (
    Left,
    Turned,
    count_left,
    rotate_addresses,
    rotate_commenters,
)
from moderation.models import Ban, Comment, CommentAddress, Site
from moderation.privacy.vault import Vault
from moderation.statuses import BanKind
from tests.doubles import NOON
from tests.factories import make_address, make_comment
from tests.flow.keyring import AFTER, BEFORE, EMAILS, MIDDLE, find, is_banned, key, turn_all
from tests.plans import listening, plan_of


def test_a_ban_from_before_meets_who_first_comments_afterwards(
    database: Database, site: Site, people: list[int]
) -> None:
    turn_all(database)
    with database.transaction() as session:
        stranger = find(session, site, "stranger@example.com", MIDDLE)
        assert is_banned(session, stranger)
        assert count_left(session, MIDDLE).hashes == 0
        assert lift_target(session, site, target_of(MIDDLE, site, "stranger@example.com"), now=NOON)
        assert not is_banned(session, stranger)


def test_a_ban_set_in_the_middle_meets_who_commented_before(
    database: Database, site: Site, people: list[int]
) -> None:
    with database.transaction() as session:
        ban(session, site, target_of(MIDDLE, site, EMAILS[0]), now=NOON)
        ban(session, site, target_of(MIDDLE, site, EMAILS[2]), now=NOON)
        assert [find(session, site, email, MIDDLE) for email in EMAILS[:3]] == people[:3]
        assert is_banned(session, people[0])
        assert is_banned(session, people[2])
        assert session.scalar(select(func.count()).select_from(Ban)) == 3


@pytest.mark.parametrize("whom", [EMAILS[4], "@example.com"])
def test_bans_of_all_sites_and_of_domains_turn_with_the_emails_they_name(
    database: Database, site: Site, people: list[int], whom: str
) -> None:
    with database.transaction() as session:
        ban(session, None, target_of(BEFORE, None, whom), now=NOON)
        assert is_banned(session, people[4])
    turn_all(database)
    with database.transaction() as session:
        assert is_banned(session, people[4])
        assert (
            target_of(AFTER, None, whom).hashes[0] in session.scalars(select(Ban.lookup_hash)).all()
        )
        assert count_left(session, AFTER).hashes == 1  # the stranger's


def make_addresses(session, site: Site) -> list[Comment]:
    """Seven comments from two ranges, under the keys from before."""
    comments = [make_comment(session, site) for _ in range(7)]
    for number, comment in enumerate(comments):
        make_address(session, comment, BEFORE, f"203.0.{number % 2}.0/24")
    return comments


def turn_addresses(database: Database, vault: Vault) -> list[int]:
    """Likewise for address ranges, three in a batch."""
    sizes, after = [], 0
    while True:
        with database.transaction() as session:
            done = rotate_addresses(session, vault, after=after, limit=3)
        sizes.append(done.rows)
        assert done.unreadable == 0
        if done.last is None:
            return sizes
        after = done.last


@pytest.mark.parametrize("name", ["vault_key", "index_key"])
def test_address_ranges_and_their_bans_turn_when_either_key_changes(
    database: Database, site: Site, name: str
) -> None:
    keys = {"vault_key": key(b"v"), "index_key": key(b"i"), name: key(b"n")}
    alone = Vault(**keys)
    vault = Vault(old_vault_keys=key(b"v"), old_index_keys=key(b"i"), **keys)
    with database.transaction() as session:
        comments = make_addresses(session, site)
        for where, whom in ((site, "203.0.0.1"), (None, "203.0.1.1")):
            ban(session, where, target_of(BEFORE, where, whom), now=NOON)
        assert count_left(session, vault).addresses == 7

    # A hash of the index key takes its whole range along: then the later batches find nothing.
    assert turn_addresses(database, vault) == ([3, 3, 1] if name == "vault_key" else [3, 0])
    assert turn_addresses(database, vault) == [0]

    with database.reading() as session:
        assert count_left(session, alone) == Left(commenters=0, moderators=0, hashes=0, addresses=0)
        for number, comment in enumerate(comments):
            row = session.get_one(CommentAddress, comment.id)
            address_range = alone.decrypt(row.ciphertext, row=f"address:{comment.id}")
            assert address_range == f"203.0.{number % 2}.0/24"
            assert row.range_hash == alone.address_hashes(address_range)[0]
            assert kinds_in_force(session, comment, now=NOON) == (BanKind.ADDRESS,)


def test_a_ban_still_hits_what_is_not_turned_yet(database: Database, site: Site) -> None:
    with database.transaction() as session:
        comments = [make_comment(session, site, email=email, vault=BEFORE) for email in EMAILS[:3]]
        for comment in comments:
            make_address(session, comment, BEFORE)
        for whom in ("@example.com", "203.0.113.7"):
            ban(session, site, target_of(BEFORE, site, whom), now=NOON)
    for turn, hit in (
        (rotate_commenters, {BanKind.DOMAIN, BanKind.ADDRESS}),
        (rotate_addresses, {BanKind.DOMAIN, BanKind.ADDRESS}),
    ):
        with database.transaction() as session:
            turn(session, MIDDLE, after=0, limit=1)
        with database.reading() as session:
            assert [set(kinds_in_force(session, each, now=NOON)) for each in comments] == [hit] * 3


def test_what_no_key_opens_of_address_ranges_stays(database: Database, site: Site) -> None:
    with database.transaction() as session:
        make_addresses(session, site)
        before = session.scalars(select(CommentAddress.ciphertext)).all()
        done = rotate_addresses(session, AFTER, after=0, limit=10)
        assert (done.rows, done.unreadable, done.last) == (7, 7, None)
    with database.reading() as session:
        assert session.scalars(select(CommentAddress.ciphertext)).all() == before


def asked_by(
    database: Database, turn: Callable[..., Turned], vault: Vault
) -> list[tuple[str, Any]]:
    """The statements of one batch, each with values."""
    with listening(database.engine) as asked, database.transaction() as session:
        assert turn(session, vault, after=0, limit=3).rows == 3
    return asked


@pytest.mark.parametrize("turn", [rotate_commenters, rotate_addresses])
def test_where_hashes_stay_nothing_that_a_ban_names_is_written_again(
    database: Database, site: Site, people: list[int], turn: Callable[..., Turned]
) -> None:
    """Or each batch would write all of a banned domain."""
    with database.transaction() as session:
        make_addresses(session, session.merge(site))
        for whom in ("@example.com", "203.0.1.7"):
            ban(session, None, target_of(BEFORE, None, whom), now=NOON)
    sealed_anew = Vault(vault_key=key(b"w"), index_key=key(b"i"), old_vault_keys=key(b"v"))
    asked = asked_by(database, turn, sealed_anew)
    assert any(text.startswith("UPDATE") for text, _ in asked)
    assert not [text for text, _ in asked if text.startswith("UPDATE") and "SELECT" in text]


# PostgreSQL reads a small table from end to end, whatever its indexes.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("turn", [rotate_commenters, rotate_addresses])
def test_a_batch_reads_no_table_from_end_to_end(
    database: Database, site: Site, people: list[int], turn: Callable[..., Turned]
) -> None:
    """Or turning a million rows would take a million times a million steps."""
    with database.transaction() as session:
        make_addresses(session, session.merge(site))
        for whom in ("@example.com", "203.0.1.7"):
            ban(session, None, target_of(BEFORE, None, whom), now=NOON)
    asked = asked_by(database, turn, MIDDLE)

    assert any("bans" in text for text, _ in asked if text.startswith("UPDATE"))
    searches = [each for each in asked if each[0].startswith(("SELECT", "UPDATE"))]
    with database.engine.connect() as connection:
        plans = [
            step
            for text, values in searches
            for step in plan_of(connection, text, values)
            if "FROM sites" not in text
        ]
    assert len(plans) > 3
    assert not [plan for plan in plans if "SCAN" in plan]
