"""A moderator masks passages: what depends on the text follows, and it can be taken back."""

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from moderation.db import Database
from moderation.errors import NothingToUndo, VersionConflict
from moderation.flow.articles import find_article, read_page
from moderation.flow.personal.erasure import ask_for_erasure, erase
from moderation.flow.personal.export import export_commenter
from moderation.flow.personal.holds import lift_holds, set_hold
from moderation.flow.personal.taking_down import take_down
from moderation.flow.publish import read_thread
from moderation.flow.queue.cards import read_cards
from moderation.flow.queue.search import found_ids
from moderation.flow.redaction import (
    find_suspects,
    find_undoable,
    is_redacted,
)
from moderation.flow.review import undo
from moderation.flow.submit import text_hash
from moderation.models import Comment, Event, Redaction, Site
from moderation.policy.masking import MASK
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, ErasureScope, Status
from tests.doubles import NOON
from tests.factories import ARTICLE, score_of
from tests.flow.masked import BODY, DAY, PHONE, Room


@pytest.fixture
def room(database: Database, site: Site, vault: Vault) -> Room:
    return Room(database, site, vault)


def test_name_and_text_are_masked_and_the_comment_stays_where_it_stood(room: Room) -> None:
    before = room.comment()

    room.redact(PHONE, "bob")

    after = room.comment()
    assert (after.name, after.body) == (MASK, f"Call {MASK} at {MASK} today, or {MASK}.")
    assert (after.status, after.decided_by, after.risk) == (
        before.status, before.decided_by, before.risk,
    )  # fmt: skip
    assert after.version == before.version + 1
    assert after.text_hash == text_hash(after.body)
    event = room.events()[-1]
    assert (event.change, event.actor, event.moderator_id) == (
        Change.REDACTED, Actor.MODERATOR, room.grace.id,
    )  # fmt: skip
    assert event.version == after.version and event.to_status is None
    assert event.data == {"redaction": 1, "passages": 4}
    assert room.kept() == [("Bob", BODY)]


def test_nothing_happens_where_nothing_of_it_stands_there(room: Room) -> None:
    assert room.redact("Mallory") is None
    assert (room.comment().body, room.comment().version, room.kept()) == (BODY, 2, [])
    assert Change.REDACTED not in [event.change for event in room.events()]


@pytest.mark.parametrize("act", ["redact", "undo"])
def test_it_is_about_the_version_seen(room: Room, act: str) -> None:
    room.redact("Bob")
    with pytest.raises(VersionConflict) as conflict:
        getattr(room, act)(seen=2)
    assert conflict.value.by == room.grace.name
    assert PHONE in room.comment().body


@pytest.mark.parametrize("status", [Status.PROCESSING, Status.DELETED])
def test_what_is_not_decided_or_gone_is_not_masked(room: Room, status: Status) -> None:
    room.id = room.store(status=status)
    with pytest.raises(VersionConflict):
        room.redact()


def test_readers_see_only_the_masked_text_and_old_threads_end(room: Room) -> None:
    room.id = room.store(status=Status.APPROVED)

    def thread() -> tuple[int, list[str | None]]:
        with room.database.reading() as session:
            page = read_page(room.site, ARTICLE)
            found = read_thread(session, find_article(session, room.site, page))
            return found.version, [entry.body for entry in found.entries]

    version, _ = thread()
    room.redact()
    assert thread() == (version + 1, [f"Call Bob at {MASK} today, or {MASK}."])
    room.undo()
    assert thread() == (version + 2, [BODY])


def test_what_waits_does_not_end_threads(room: Room) -> None:
    def version() -> int:
        with room.database.reading() as session:
            return session.get_one(Comment, room.id).article.version

    before = version()
    room.redact()
    assert version() == before


def test_the_search_and_the_explanation_follow(room: Room) -> None:
    with room.database.transaction() as session:
        score = score_of(room.id, {"toxicity": 0.9})
        score.spans = [[0, 4]]
        session.add(score)

    def found(word: str) -> bool:
        with room.database.reading() as session:
            return room.id in session.scalars(found_ids(session, [word])).all()

    assert found("901820")
    room.redact()
    assert not found("901820") and found("today")
    comment = room.comment()
    with room.database.reading() as session:
        score = session.get_one(Comment, comment.id).score
        assert score is not None and (score.spans, score.attributes) == (None, {"toxicity": 0.9})
    room.undo()
    assert found("901820")


