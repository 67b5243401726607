"""Bans of emails, domains and address ranges; on a site or on all; for a time or for good."""

import datetime as dt

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from moderation.db import Database
from moderation.flow.articles import read_page
from moderation.flow.bans.acts import ban, lift_target
from moderation.flow.bans.force import kinds_in_force
from moderation.flow.bans.foresee import find_standing, foresee
from moderation.flow.bans.forgetting import forget_long_ended
from moderation.flow.bans.targets import (
    commenter_target,
    network_target,
    target_of,
    word_target,
)
from moderation.flow.decide import decide
from moderation.flow.personal.erasure import forget
from moderation.flow.submit import Submission, submit
from moderation.models import (
    Ban,
    Comment,
    CommentAddress,
    CommenterEmail,
    Event,
    FindingRow,
    Site,
)
from moderation.privacy.vault import Vault
from moderation.statuses import BanKind, Change, Code, Status
from tests.conftest import SECRETS
from tests.doubles import NOON
from tests.factories import ARTICLE, make_comment, make_site

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
        ban(session, site, target_of(vault, site, whom), now=NOON, until=until)


def kinds(database: Database, comment: Comment, now: dt.datetime = NOON) -> tuple[BanKind, ...]:
    with database.reading() as session:
        return kinds_in_force(session, comment, now=now)


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("kind", WHOM)
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
        assert lift_target(session, where, target_of(vault, where, WHOM[kind]), now=NOON)
        assert not lift_target(session, where, target_of(vault, where, WHOM[kind]), now=NOON)
    assert kinds(database, comment) == ()


@pytest.mark.parametrize("kind", WHOM)
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


@pytest.mark.parametrize("kind", WHOM)
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
    assert kinds(database, comment) == tuple(WHOM)


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
        assert event.data == {"ban": session.scalars(select(Ban.id)).one()}


def test_an_address_is_kept_encrypted_and_as_its_range_only(
    database: Database, site: Site, vault: Vault
) -> None:
    comment = submit_as_ada(database, site, vault)
    submit_as_ada(database, site, vault)  # a retry stores nothing more
    with database.reading() as session:
        [row] = session.scalars(select(CommentAddress))
    assert vault.decrypt(row.ciphertext, row=f"address:{comment.id}") == "203.0.113.0/24"
    assert b"203.0.113" not in row.ciphertext


def test_a_ban_under_an_older_key_hits_who_comes_back(
    database: Database, site: Site, vault: Vault, newer: Vault
) -> None:
    for whom in WHOM.values():
        set_ban(database, None, vault, whom)
    comment = submit_as_ada(database, site, newer)
    assert kinds(database, comment) == tuple(WHOM)


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("kind", WHOM)
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
            ban(session, None, target_of(newer, None, whom), now=NOON)


def rows_held(session: Session) -> list[object]:
    """Locks on what a ban names."""
    tables = (CommenterEmail, CommentAddress)
    return [row for table in tables for row in session.scalars(select(table).with_for_update())]


# Words


def decide_about(database: Database, site: Site, text: str, readings: tuple[str, ...]) -> Comment:
    """A comment of the site as the machine decides it."""
    with database.transaction() as session:
        comment = make_comment(session, session.merge(site), status=Status.PROCESSING, body=text)
        decide(
            session, comment, now=NOON, repeat_window=DAY, presets={}, readings=readings
        )  # fmt: skip
        return comment


def words_found(database: Database, site: Site, text: str, *readings: str) -> list[str | None]:
    """The banned words that the machine found in such a comment."""
    comment = decide_about(database, site, text, readings)
    query = select(FindingRow.detail).where(
        FindingRow.comment_id == comment.id, FindingRow.code == Code.BANNED_WORD
    )
    with database.reading() as session:
        return list(session.scalars(query))


def test_a_banned_word_is_found_as_the_policys_are(
    database: Database, site: Site, vault: Vault
) -> None:
    set_ban(database, site, vault, "word:Cheap  WATCHES")
    set_ban(database, None, vault, "word:pills")
    assert words_found(database, site, "cheap watches, ＣＨＥＡＰ\nＷａｔｃｈｅｓ") == [
        "cheap watches"
    ]
    assert words_found(database, site, "cheapwatches and spills") == []
    assert words_found(database, site, "p1lls", "pills") == ["pills"]
    assert words_found(database, site, "pills, cheap watches") == ["pills", "cheap watches"]


