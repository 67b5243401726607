"""A person's data goes when they want it, replies keep their place, legal holds count."""

import datetime as dt

import pytest
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.articles import find_article, read_page
from moderation.flow.commenters import find_commenter
from moderation.flow.personal.erasure import (
    ask_for_erasure,
    cancel_erasure,
    due_erasures,
    erase,
    pending_erasure,
)
from moderation.flow.personal.export import export_commenter
from moderation.flow.personal.holds import lift_holds, set_hold
from moderation.flow.publish import read_thread
from moderation.models import Comment, Commenter, CommenterEmail, Erasure, Event, Job, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, ErasureScope, Status
from tests.doubles import NOON
from tests.factories import ARTICLE, make_comment

WEEK = dt.timedelta(days=7)
EMAIL = "ada@example.com"


@pytest.fixture
def ada(database: Database, site: Site, vault: Vault) -> int:
    """The commenter of three comments, one of them with a reply of somebody else."""
    with database.transaction() as session:
        first = make_comment(session, site, status=Status.APPROVED, email=EMAIL, vault=vault)
        for status in (Status.HELD, Status.PROCESSING):
            make_comment(session, site, status=status, email=EMAIL, vault=vault)
        make_comment(
            session, site, status=Status.APPROVED, parent=first, name="Bob", body="I agree."
        )
        assert first.commenter_id is not None
        return first.commenter_id


def ask(database: Database, commenter_id: int, scope: ErasureScope) -> int:
    with database.transaction() as session:
        commenter = session.get_one(Commenter, commenter_id)
        wish = ask_for_erasure(
            session, commenter, scope, asked_by=Actor.COMMENTER, now=NOON, delay=WEEK
        )
        return wish.id


def run(database: Database, wish: int, *, now: dt.datetime = NOON + WEEK, limit: int = 100) -> int:
    """Carry it out; answers in how many steps."""
    steps, done = 0, False
    while not done:
        with database.transaction() as session:
            done = erase(session, wish, now=now, limit=limit).done
        steps += 1
    return steps


@pytest.mark.parametrize("scope", ErasureScope)
def test_nothing_typed_is_left_and_replies_keep_their_place(
    database: Database, site: Site, ada: int, scope: ErasureScope
) -> None:
    run(database, ask(database, ada, scope))

    with database.reading() as session:
        comments = session.scalars(select(Comment).order_by(Comment.id)).all()
        assert [(c.status, c.name, c.body) for c in comments[:3]] == [(Status.DELETED, "", "")] * 3
        assert session.scalars(select(Job.comment_id)).all() == [comments[3].id]
        article = find_article(session, site, read_page(site, ARTICLE, ""))
        thread = read_thread(session, article)
        assert [(e.is_placeholder, e.name, e.level) for e in thread.entries] == [
            (True, None, 0),
            (False, "Bob", 1),
        ]


def test_everything_means_the_email_too(
    database: Database, site: Site, vault: Vault, ada: int
) -> None:
    run(database, ask(database, ada, ErasureScope.EVERYTHING))

    with database.reading() as session:
        assert session.scalars(select(CommenterEmail)).all() == []
        assert session.scalars(select(Comment.commenter_id)).all() == [None] * 4
        assert find_commenter(session, site, EMAIL, vault=vault) is None
        assert session.get_one(Commenter, ada).link_version == 2


def test_texts_means_the_texts_only(database: Database, site: Site, vault: Vault, ada: int) -> None:
    run(database, ask(database, ada, ErasureScope.TEXTS))

    with database.reading() as session:
        found = find_commenter(session, site, EMAIL, vault=vault)
        assert found is not None and found.id == ada


def test_there_is_time_to_think_it_over(database: Database, ada: int) -> None:
    wish = ask(database, ada, ErasureScope.TEXTS)
    with database.transaction() as session:
        assert due_erasures(session, now=NOON + WEEK - dt.timedelta(seconds=1)) == []
        assert due_erasures(session, now=NOON + WEEK) == [wish]
        commenter = session.get_one(Commenter, ada)
        assert cancel_erasure(session, commenter, now=NOON)
        assert not cancel_erasure(session, commenter, now=NOON)
        assert due_erasures(session, now=NOON + WEEK) == []
    run(database, wish)
    with database.reading() as session:
        assert all(session.scalars(select(Comment.body)))