def test_a_card_knows_whether_the_score_is_of_another_text(room: Room) -> None:
    def masked_since(*acts: Callable[[], object]) -> int:
        for act in acts:
            act()
        with room.database.reading() as session:
            comment = session.get_one(Comment, room.id)
            return read_cards(session, [comment], now=NOON)[0].masked_since_score

    with room.database.transaction() as session:
        session.add(score_of(room.id, {"toxicity": 0.9}, created_at=NOON - DAY))
    assert masked_since() == 0
    assert masked_since(room.redact, lambda: room.redact("today")) == 2
    assert masked_since(room.undo) == 1
    with room.database.transaction() as session:  # scored anew, as it says now
        score = session.get_one(Comment, room.id).score
        assert score is not None
        score.created_at = NOON + DAY
    assert masked_since() == 0
    room.now = NOON + DAY * 2
    assert masked_since(room.undo) == -1
    assert masked_since(room.redact) == 0


def test_undoing_gives_it_back_and_keeps_nothing(room: Room) -> None:
    room.redact()
    room.undo()
    comment = room.comment()
    assert (comment.body, comment.version, comment.status) == (BODY, 4, Status.HELD)
    assert comment.text_hash == text_hash(BODY)
    assert room.kept() == []
    assert room.events()[-1].change is Change.REDACTION_UNDONE
    with pytest.raises(NothingToUndo):
        room.undo()


def test_each_masking_is_undone_by_itself(room: Room) -> None:
    room.redact()
    room.redact("today")
    room.undo()
    assert room.comment().body == f"Call Bob at {MASK} today, or {MASK}."
    with room.database.reading() as session:
        assert is_redacted(session, session.get_one(Comment, room.id))
    room.undo()
    assert room.comment().body == BODY
    with room.database.reading() as session:
        assert not is_redacted(session, session.get_one(Comment, room.id))


def test_another_text_is_never_overwritten(room: Room) -> None:
    room.redact()
    with room.database.transaction() as session:
        session.get_one(Comment, room.id).body = "Something else."
    with pytest.raises(NothingToUndo):
        room.undo()
    assert room.comment().body == "Something else."


def test_an_original_that_nobody_approved_does_not_become_public(room: Room) -> None:
    room.redact()
    room.decide(Change.APPROVED)
    with pytest.raises(NothingToUndo):
        room.undo()
    assert PHONE not in room.comment().body
    room.decide(Change.HELD)
    room.undo()
    assert PHONE in room.comment().body


@pytest.mark.parametrize("away", [Change.HELD, Change.REJECTED])
def test_nor_does_it_by_undoing_the_decision_that_hid_it(room: Room, away: Change) -> None:
    room.redact()
    room.decide(Change.APPROVED)
    room.decide(away)
    assert room.can_undo_decision()
    room.undo()

    assert not room.can_undo_decision()
    with pytest.raises(NothingToUndo):
        room.act(undo)
    assert room.comment().status is not Status.APPROVED
    room.decide(Change.APPROVED)
    room.decide(Change.HELD)
    assert room.can_undo_decision(), "this very text was passed"
    room.act(undo)
    assert (room.comment().status, room.comment().body) == (Status.APPROVED, BODY)


def test_what_was_masked_since_is_not_published_by_an_undo_either(room: Room) -> None:
    room.decide(Change.APPROVED)
    room.decide(Change.HELD)
    room.redact()
    assert not room.can_undo_decision()
    with pytest.raises(NothingToUndo):
        room.act(undo)


def test_a_decision_that_published_is_undone_though_it_was_masked_since(room: Room) -> None:
    room.decide(Change.APPROVED)
    room.redact()
    assert room.can_undo_decision()
    room.act(undo)
    assert room.comment().status is Status.HELD


@pytest.mark.parametrize("change", [Change.APPROVED, Change.REJECTED])
def test_a_decision_in_between_is_no_other_text(room: Room, change: Change) -> None:
    room.decide(change)
    room.redact()
    if change is Change.APPROVED:
        room.decide(Change.REJECTED)
    room.undo()
    assert room.comment().body == BODY


