"""Rotating keys: everything is found and opened before, in the middle and after."""

import base64
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, func, select

from moderation.db import Database
from moderation.errors import UndecryptableEmail
from moderation.flow.articles import read_page
from moderation.flow.bans import ban, kinds_in_force, lift, target_of
from moderation.flow.commenters import find_or_create_commenter, hashes_for
from moderation.flow.keys import (
    Left,
    Turned,
    count_left,
    rotate_addresses,
    rotate_commenters,
    rotate_moderators,
)
from moderation.flow.moderators import find_moderator
from moderation.flow.personal.erasure import ask_for_erasure
from moderation.flow.submit import Submission, submit
from moderation.models import Ban, Comment, CommentAddress, Commenter, CommenterEmail, Erasure, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, BanKind, ErasureScope
from tests.doubles import NOON
from tests.factories import ARTICLE, make_address, make_comment, make_moderator

EMAILS = tuple(f"reader{number}@example.com" for number in range(7))


def key(letter: bytes) -> str:
    return base64.urlsafe_b64encode(letter * 32).decode()


BEFORE = Vault(vault_key=key(b"v"), index_key=key(b"i"))
MIDDLE = Vault(
    vault_key=key(b"w"),
    index_key=key(b"j"),
    old_vault_keys=key(b"v"),
    old_index_keys=f"{key(b'h')} {key(b'i')}",
)
AFTER = Vault(vault_key=key(b"w"), index_key=key(b"j"))


@pytest.fixture
def people(database: Database, site: Site) -> list[int]:
    """The ids of commenters from before; the third is banned, and so is a stranger."""
    with database.transaction() as session:
        ids = [find(session, site, email, BEFORE) for email in EMAILS]
        for email in (EMAILS[2], "stranger@example.com"):
            ban(session, site, hashes_for(BEFORE, site, email), now=NOON)
        make_moderator(session, BEFORE)
    return ids


def find(session, site: Site, email: str, vault: Vault) -> int:
    commenter = find_or_create_commenter(session, site, email, vault=vault, now=NOON)
    assert commenter
    return commenter.id


def is_banned(session, person: int) -> bool:
    site_id = session.scalars(select(Site.id)).first()
    comment = Comment(id=0, site_id=site_id, commenter_id=person)
    return bool(kinds_in_force(session, comment, now=NOON))


def turn_all(database: Database, vault: Vault = MIDDLE, batch: int = 3) -> list[int]:
    """Rotate in batches, each in a transaction of its own; answers their sizes."""
    sizes, after = [], 0
    while True:
        with database.transaction() as session:
            done = rotate_commenters(session, vault, after=after, limit=batch)
        sizes.append(done.rows)
        if done.last is None:
            break
        after = done.last
    with database.transaction() as session:
        rotate_moderators(session, vault, after=0, limit=batch)
    return sizes


def test_everybody_is_found_with_the_newest_keys_alone_once_all_is_turned(
    database: Database, site: Site, people: list[int]
) -> None:
    assert turn_all(database) == [3, 3, 1]

    with database.transaction() as session:
        assert [find(session, site, email, AFTER) for email in EMAILS] == people
        assert [is_banned(session, person) for person in people] == [False] * 2 + [True] + [
            False
        ] * 4
        rows = session.scalars(select(CommenterEmail).order_by(CommenterEmail.commenter_id)).all()
        opened = [AFTER.decrypt(r.ciphertext, row=f"commenter:{r.commenter_id}") for r in rows]
        assert tuple(opened) == EMAILS
        found = find_moderator(session, "grace@example.com", AFTER)
        assert found
        assert AFTER.decrypt(found.email_ciphertext, row=f"moderator:{found.id}")
        assert count_left(session, AFTER) == Left(commenters=0, moderators=0, hashes=1, addresses=0)


def test_everybody_is_found_while_nothing_or_half_is_turned(
    database: Database, site: Site, people: list[int]
) -> None:
    with database.transaction() as session:
        assert count_left(session, MIDDLE) == Left(
            commenters=7, moderators=1, hashes=2, addresses=0
        )
        assert find_moderator(session, "grace@example.com", MIDDLE)
        rotate_commenters(session, MIDDLE, after=0, limit=4)
    with database.transaction() as session:
        assert [find(session, site, email, MIDDLE) for email in EMAILS] == people
        assert is_banned(session, people[2])
        assert session.scalar(select(func.count()).select_from(Commenter)) == len(EMAILS)


def test_a_stopped_rotation_goes_on_with_what_is_left(
    database: Database, people: list[int]
) -> None:
    with database.transaction() as session:
        rotate_commenters(session, MIDDLE, after=0, limit=5)

    assert turn_all(database) == [2]
    assert turn_all(database) == [0]


