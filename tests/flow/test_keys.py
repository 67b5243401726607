"""Rotating keys: everything is found and opened before, in the middle and after."""

import datetime as dt

import pytest
from sqlalchemy import func, select

from moderation.db import Database
from moderation.errors import UndecryptableEmail
from moderation.flow.articles import read_page
from moderation.flow.bans.acts import ban, lift_target
from moderation.flow.bans.targets import target_of
from moderation.flow.keys import (
    Left,
    count_left,
    rotate_commenters,
    rotate_moderators,
)
from moderation.flow.personal.erasure import ask_for_erasure
from moderation.flow.submit import Submission, submit
from moderation.flow.team.accounts import find_moderator
from moderation.models import Comment, Commenter, CommenterEmail, Erasure, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, ErasureScope
from tests.doubles import NOON
from tests.factories import ARTICLE, make_comment
from tests.flow.keyring import AFTER, BEFORE, EMAILS, MIDDLE, find, is_banned, key, turn_all


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
        ban(session, site, target_of(AFTER, site, EMAILS[2]), now=NOON)
        lift_target(session, site, target_of(AFTER, site, EMAILS[2]), now=NOON)
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
