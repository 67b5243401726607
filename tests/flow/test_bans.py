"""Bans of emails, domains and address ranges; on a site or on all; for a time or for good."""

import datetime as dt

import pytest
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.articles import read_page
from moderation.flow.bans import ban, kinds_in_force, lift, target_of
from moderation.flow.submit import Submission, submit
from moderation.models import Ban, Comment, CommentAddress, Event, Site
from moderation.privacy.vault import Vault
from moderation.statuses import BanKind, Change
from tests.doubles import NOON
from tests.factories import ARTICLE, make_site

DAY = dt.timedelta(days=1)
WHOM = {
    BanKind.EMAIL: "Ada+x@Example.com",
    BanKind.DOMAIN: "@EXAMPLE.com",
    BanKind.ADDRESS: "203.0.113.99",
}
OTHERS = {
    BanKind.EMAIL: "bob@example.com",
    BanKind.DOMAIN: "@mail.example.com",
    BanKind.ADDRESS: "203.0.114.1",
}


def submit_as_ada(database: Database, site: Site, vault: Vault, number: int = 1) -> Comment:
    with database.transaction() as session:
        site = session.merge(site)
        form = Submission(
            submission_id=f"form {number}",
            page=read_page(site, ARTICLE, "Trees"),
            parent="",
            name="Ada",
            email="ada@example.com",
            body=f"Text {number}",
            address_range="203.0.113.0/24",
        )
        comment, _ = submit(session, site, form, vault=vault, now=NOON, repeat_window=DAY)
        return comment


def set_ban(
    database: Database,
    site: Site | None,
    vault: Vault,
    whom: str,
    until: dt.datetime | None = None,
) -> None:
    with database.transaction() as session:
        kind, hashes = target_of(vault, site, whom)
        ban(session, site, hashes, now=NOON, kind=kind, until=until)


def kinds(database: Database, comment: Comment, now: dt.datetime = NOON) -> tuple[BanKind, ...]:
    with database.reading() as session:
        return kinds_in_force(session, comment, now=now)


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("kind", BanKind)
def test_it_hits_whom_it_names_and_no_other(
    database: Database, site: Site, vault: Vault, kind: BanKind, everywhere: bool
) -> None:
    where = None if everywhere else site
    set_ban(database, where, vault, OTHERS[kind])
    comment = submit_as_ada(database, site, vault)
    assert kinds(database, comment) == ()
    set_ban(database, where, vault, WHOM[kind])
    assert kinds(database, comment) == (kind,)
    with database.transaction() as session:
        assert lift(session, where, target_of(vault, where, WHOM[kind])[1], now=NOON)
        assert not lift(session, where, target_of(vault, where, WHOM[kind])[1], now=NOON)
    assert kinds(database, comment) == ()


@pytest.mark.parametrize("kind", BanKind)
def test_a_site_is_not_banned_for_another(
    database: Database, site: Site, vault: Vault, kind: BanKind
) -> None:
    with database.transaction() as session:
        other = make_site(session, "other")
    comment = submit_as_ada(database, site, vault)
    set_ban(database, other, vault, WHOM[kind])
    assert kinds(database, comment) == ()
    set_ban(database, None, vault, WHOM[kind])
    assert kinds(database, comment) == (kind,)


@pytest.mark.parametrize("kind", BanKind)
def test_it_ends_by_itself_and_can_be_renewed(
    database: Database, site: Site, vault: Vault, kind: BanKind
) -> None:
    comment = submit_as_ada(database, site, vault)
    set_ban(database, site, vault, WHOM[kind], until=NOON + DAY)
    assert kinds(database, comment, NOON + DAY - dt.timedelta(seconds=1)) == (kind,)
    assert kinds(database, comment, NOON + DAY) == ()
    set_ban(database, site, vault, WHOM[kind])
    assert kinds(database, comment, NOON + 999 * DAY) == (kind,)
    with database.reading() as session:
        assert len(session.scalars(select(Ban)).all()) == 1


def test_all_that_hits_is_told_in_one_order(database: Database, site: Site, vault: Vault) -> None:
    comment = submit_as_ada(database, site, vault)
    for whom in reversed(WHOM.values()):
        set_ban(database, None, vault, whom)
    assert kinds(database, comment) == tuple(BanKind)


def test_what_names_nobody_is_refused(vault: Vault, site: Site) -> None:
    for whom in ("", "nobody", "203.0.0.0/8", "2001:db8::/32"):
        with pytest.raises(ValueError, match="wider than"):
            target_of(vault, site, whom)


def test_the_log_names_the_ban_and_not_whom(database: Database, site: Site, vault: Vault) -> None:
    set_ban(database, None, vault, "203.0.113.99")
    with database.reading() as session:
        [event] = session.scalars(select(Event))
        assert event.change is Change.BANNED
        assert event.data == {"ban": session.scalars(select(Ban.id)).one(), "kind": "address"}


def test_an_address_is_kept_encrypted_and_as_its_range_only(
    database: Database, site: Site, vault: Vault
) -> None:
    comment = submit_as_ada(database, site, vault)
    submit_as_ada(database, site, vault)  # a retry stores nothing more
    with database.reading() as session:
        [row] = session.scalars(select(CommentAddress))
    assert vault.decrypt(row.ciphertext, row=f"address:{comment.id}") == "203.0.113.0/24"
    assert b"203" not in row.ciphertext


def test_a_ban_under_an_older_key_hits_who_comes_back(
    database: Database, site: Site, vault: Vault
) -> None:
    key = "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg="
    from_settings = {"vault_key": key, "old_index_keys": "aW4" + "B" * 40}
    newer = Vault(index_key=key, **from_settings)
    for whom in WHOM.values():
        set_ban(database, None, vault, whom)
    comment = submit_as_ada(database, site, newer)
    assert kinds(database, comment) == tuple(BanKind)
