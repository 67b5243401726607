"""Whom moderators trust: with a proven address only, and for what only newcomers are held for."""

import datetime as dt

import pytest
from sqlalchemy import select

from moderation.db import Database
from moderation.errors import AddressNotProven
from moderation.flow.bans.acts import ban
from moderation.flow.bans.targets import target_of
from moderation.flow.personal.erasure import forget
from moderation.flow.personal.retention import PURGES, purge_batch
from moderation.flow.trust import end_trust, is_trusted, may_be_trusted, trust
from moderation.models import Commenter, CommenterEmail, Event, Moderator, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Change, Code, Publishing
from tests.doubles import NOON
from tests.factories import make_comment, make_moderator, make_site
from tests.flow.bench import EMAIL, Bench

DAY = dt.timedelta(days=1)
LINKS = "https://a.org https://b.org https://c.org https://d.org"


class Room(Bench):
    """Ada, whose address is proven, and a moderator."""

    def __init__(self, database: Database, site: Site, vault: Vault) -> None:
        super().__init__(database, site, vault)
        with database.transaction() as session:
            self.grace: Moderator = make_moderator(session, vault)
            comment = make_comment(session, site, email=EMAIL, vault=vault)
            assert comment.commenter is not None
            comment.commenter.confirmed_at = NOON
            self.ada = comment.commenter.id

    def change(self, act: object = trust) -> bool:
        with self.database.transaction() as session:
            ada = session.get_one(Commenter, self.ada)
            return bool(act(session, ada, moderator=self.grace, now=NOON))  # type: ignore[operator]

    def is_trusted(self) -> bool:
        with self.database.reading() as session:
            return is_trusted(session.get_one(Commenter, self.ada))

    def changes(self) -> list[tuple[Change, object, int | None]]:
        with self.database.reading() as session:
            wanted = (Change.TRUSTED, Change.UNTRUSTED)
            events = session.scalars(
                select(Event).where(Event.change.in_(wanted)).order_by(Event.id)
            )
            return [(each.change, each.data, each.moderator_id) for each in events]


@pytest.fixture
def room(database: Database, site: Site, vault: Vault) -> Room:
    return Room(database, site, vault)


def test_it_is_logged_once_each_way(room: Room) -> None:
    assert room.change() and not room.change()
    assert room.is_trusted()
    assert room.change(end_trust) and not room.change(end_trust)
    assert not room.is_trusted()
    data, who = {"commenter": room.ada}, room.grace.id
    assert room.changes() == [(Change.TRUSTED, data, who), (Change.UNTRUSTED, data, who)]


@pytest.mark.parametrize("lacks", ["confirmed_at", "ciphertext", "row"])
def test_an_address_that_is_not_proven_or_not_kept_is_not_trusted(room: Room, lacks: str) -> None:
    with room.database.transaction() as session:
        ada, email = session.get_one(Commenter, room.ada), session.get_one(CommenterEmail, room.ada)
        if lacks == "row":
            session.delete(email)
        else:
            setattr(ada if lacks == "confirmed_at" else email, lacks, None)
        session.flush()
        assert not may_be_trusted(session, ada)
    with pytest.raises(AddressNotProven):
        room.change()
    assert not room.is_trusted() and room.changes() == []


def test_trust_is_nothing_without_the_proof(room: Room) -> None:
    room.change()
    with room.database.transaction() as session:
        session.get_one(Commenter, room.ada).confirmed_at = None
    assert not room.is_trusted() and not is_trusted(None)


def test_a_first_comment_passes_and_links_do_not(room: Room) -> None:
    room.set_policy(publishing=Publishing.FIRST)
    held = {Code.FIRST_COMMENT, Code.LINKS}
    assert set(room.decide(email=EMAIL, body=LINKS)) == held
    room.change()
    assert room.decide(email=EMAIL, body=f"{LINKS} too") == [Code.LINKS]
    assert room.decide(email=EMAIL, body="A lovely lake.") == []
    assert set(room.decide(email="bob@example.com", body=LINKS)) == held
    assert set(room.decide(body=LINKS)) == held


def test_everything_else_holds_all_the_same(room: Room) -> None:
    room.change()
    room.set_policy(publishing=Publishing.HUMAN, banned_words=["pond"], suspect_words=["lake"])
    with room.database.transaction() as session:
        site = session.get_one(Site, room.site.id)
        ban(session, site, target_of(room.vault, site, EMAIL), now=NOON)
    body = f"A pond, a lake, ada@example.com. {LINKS}"

    for _ in range(2):
        found = room.decide(
            email=EMAIL, name="Ada", body=body,
            scores={"toxicity": 0.99}, signals=(Code.HONEYPOT, Code.COMMENTER_RATE),
        )  # fmt: skip

    assert set(found) == {
        Code.TOXICITY, Code.BANNED_WORD, Code.SUSPECT_WORD, Code.PERSONAL_DATA, Code.LINKS,
        Code.REPEATED_TEXT, Code.HONEYPOT, Code.COMMENTER_RATE, Code.BANNED_COMMENTER,
        Code.HUMAN_REVIEW,
    }  # fmt: skip


def test_it_holds_on_one_site(room: Room) -> None:
    room.change()
    with room.database.transaction() as session:
        other = make_site(session, "other", publishing=Publishing.FIRST)
        elsewhere = make_comment(session, other, email=EMAIL, vault=room.vault).commenter
        assert elsewhere is not None and elsewhere.id != room.ada
        assert not is_trusted(elsewhere)


@pytest.mark.parametrize("kind", ["emails", "identities"])
def test_it_ends_with_the_address(room: Room, kind: str) -> None:
    room.change()
    (purge,) = [each for each in PURGES if each.name == kind]
    with room.database.transaction() as session:
        site = session.get_one(Site, room.site.id)
        assert purge_batch(session, site, purge, now=NOON + 999 * DAY, limit=10) == 1
    assert not room.is_trusted()


def test_it_ends_with_an_erasure(room: Room) -> None:
    room.change()
    with room.database.transaction() as session:
        forget(session, room.ada)
        session.expire_all()
        assert session.get_one(Commenter, room.ada).trusted_at is None