def test_a_ban_from_before_meets_who_first_comments_afterwards(
    database: Database, site: Site, people: list[int]
) -> None:
    turn_all(database)
    with database.transaction() as session:
        stranger = find(session, site, "stranger@example.com", MIDDLE)
        assert is_banned(session, stranger)
        assert count_left(session, MIDDLE).hashes == 0
        assert lift(session, site, hashes_for(MIDDLE, site, "stranger@example.com"), now=NOON)
        assert not is_banned(session, stranger)


def test_a_ban_set_in_the_middle_meets_who_commented_before(
    database: Database, site: Site, people: list[int]
) -> None:
    with database.transaction() as session:
        ban(session, site, hashes_for(MIDDLE, site, EMAILS[0]), now=NOON)
        ban(session, site, hashes_for(MIDDLE, site, EMAILS[2]), now=NOON)
        assert [find(session, site, email, MIDDLE) for email in EMAILS[:3]] == people[:3]
        assert is_banned(session, people[0])
        assert is_banned(session, people[2])
        assert session.scalar(select(func.count()).select_from(Ban)) == 3


def test_what_no_key_opens_is_counted_and_stays(database: Database, people: list[int]) -> None:
    stranger = Vault(vault_key=key(b"x"), index_key=key(b"j"))
    with database.transaction() as session:
        before = session.scalars(select(CommenterEmail.ciphertext)).all()
        done = rotate_commenters(session, stranger, after=0, limit=10)
        assert (done.rows, done.unreadable) == (7, 7)
        assert rotate_moderators(session, stranger, after=0, limit=10).unreadable == 1
    with database.reading() as session:
        assert session.scalars(select(CommenterEmail.ciphertext)).all() == before


def test_only_one_key_may_change(database: Database, site: Site, people: list[int]) -> None:
    sealed_anew = Vault(vault_key=key(b"w"), index_key=key(b"i"), old_vault_keys=key(b"v"))
    turn_all(database, sealed_anew)
    with database.transaction() as session:
        assert count_left(session, sealed_anew) == Left(
            commenters=0, moderators=0, hashes=0, addresses=0
        )
        assert [find(session, site, email, sealed_anew) for email in EMAILS] == people
        for row in session.scalars(select(CommenterEmail)):
            row_name = f"commenter:{row.commenter_id}"
            alone = Vault(vault_key=key(b"w"), index_key=key(b"i"))
            assert alone.decrypt(row.ciphertext, row=row_name) in EMAILS


def test_a_form_sent_again_after_the_keys_changed_is_a_retry(
    database: Database, site: Site
) -> None:
    form = Submission(
        submission_id="form",
        page=read_page(site, ARTICLE),
        parent="",
        name="Ada",
        email=EMAILS[0],
        body="What a lovely tree.",
    )
    answers = []
    for vault in (BEFORE, MIDDLE):
        with database.transaction() as session:
            comment, is_new = submit(
                session, site, form, vault=vault, now=NOON, repeat_window=dt.timedelta(days=1)
            )
            answers.append((comment.id, is_new))

    assert answers == [(answers[0][0], True), (answers[0][0], False)]


def test_an_address_that_came_back_while_its_key_was_missing_is_one_person_again(
    database: Database, site: Site, people: list[int]
) -> None:
    with database.transaction() as session:
        site = session.merge(site)
        session.get_one(Commenter, people[2]).confirmed_at = NOON
        old = make_comment(session, site, email=EMAILS[2], vault=BEFORE).id
        again = find(session, site, EMAILS[2], AFTER)
        new = make_comment(session, site, email=EMAILS[2], vault=AFTER).id
        wish = ask_for_erasure(
            session,
            session.get_one(Commenter, people[2]),
            ErasureScope.TEXTS,
            asked_by=Actor.COMMENTER,
            now=NOON,
            delay=dt.timedelta(days=7),
        ).id
        ban(session, site, hashes_for(AFTER, site, EMAILS[2]), now=NOON)
        lift(session, site, hashes_for(AFTER, site, EMAILS[2]), now=NOON)
    assert again not in people

    turn_all(database)

    with database.transaction() as session:
        assert find(session, site, EMAILS[2], AFTER) == again
        assert {session.get_one(Comment, each).commenter_id for each in (old, new)} == {again}
        assert session.get_one(Commenter, again).confirmed_at == NOON
        assert session.get(Commenter, people[2]) is None
        assert session.get_one(Erasure, wish).commenter_id == again
        # Banned under the older hash, and that ban was never lifted.
        assert is_banned(session, again)
        assert count_left(session, AFTER) == Left(commenters=0, moderators=0, hashes=1, addresses=0)


def test_one_person_under_two_older_keys_is_one_again(
    database: Database, site: Site, people: list[int]
) -> None:
    older = Vault(vault_key=key(b"v"), index_key=key(b"h"))
    with database.transaction() as session:
        assert find(session, site, EMAILS[0], older) not in people

    turn_all(database, batch=20)

    with database.transaction() as session:
        assert find(session, site, EMAILS[0], AFTER) == people[0]
        assert count_left(session, AFTER).commenters == 0


