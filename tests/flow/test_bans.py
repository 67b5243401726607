"""Bans of emails, domains and address ranges; on a site or on all; for a time or for good."""

import datetime as dt

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from moderation.db import Database
from moderation.flow.articles import read_page
from moderation.flow.bans import ban, kinds_in_force, lift, target_of
from moderation.flow.submit import Submission, submit
from moderation.models import Ban, Comment, CommentAddress, CommenterEmail, Event, Site
from moderation.privacy.vault import Vault
from moderation.statuses import BanKind, Change
from tests.conftest import SECRETS
from tests.doubles import NOON
from tests.factories import ARTICLE, make_site

KEY = "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg="
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


@pytest.fixture
def newer() -> Vault:
    """The vault after its keys changed."""
    return Vault(vault_key=KEY, index_key=KEY, old_index_keys=SECRETS["INDEX_KEY"])


def submit_as_ada(
    database: Database,
    site: Site,
    vault: Vault,
    number: int = 1,
    email: str = "ada@example.com",
) -> Comment:
    with database.transaction() as session:
        site = session.merge(site)
        form = Submission(
            submission_id=f"form {number}",
            page=read_page(site, ARTICLE, "Trees"),
            parent="",
            name="Ada",
            email=email,
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
    mistyped = ("", "nobody", "@", "eve@", "@spam,example", "e ve@example.com")
    for whom in (*mistyped, "203.0.0.0/8", "2001:db8::/32"):
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
    database: Database, site: Site, vault: Vault, newer: Vault
) -> None:
    for whom in WHOM.values():
        set_ban(database, None, vault, whom)
    comment = submit_as_ada(database, site, newer)
    assert kinds(database, comment) == tuple(BanKind)


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("kind", BanKind)
def test_a_ban_under_the_newest_key_hits_what_waits_under_an_older_one(
    database: Database, site: Site, vault: Vault, newer: Vault, kind: BanKind, everywhere: bool
) -> None:
    comment = submit_as_ada(database, site, vault)
    set_ban(database, None if everywhere else site, newer, WHOM[kind])
    assert kinds(database, comment) == (kind,)


@pytest.mark.parametrize("kind", [BanKind.DOMAIN, BanKind.ADDRESS])
def test_a_ban_that_moved_to_the_newest_key_with_one_hits_the_others_that_wait(
    database: Database, site: Site, vault: Vault, newer: Vault, kind: BanKind
) -> None:
    comment = submit_as_ada(database, site, vault)
    set_ban(database, site, vault, WHOM[kind])
    submit_as_ada(database, site, newer, number=2, email="bob@example.com")
    assert kinds(database, comment) == (kind,)


def test_moving_a_ban_waits_for_nobody_who_holds_what_it_names(
    database: Database, site: Site, vault: Vault, newer: Vault
) -> None:
    if database.engine.dialect.name == "sqlite":
        return  # its writers queue up
    submit_as_ada(database, site, vault)
    with database.transaction() as holder, database.transaction() as session:
        assert len(rows_held(holder)) == 2
        session.execute(text("SET LOCAL lock_timeout = '2s'"))
        for whom in ("@example.com", "203.0.113.99"):
            kind, hashes = target_of(newer, None, whom)
            ban(session, None, hashes, now=NOON, kind=kind)


def rows_held(session: Session) -> list[object]:
    """Locks on what a ban names."""
    tables = (CommenterEmail, CommentAddress)
    return [row for table in tables for row in session.scalars(select(table).with_for_update())]