def test_an_undo_passes_no_masked_text(room: Room) -> None:
    room.decide(Change.APPROVED)
    room.redact()
    room.decide(Change.REJECTED)
    room.act(undo)
    assert room.comment().status is Status.APPROVED
    room.undo()
    assert room.comment().body == BODY


# How long the original stays


def test_the_original_goes_after_its_time_and_then_it_stays_masked(room: Room) -> None:
    room.redact()
    assert room.purge(NOON + 30 * DAY) == 0
    assert room.purge(NOON + 30 * DAY + dt.timedelta(seconds=1)) == 1
    assert room.kept() == []
    with pytest.raises(NothingToUndo):
        room.undo()
    with room.database.reading() as session:
        assert is_redacted(session, session.get_one(Comment, room.id))


def test_the_policy_says_the_time(room: Room) -> None:
    with room.database.transaction() as session:
        session.get_one(Site, room.site.id).policy = {"keep_undo_days": 2}
    room.redact()
    assert room.purge(NOON + 2 * DAY) == 0
    assert room.purge(NOON + 3 * DAY) == 1


def test_a_legal_hold_keeps_the_original(room: Room) -> None:
    room.redact()
    with room.database.transaction() as session:
        comment = session.get_one(Comment, room.id)
        set_hold(
            session, comment, reason="A court asks", expires_at=NOON + 99 * DAY, now=NOON,
            moderator=None,
        )  # fmt: skip
    assert room.purge(NOON + 60 * DAY) == 0
    with room.database.transaction() as session:
        take_down(session, room.id, change=Change.ERASED, actor=Actor.COMMENTER, now=NOON)
    assert room.kept()
    with room.database.transaction() as session:
        lift_holds(session, session.get_one(Comment, room.id), now=NOON, moderator=None)
    assert room.purge(NOON + 60 * DAY) == 1


@pytest.mark.parametrize("scope", list(ErasureScope))
def test_an_erasure_takes_it_at_once(room: Room, scope: ErasureScope) -> None:
    room.redact()
    with room.database.transaction() as session:
        commenter = session.get_one(Comment, room.id).commenter
        assert commenter is not None
        wish = ask_for_erasure(
            session, commenter, scope, asked_by=Actor.COMMENTER, now=NOON, delay=DAY * 0
        )
        erase(session, wish.id, now=NOON, limit=10)
    assert room.kept() == []


def test_a_persons_own_copy_has_both(room: Room) -> None:
    room.redact()
    with room.database.transaction() as session:
        commenter = session.get_one(Comment, room.id).commenter
        assert commenter is not None
        copy = export_commenter(
            session, commenter, vault=room.vault, actor=Actor.COMMENTER, now=NOON
        )
    (comment,) = copy["comments"]
    assert PHONE not in comment["text"]
    assert comment["before_masking"] == [
        {"name": "Bob", "text": BODY, "masked_at": NOON.isoformat()}
    ]


# What is offered


def test_suspects_are_shown_as_they_stand_there(room: Room, database: Database) -> None:
    other = room.store(name="0171-5678901", body="Write to Ada@Example.com or ADA@example.com!")
    with database.reading() as session:
        site = session.get_one(Site, room.site.id)
        site.policy = {"language": "de"}
        assert find_suspects(session, session.get_one(Comment, room.id)) == [PHONE]
        assert find_suspects(session, session.get_one(Comment, other)) == [
            "Ada@Example.com", "0171-5678901",
        ]  # fmt: skip


def test_what_cannot_be_undone_is_not_offered(room: Room) -> None:
    def offered() -> bool:
        with room.database.reading() as session:
            return find_undoable(session, session.get_one(Comment, room.id)) is not None

    assert not offered()
    room.redact()
    assert offered()
    room.decide(Change.APPROVED)
    assert not offered()
    room.decide(Change.REJECTED)
    assert offered()


def test_the_log_never_holds_what_was_masked(room: Room) -> None:
    room.redact("Bob", PHONE)
    with room.database.reading() as session:
        log = session.scalars(select(Event.data)).all()
        assert session.scalar(select(func.count()).select_from(Redaction)) == 1
    assert "Bob" not in str(log) and "901820" not in str(log)
