"""Notes: who may write and remove them, where they show, and how long they stay."""

import datetime as dt
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select

from moderation.db import Database
from moderation.errors import NotAllowed, NothingToNote, UnknownNote
from moderation.flow.keys import _join_commenters
from moderation.flow.notes import (
    add_note,
    find_to_change,
    notes_about,
    read_notes,
    remove_note,
    restore_note,
)
from moderation.flow.personal.erasure import ask_for_erasure, erase
from moderation.flow.personal.export import export_commenter
from moderation.flow.personal.holds import set_hold
from moderation.flow.personal.retention import PURGES, purge_batch
from moderation.flow.personal.taking_down import take_down
from moderation.models import Comment, Commenter, CommenterEmail, Event, Note, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, ErasureScope, Role
from tests.doubles import NOON
from tests.factories import make_comment, make_moderator, make_site

DAY = dt.timedelta(days=1)
EMAIL = "ada@example.com"


class Room:
    """Two comments of Ada and one of Bob; two moderators, an owner, a viewer, one elsewhere."""

    def __init__(self, database: Database, site: Site, vault: Vault) -> None:
        self.database, self.site, self.vault = database, site, vault
        with database.transaction() as session:
            self.first, self.second = (
                make_comment(session, site, email=EMAIL, vault=vault).id for _ in range(2)
            )
            self.bobs = make_comment(session, site, email="bob@example.com", vault=vault).id
            self.ada = session.get_one(Comment, self.first).commenter_id or 0
            other = make_site(session, "other")
            self.people = {
                name: make_moderator(session, vault, email=f"{name}@x.example", role=role, site=on)
                for name, role, on in (
                    ("grace", Role.MODERATOR, site),
                    ("linus", Role.MODERATOR, None),
                    ("owner", Role.OWNER, site),
                    ("viewer", Role.VIEWER, site),
                    ("elsewhere", Role.OWNER, other),
                )
            }

    def note(self, text: str, *, comment: int | None = None, by: str = "grace") -> int:
        """About the comment, or about Ada; its id."""
        with self.database.transaction() as session:
            about = (
                session.get_one(Comment, comment)
                if comment
                else session.get_one(Commenter, self.ada)
            )
            return add_note(session, about, text, moderator=self.people[by], now=NOON).id

    def change(self, act: object, note_id: int, by: str = "grace", now: dt.datetime = NOON) -> bool:
        with self.database.transaction() as session:
            note = find_to_change(session, note_id, self.people[by])
            return bool(act(session, note, moderator=self.people[by], now=now))  # type: ignore[operator]

    def seen(self) -> dict[int, list[str]]:
        with self.database.reading() as session:
            comments = [session.get_one(Comment, i) for i in (self.first, self.second, self.bobs)]
            found = read_notes(session, comments)
            return {number: [each.note.text for each in notes] for number, notes in found.items()}

    def stored(self) -> list[str]:
        with self.database.reading() as session:
            return list(session.scalars(select(Note.text).order_by(Note.id)))

    def purge(self, kind: str, now: dt.datetime) -> int:
        (purge,) = [each for each in PURGES if each.name == kind]
        with self.database.transaction() as session:
            site = session.get_one(Site, self.site.id)
            return purge_batch(session, site, purge, now=now, limit=10)

    def erase(self, scope: ErasureScope) -> None:
        with self.database.transaction() as session:
            ada = session.get_one(Commenter, self.ada)
            wish = ask_for_erasure(
                session, ada, scope, asked_by=Actor.COMMENTER, now=NOON, delay=DAY * 0
            )
            erase(session, wish.id, now=NOON, limit=10)


@pytest.fixture
def room(database: Database, site: Site, vault: Vault) -> Room:
    return Room(database, site, vault)


def test_a_note_about_a_person_stands_at_all_their_comments(room: Room) -> None:
    room.note("Knows the council well.")
    room.note("The link is fine.", comment=room.first)

    assert room.seen() == {
        room.first: ["Knows the council well.", "The link is fine."],
        room.second: ["Knows the council well."],
        room.bobs: [],
    }
    with room.database.reading() as session:
        (shown,) = notes_about(session, session.get_one(Commenter, room.ada))
    assert (shown.author, shown.note.created_at) == (room.people["grace"].name, NOON)


