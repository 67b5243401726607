"""A commenter deletes their comment: a tombstone stays, replies keep their place."""

import datetime as dt

import pytest
from sqlalchemy import func, select

from moderation.db import Database
from moderation.errors import VersionConflict
from moderation.flow.articles import find_article, read_page
from moderation.flow.personal.holds import lift_holds, set_hold
from moderation.flow.personal.retention import PURGES, purge_batch
from moderation.flow.publish import read_thread
from moderation.flow.queue.calls import escalate
from moderation.flow.queue.queues import read_counts
from moderation.models import Comment, Job, Score, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, Queue, Status, Urgency
from tests.doubles import Clock
from tests.factories import ARTICLE, score_of
from tests.flow.own.writer import OLD, Writer


@pytest.fixture
def writer(database: Database, site: Site, vault: Vault, clock: Clock) -> Writer:
    return Writer(database, site, vault, clock)


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.DELETED])
def test_it_is_gone_wherever_it_stood(writer: Writer, status: Status) -> None:
    writer.id = writer.store(status)
    with writer.database.transaction() as session:
        session.add(score_of(writer.id, {"toxicity": 0.1}))

    assert writer.delete() is True

    gone, event = writer.comment, writer.events[-1]
    assert (gone.status, gone.name, gone.body, gone.text_hash) == (Status.DELETED, "", "", b"")
    assert gone.emptied_at == writer.clock()
    assert (event.change, event.actor, event.data) == (Change.DELETED, Actor.COMMENTER, {})
    assert event.version == gone.version
    with writer.database.reading() as session:
        for table in (Job, Score):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_it_goes_at_any_time_and_where_comments_are_closed(writer: Writer) -> None:
    writer.set_policy(publishing="closed", edit_minutes=0)
    writer.wait(60 * 24 * 100)
    assert writer.delete() is True


def test_replies_keep_their_place(writer: Writer) -> None:
    writer.store(Status.APPROVED, parent=writer.comment, body="A reply.", name="Bob", email="")
    writer.delete()
    with writer.database.reading() as session:
        article = find_article(session, writer.site, read_page(writer.site, ARTICLE))
        entries = read_thread(session, article).entries
    assert [(entry.is_placeholder, entry.body) for entry in entries] == [
        (True, None),
        (False, "A reply."),
    ]


def test_a_second_click_finds_it_gone(writer: Writer) -> None:
    writer.delete(seen=2)
    before = len(writer.events)
    assert writer.delete(seen=2) is False
    assert len(writer.events) == before


def test_it_is_about_what_was_seen_but_for_what_the_machine_decides(writer: Writer) -> None:
    writer.decide(Change.APPROVED, seen=2)
    with pytest.raises(VersionConflict) as conflict:
        writer.delete(seen=2)
    assert conflict.value.by == writer.grace.name
    assert writer.comment.body == OLD
    assert writer.delete(seen=3) is True


def test_nobody_calls_for_a_look_at_it_any_more(writer: Writer) -> None:
    writer.change(escalate, Urgency.ILLEGAL, moderator=writer.grace, now=writer.clock())
    writer.delete()
    with writer.database.reading() as session:
        assert set(read_counts(session, writer.grace).values()) == {0}
    assert writer.comment.urgent is None


def test_under_a_legal_hold_it_goes_from_sight_and_is_emptied_when_that_ends(
    writer: Writer,
) -> None:
    known = {"now": writer.clock(), "moderator": None}
    until = writer.clock() + dt.timedelta(days=1)
    writer.change(set_hold, reason="a court asks", expires_at=until, **known)
    assert writer.delete() is True
    assert (writer.comment.status, writer.comment.body) == (Status.DELETED, OLD)
    writer.change(lift_holds, **known)
    (purge,) = [each for each in PURGES if each.name == "deleted"]
    with writer.database.transaction() as session:
        site = session.get_one(Site, writer.site.id)
        assert purge_batch(session, site, purge, now=writer.clock(), limit=10) == 1
    assert writer.comment.body == ""


def test_a_moderator_cannot_bring_it_back(writer: Writer) -> None:
    writer.decide(Change.REJECTED)
    writer.delete()
    with pytest.raises(VersionConflict):
        writer.decide(Change.APPROVED)
    with writer.database.reading() as session:
        assert read_counts(session, writer.grace)[Queue.REJECTED] == 0
        assert session.get_one(Comment, writer.id).body == ""