def test_asking_twice_is_one_wish_and_a_wider_one_replaces_it(database: Database, ada: int) -> None:
    first = ask(database, ada, ErasureScope.TEXTS)
    assert ask(database, ada, ErasureScope.TEXTS) == first
    second = ask(database, ada, ErasureScope.EVERYTHING)
    assert second != first
    with database.transaction() as session:
        found = pending_erasure(session, session.get_one(Commenter, ada))
        assert found is not None and found.id == second


def test_whoever_changes_their_mind_has_nothing_erased(database: Database, ada: int) -> None:
    """Also where two wishes wait: of two persons who became one, say."""
    ask(database, ada, ErasureScope.TEXTS)
    with database.transaction() as session:
        commenter = session.get_one(Commenter, ada)
        session.add(
            Erasure(
                site_id=commenter.site_id,
                commenter_id=ada,
                scope=ErasureScope.EVERYTHING,
                asked_by=Actor.COMMENTER,
                asked_at=NOON,
                run_after=NOON + WEEK,
            )
        )
        session.flush()
        assert len(due_erasures(session, now=NOON + WEEK)) == 2
        assert cancel_erasure(session, commenter, now=NOON)
        assert due_erasures(session, now=NOON + WEEK) == []


def test_it_goes_on_in_steps(database: Database, ada: int) -> None:
    assert run(database, ask(database, ada, ErasureScope.EVERYTHING), limit=1) == 4
    with database.reading() as session:
        assert session.scalars(select(Comment.body).where(Comment.body != "")).all() == ["I agree."]


def test_a_legal_hold_keeps_the_stored_copy_but_not_in_public(
    database: Database, site: Site, vault: Vault, ada: int
) -> None:
    wish = ask(database, ada, ErasureScope.EVERYTHING)
    with database.transaction() as session:
        kept = session.scalars(select(Comment).where(Comment.status == Status.APPROVED)).first()
        assert kept is not None
        until = NOON + 100 * WEEK
        set_hold(session, kept, reason="court", expires_at=until, now=NOON, moderator=None)
    run(database, wish)
    with database.transaction() as session:
        kept = session.get_one(Comment, kept.id)
        assert (kept.status, kept.body) == (Status.DELETED, "What a lovely tree.")
        assert find_commenter(session, site, EMAIL, vault=vault) is not None
        assert session.get_one(Erasure, wish).done_at is None
        lift_holds(session, kept, now=NOON + WEEK, moderator=None)
    run(database, wish, now=NOON + 2 * WEEK)
    with database.reading() as session:
        assert session.get_one(Comment, kept.id).body == ""
        assert find_commenter(session, site, EMAIL, vault=vault) is None
        assert session.get_one(Erasure, wish).done_at == NOON + 2 * WEEK


def test_the_log_says_what_happened_with_ids_only(database: Database, ada: int) -> None:
    run(database, ask(database, ada, ErasureScope.EVERYTHING))
    with database.reading() as session:
        events = session.scalars(select(Event).order_by(Event.id)).all()
    changes = [event.change for event in events if event.actor is Actor.COMMENTER]
    assert changes[-5:] == [Change.ERASURE_ASKED, *[Change.ERASED] * 4]
    assert events[-1].data == {"commenter": ada, "scope": "everything"}


def test_the_export_holds_all_of_theirs_and_nothing_of_others(
    database: Database, vault: Vault, ada: int
) -> None:
    with database.transaction() as session:
        commenter = session.get_one(Commenter, ada)
        data = export_commenter(session, commenter, vault=vault, actor=Actor.COMMENTER, now=NOON)
    assert data["email"] == EMAIL
    assert [comment["state"] for comment in data["comments"]] == ["approved", "held", "processing"]
    assert "I agree." not in str(data)
    with database.reading() as session:
        assert session.scalars(select(Event.change)).all().count(Change.EXPORTED) == 1