def test_nobodys_comments_share_no_notes(room: Room) -> None:
    with room.database.transaction() as session:
        nobodys = [make_comment(session, room.site) for _ in range(2)]
        add_note(session, nobodys[0], "Odd.", moderator=room.people["grace"], now=NOON)
        found = read_notes(session, nobodys)
    assert [len(found[comment.id]) for comment in nobodys] == [1, 0]


def test_the_log_tells_of_it_by_numbers_alone(room: Room) -> None:
    about_her = room.note("A canary.")
    about_it = room.note("A canary.", comment=room.first)
    room.change(remove_note, about_it)
    room.change(restore_note, about_it)

    with room.database.reading() as session:
        changes = (Change.NOTED, Change.NOTE_REMOVED)
        events = session.scalars(
            select(Event).where(Event.change.in_(changes)).order_by(Event.id)
        ).all()
    assert [(e.change, e.comment_id, e.data, e.moderator_id) for e in events] == [
        (Change.NOTED, None, {"note": about_her, "commenter": room.ada}, room.people["grace"].id),
        (Change.NOTED, room.first, {"note": about_it}, room.people["grace"].id),
        (Change.NOTE_REMOVED, room.first, {"note": about_it}, room.people["grace"].id),
        (Change.NOTED, room.first, {"note": about_it}, room.people["grace"].id),
    ]
    assert all(event.to_status is None and event.version is None for event in events)


def test_removing_and_bringing_back_happen_once(room: Room) -> None:
    note = room.note("Hm.")
    assert not room.change(restore_note, note)
    assert room.change(remove_note, note)
    assert not room.change(remove_note, note)
    assert room.seen()[room.first] == []
    assert room.change(restore_note, note)
    assert room.seen()[room.first] == ["Hm."]


@pytest.mark.parametrize(
    ("who", "raised"),
    [("linus", NotAllowed), ("viewer", NotAllowed), ("elsewhere", UnknownNote), ("owner", None)],
)
def test_only_its_author_or_an_owner_of_the_site_removes_it(
    room: Room, who: str, raised: type[Exception] | None
) -> None:
    note = room.note("Hm.")
    if raised is None:
        assert room.change(remove_note, note, by=who)
        return
    with pytest.raises(raised):
        room.change(remove_note, note, by=who)
    assert room.seen()[room.first] == ["Hm."]


def test_one_who_is_a_viewer_now_removes_nothing_any_more(room: Room) -> None:
    note = room.note("Hm.")
    room.people["grace"].role = Role.VIEWER
    with pytest.raises(NotAllowed):
        room.change(remove_note, note)


def test_no_such_note(room: Room) -> None:
    with pytest.raises(UnknownNote):
        room.change(remove_note, 99)


# Of whom and of what none is kept


def _purge_identity(room: Room) -> None:
    room.purge("identities", NOON + 999 * DAY)


def _erase(room: Room) -> None:
    room.erase(ErasureScope.EVERYTHING)


@pytest.mark.parametrize("end", [_purge_identity, _erase])
def test_nobody_of_whom_nothing_is_kept_is_noted(room: Room, end: Callable[[Room], None]) -> None:
    end(room)
    with pytest.raises(NothingToNote):
        room.note("He is Bob Miller of Ely.")
    assert room.stored() == []


def test_whose_email_alone_is_gone_is_noted(room: Room) -> None:
    room.purge("emails", NOON + 366 * DAY)
    room.note("Known by the hash.")
    assert room.stored() == ["Known by the hash."]


def test_what_was_emptied_meanwhile_is_not_noted(room: Room) -> None:
    with room.database.reading() as session:
        seen_before = session.get_one(Comment, room.first)
    with room.database.transaction() as session:
        take_down(session, room.first, change=Change.ERASED, actor=Actor.COMMENTER, now=NOON)
    with pytest.raises(NothingToNote), room.database.transaction() as session:
        session.add(seen_before)
        add_note(session, seen_before, "Hm.", moderator=room.people["grace"], now=NOON)
    assert room.stored() == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer
def test_a_note_that_is_being_written_is_found_by_the_erasure(room: Room) -> None:
    """The locks order the two."""
    with room.database.transaction() as session:
        ada = session.get_one(Commenter, room.ada)
        add_note(session, ada, "Hm.", moderator=room.people["grace"], now=NOON)
        erasing = threading.Thread(target=room.erase, args=(ErasureScope.EVERYTHING,))
        erasing.start()
        erasing.join(timeout=0.5)
        assert erasing.is_alive(), "it waits"
    erasing.join(timeout=10)
    assert room.stored() == []


# How long they stay


def test_a_removed_note_goes_when_it_can_no_longer_come_back(room: Room) -> None:
    kept, gone = room.note("Kept."), room.note("Gone.", comment=room.first)
    room.change(remove_note, gone)
    assert kept and room.purge("notes", NOON + 30 * DAY) == 0
    assert room.purge("notes", NOON + 30 * DAY + dt.timedelta(seconds=1)) == 1
    assert room.stored() == ["Kept."]


@pytest.mark.parametrize("about", ["comment", "commenter"])
def test_a_legal_hold_keeps_a_removed_note(room: Room, about: str) -> None:
    note = room.note("Gone.", comment=room.first if about == "comment" else None)
    room.change(remove_note, note)
    with room.database.transaction() as session:
        set_hold(
            session, session.get_one(Comment, room.first), reason="A court asks",
            expires_at=NOON + 99 * DAY, now=NOON, moderator=None,
        )  # fmt: skip
    assert room.purge("notes", NOON + 60 * DAY) == 0
    assert room.purge("notes", NOON + 100 * DAY) == 1


def test_a_note_that_nothing_else_would_reach_goes(room: Room) -> None:
    room.note("About her.")
    room.note("About it.", comment=room.first)
    assert room.purge("notes", NOON) == 0
    with room.database.transaction() as session:  # as older versions could leave them
        session.delete(session.get_one(CommenterEmail, room.ada))
        session.get_one(Comment, room.first).emptied_at = NOON
    assert room.purge("notes", NOON) == 2
    assert room.stored() == []


def test_notes_about_a_comment_go_with_its_text(room: Room) -> None:
    room.note("About her.")
    room.note("About it.", comment=room.first)
    with room.database.transaction() as session:
        take_down(session, room.first, change=Change.PURGED, actor=Actor.MACHINE, now=NOON)
    assert room.stored() == ["About her."]


def test_notes_about_a_person_go_when_nobody_can_tell_any_more_who_it_is(room: Room) -> None:
    room.note("About her.")
    assert room.purge("emails", NOON + 366 * DAY) == 2
    assert room.stored() == ["About her."]
    assert room.purge("identities", NOON + 731 * DAY) == 2
    assert room.stored() == []


@pytest.mark.parametrize(
    ("scope", "left"), [(ErasureScope.TEXTS, ["About her."]), (ErasureScope.EVERYTHING, [])]
)
def test_an_erasure_takes_them(room: Room, scope: ErasureScope, left: list[str]) -> None:
    room.note("About her.")
    room.note("About it.", comment=room.first)
    room.erase(scope)
    assert room.stored() == left


def test_a_persons_own_copy_has_them_without_who_wrote_them(room: Room) -> None:
    room.note("About her.")
    room.note("About it.", comment=room.first)
    with room.database.transaction() as session:
        ada = session.get_one(Commenter, room.ada)
        copy = export_commenter(session, ada, vault=room.vault, actor=Actor.COMMENTER, now=NOON)
    written = {"written_at": NOON.isoformat()}
    assert copy["notes"] == [{"text": "About her.", **written}]
    first, second = copy["comments"]
    assert (first["notes"], second["notes"]) == ([{"text": "About it.", **written}], [])
    assert "grace" not in str(copy)


def test_two_rows_that_turn_out_one_person_share_their_notes(room: Room) -> None:
    room.note("About her.")
    with room.database.transaction() as session:
        bob = session.get_one(Comment, room.bobs).commenter_id
        ada = session.get_one(Commenter, room.ada)
        ada.trusted_at = NOON
        rows = (session.get_one(CommenterEmail, room.ada), session.get_one(CommenterEmail, bob))
        _join_commenters(session, *rows)
        assert session.get_one(Commenter, bob).trusted_at == NOON
    assert room.seen()[room.bobs] == ["About her."]