def test_a_banned_word_holds_where_and_as_long_as_it_is_banned(
    database: Database, site: Site, vault: Vault
) -> None:
    with database.transaction() as session:
        other = make_site(session, "other")
    set_ban(database, other, vault, "word:pills")
    set_ban(database, site, vault, "word:watches", until=NOON)
    set_ban(database, site, vault, "word:shoes", until=NOON + DAY)
    set_ban(database, None, vault, "word:hats")
    with database.transaction() as session:
        assert lift_target(session, None, target_of(vault, None, "word:HATS"), now=NOON)
    assert words_found(database, site, "pills watches shoes hats") == ["shoes"]


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_word_is_banned_once(
    database: Database, site: Site, vault: Vault, everywhere: bool
) -> None:
    where = None if everywhere else site
    for spelling in ("word:Pills", "word: pills "):
        set_ban(database, where, vault, spelling)
    with database.transaction() as session:
        [found] = session.scalars(select(Ban))
        twin = Ban(
            site_id=found.site_id, kind=BanKind.WORD, word=found.word, created_at=NOON
        )  # fmt: skip
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(twin)


# What colleagues see


@pytest.mark.parametrize(
    ("whom", "label"),
    [
        ("ada@mail.example.com", "a•••@m•••.com"),
        ("@example.com", "@e•••.com"),
        ("203.0.113.9", "203.0.•••/24"),
        ("2001:db8:1:2::3", "2001:db8:•••/48"),
        ("2001::1", "2001::•••/48"),
        ("::1", "::•••/48"),
    ],
)
def test_a_label_tells_no_address(vault: Vault, whom: str, label: str) -> None:
    assert target_of(vault, None, whom).label == label


def test_a_commenter_is_banned_by_what_is_stored_while_keys_change(
    database: Database, site: Site, vault: Vault, newer: Vault
) -> None:
    comment = submit_as_ada(database, site, vault)
    with database.transaction() as session:
        found = session.merge(comment).commenter
        assert found
        for where in (session.merge(site), None):
            target = commenter_target(session, newer, found, where)
            assert target and target.label is None  # no key here opens the email
            ban(session, where, target, now=NOON)
        for read in (
            network_target(session, vault, comment),
            commenter_target(session, vault, found, None),
        ):
            assert read and read.label in ("203.0.•••/24", "a•••@e•••.com")
    assert kinds(database, comment) == (BanKind.EMAIL,)
    again = submit_as_ada(database, site, newer, number=2)
    assert kinds(database, again) == kinds(database, comment) == (BanKind.EMAIL,)
    with database.reading() as session:
        target = target_of(newer, None, "ada@example.com")
        seen = foresee(session, None, target, now=NOON)
        assert (seen.total, seen.commenters) == (2, 1)
        assert find_standing(session, None, target, now=NOON)


def test_a_word_is_looked_for_in_the_newest_comments_only(
    database: Database, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.flow.bans.foresee.SCANNED", 3)
    with database.transaction() as session:
        for number in range(4):
            make_comment(session, session.merge(site), body=f"A tree {number}")
        make_comment(session, session.merge(site), body="Not here.", name="Tree")
    with database.reading() as session:
        seen = foresee(session, None, word_target("tree"), now=NOON)
    assert (seen.total, seen.scanned) == (3, 3)
    assert [comment.body for comment in seen.newest] == ["Not here.", "A tree 3", "A tree 2"]


# Forgetting


def test_with_everything_of_a_person_go_label_and_reason_of_their_bans(
    database: Database, site: Site, vault: Vault
) -> None:
    comment = submit_as_ada(database, site, vault)
    with database.transaction() as session:
        for where in (session.merge(site), None):
            for whom in ("ada@example.com", "bob@example.com", "@example.com"):
                ban(session, where, target_of(vault, where, whom), now=NOON, reason="They flood")
        assert comment.commenter_id
        forget(session, comment.commenter_id)
    with database.reading() as session:
        kept = session.execute(select(Ban.label, Ban.reason).order_by(Ban.id)).all()
    others = [("b•••@e•••.com", "They flood"), ("@e•••.com", "They flood")]
    assert [tuple(row) for row in kept] == [(None, None), *others] * 2
    assert kinds(database, submit_as_ada(database, site, vault, number=2)) == (
        BanKind.EMAIL,
        BanKind.DOMAIN,
    )


def test_a_ban_goes_a_year_after_it_ended(database: Database, site: Site, vault: Vault) -> None:
    set_ban(database, site, vault, "word:for good")
    set_ban(database, site, vault, "word:for a day", until=NOON + DAY)
    set_ban(database, site, vault, "word:for long", until=NOON + 3 * DAY)
    set_ban(database, site, vault, "word:lifted", until=NOON + 9 * DAY)
    with database.transaction() as session:
        lift_target(session, site, target_of(vault, site, "word:lifted"), now=NOON + DAY)
    now = NOON + 366 * DAY + dt.timedelta(seconds=1)
    with database.transaction() as session:
        assert forget_long_ended(session, now=now, limit=1) == 1
        assert forget_long_ended(session, now=now, limit=9) == 1
        assert forget_long_ended(session, now=now, limit=9) == 0
        assert set(session.scalars(select(Ban.word))) == {"for good", "for long"}