def test_losing_a_key_has_the_consequence_that_is_documented(
    database: Database, site: Site, people: list[int]
) -> None:
    no_vault_key = Vault(vault_key=key(b"x"), index_key=key(b"i"))
    no_index_key = Vault(vault_key=key(b"v"), index_key=key(b"x"))
    with database.transaction() as session:
        # Without VAULT_KEY people are still known, and banned, but nobody can be written to.
        assert find(session, site, EMAILS[2], no_vault_key) == people[2]
        assert is_banned(session, people[2])
        row = session.get_one(CommenterEmail, people[2])
        with pytest.raises(UndecryptableEmail):
            no_vault_key.decrypt(row.ciphertext, row=f"commenter:{people[2]}")
        # Without INDEX_KEY everybody is a stranger, bans hit nobody and nobody can sign in.
        stranger = find(session, site, EMAILS[2], no_index_key)
        assert stranger not in people
        assert not is_banned(session, stranger)
        assert find_moderator(session, "grace@example.com", no_index_key) is None


def test_a_lost_index_key_is_made_good_by_the_emails_themselves(
    database: Database, site: Site, people: list[int]
) -> None:
    fresh = Vault(vault_key=key(b"v"), index_key=key(b"x"))

    turn_all(database, fresh)

    with database.transaction() as session:
        assert [find(session, site, email, fresh) for email in EMAILS] == people
        assert is_banned(session, people[2])
        assert find_moderator(session, "grace@example.com", fresh)
        assert count_left(session, fresh) == Left(commenters=0, moderators=0, hashes=1, addresses=0)


def test_hashes_across_sites_are_stored_and_filled_in_older_rows(
    database: Database, site: Site, people: list[int]
) -> None:
    with database.transaction() as session:
        row = session.get_one(CommenterEmail, people[0])
        wanted = BEFORE.hashes(EMAILS[0], site=site.key)
        assert (row.anywhere_hash, row.domain_hash) == (wanted.anywhere[0], wanted.domain[0])
        row.anywhere_hash = row.domain_hash = None
    with database.transaction() as session:
        assert count_left(session, BEFORE).commenters == 1

    assert turn_all(database, BEFORE) == [1]
    turn_all(database)

    with database.transaction() as session:
        row = session.get_one(CommenterEmail, people[0])
        wanted = AFTER.hashes(EMAILS[0], site=site.key)
        assert (row.anywhere_hash, row.domain_hash) == (wanted.anywhere[0], wanted.domain[0])


@pytest.mark.parametrize("whom", [EMAILS[4], "@example.com"])
def test_bans_of_all_sites_and_of_domains_turn_with_the_emails_they_name(
    database: Database, site: Site, people: list[int], whom: str
) -> None:
    with database.transaction() as session:
        kind, hashes = target_of(BEFORE, None, whom)
        ban(session, None, hashes, now=NOON, kind=kind)
        assert is_banned(session, people[4])
    turn_all(database)
    with database.transaction() as session:
        assert is_banned(session, people[4])
        assert target_of(AFTER, None, whom)[1][0] in session.scalars(select(Ban.lookup_hash)).all()
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
            kind, hashes = target_of(BEFORE, where, whom)
            ban(session, where, hashes, now=NOON, kind=kind)
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
            kind, hashes = target_of(BEFORE, site, whom)
            ban(session, site, hashes, now=NOON, kind=kind)
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
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, values: Any, ___: Any, many: bool) -> None:
        asked.append((statement, values[0] if many else values))

    event.listen(database.engine, "before_cursor_execute", note)
    with database.transaction() as session:
        assert turn(session, vault, after=0, limit=3).rows == 3
    event.remove(database.engine, "before_cursor_execute", note)
    return asked


@pytest.mark.parametrize("turn", [rotate_commenters, rotate_addresses])
def test_where_hashes_stay_nothing_that_a_ban_names_is_written_again(
    database: Database, site: Site, people: list[int], turn: Callable[..., Turned]
) -> None:
    """Or each batch would write all of a banned domain."""
    with database.transaction() as session:
        make_addresses(session, session.merge(site))
        for whom in ("@example.com", "203.0.1.7"):
            kind, hashes = target_of(BEFORE, None, whom)
            ban(session, None, hashes, now=NOON, kind=kind)
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
            kind, hashes = target_of(BEFORE, None, whom)
            ban(session, None, hashes, now=NOON, kind=kind)
    asked = asked_by(database, turn, MIDDLE)

    assert any("bans" in text for text, _ in asked if text.startswith("UPDATE"))
    searches = [each for each in asked if each[0].startswith(("SELECT", "UPDATE"))]
    with database.engine.connect() as connection:
        plans = [
            str(line)
            for text, values in searches
            for line in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
            if "FROM sites" not in text
        ]
    assert len(plans) > 3
    assert not [plan for plan in plans if "SCAN" in plan]
