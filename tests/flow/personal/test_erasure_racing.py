"""Erasures beside decisions, wishes, comments and second clicks: one after the other, none stuck.

On PostgreSQL, where each keeps the rows that it needs; SQLite has one writer at a time.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.flow.commenters import find_or_create_commenter
from moderation.flow.locks import keep_all, keep_commenter, lock_comment
from moderation.flow.own.wishes import wish_about, wish_for_all
from moderation.flow.personal.erasure import (
    ask_for_erasure,
    cancel_erasure,
    erase,
    erase_again,
    forget,
)
from moderation.flow.personal.holds import set_hold
from moderation.flow.personal.retention import PURGES, purge_batch
from moderation.flow.review import decide_by_hand
from moderation.models import Comment, Commenter, CommenterEmail, Erasure, Event, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, ErasureScope, Mailing, Status
from tests.doubles import NOON
from tests.factories import make_comment
from tests.flow.desk import Desk
from tests.together import wait_for_a_lock

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
Act = Callable[["Ada", Session], Any]
WEEK = dt.timedelta(days=7)
EMAIL = "ada@example.com"


class Ada:
    """Somebody with two public comments under one article, who wants everything gone."""

    def __init__(self, desk: Desk, vault: Vault) -> None:
        self.desk, self.database, self.vault = desk, desk.database, vault
        known: dict[str, Any] = {"email": EMAIL, "vault": vault}
        self.first, self.last = (desk.comment(Status.APPROVED, **known) for _ in range(2))
        with self.database.reading() as session:
            self.id = session.scalars(select(Commenter.id)).one()
        self.wish = self.does(Ada.asks)

    def does(self, act: Act) -> Any:
        """One act, in a transaction of its own."""
        with self.database.transaction() as session:
            return act(self, session)

    @contextmanager
    def meanwhile(self, act: Act) -> Iterator[tuple[Session, Callable[[], Future[Any]]]]:
        """A transaction, and what begins this act beside it, in one of its own."""
        with ThreadPoolExecutor(1) as pool, self.database.transaction() as session:
            yield session, lambda: pool.submit(self.does, act)

    def asks(self, session: Session, scope: ErasureScope = ErasureScope.EVERYTHING) -> int:
        commenter = session.get_one(Commenter, self.id)
        known: dict[str, Any] = {"asked_by": Actor.COMMENTER, "now": NOON, "delay": WEEK}
        return ask_for_erasure(session, commenter, scope, **known).id

    def asks_for_less(self, session: Session) -> int:
        return self.asks(session, ErasureScope.TEXTS)

    def cancels(self, session: Session) -> bool:
        return cancel_erasure(session, session.get_one(Commenter, self.id), now=NOON)

    def erases(self, session: Session) -> None:
        erase(session, self.wish, now=NOON + WEEK, limit=100)

    def erases_again(self, session: Session) -> None:
        erase_again(session, [self.first, self.last], now=NOON)

    def forgets(self, session: Session) -> None:
        forget(session, self.id)

    def wishes(self, session: Session) -> None:
        comment = session.get_one(Comment, self.first)
        wish_about(session, comment, {Mailing.REPLIES}, now=NOON + WEEK)

    def wishes_for_all(self, session: Session) -> None:
        commenter = session.get_one(Commenter, self.id)
        wish_for_all(session, commenter, {Mailing.REPLIES: True}, now=NOON + WEEK)

    def comes_back(self, session: Session) -> None:
        """The first half of a comment: her address is kept for longer."""
        site = session.get_one(Site, self.desk.site.id)
        find_or_create_commenter(session, site, EMAIL, vault=self.vault, now=NOON + WEEK)
        session.flush()

    def answers_herself(self, session: Session) -> None:
        """The second half."""
        make_comment(
            session,
            session.get_one(Site, self.desk.site.id),
            parent=session.get_one(Comment, self.first),
            email=EMAIL,
            vault=self.vault,
            now=NOON + WEEK,
        )

    def is_purged(self, session: Session) -> int:
        """Her time is over, long after."""
        (purge,) = [each for each in PURGES if each.name == "identities"]
        site = session.get_one(Site, self.desk.site.id)
        return purge_batch(session, site, purge, now=NOON + 999 * WEEK, limit=100)

    def pending(self) -> list[ErasureScope]:
        with self.database.reading() as session:
            query = select(Erasure.scope).where(
                Erasure.cancelled_at.is_(None), Erasure.done_at.is_(None)
            )
            return list(session.scalars(query))

    def texts(self) -> list[str]:
        with self.database.reading() as session:
            return list(session.scalars(select(Comment.body).order_by(Comment.id)))


@pytest.fixture
def ada(desk: Desk, vault: Vault) -> Ada:
    return Ada(desk, vault)


@pytest.mark.parametrize(
    "second, left",
    [(Ada.asks_for_less, ErasureScope.TEXTS), (Ada.asks, ErasureScope.EVERYTHING)],
)
def test_two_clicks_at_once_leave_one_wish(ada: Ada, second: Act, left: ErasureScope) -> None:
    ada.does(Ada.cancels)
    with ada.meanwhile(second) as (session, begin):
        first = ada.asks_for_less(session)
        clicked = begin()
        wait_for_a_lock(ada.database)
    assert ada.pending() == [left]
    assert (clicked.result() == first) is (left is ErasureScope.TEXTS)


def test_one_who_changes_their_mind_at_once_waits_for_the_wish(ada: Ada) -> None:
    ada.does(Ada.cancels)
    with ada.meanwhile(Ada.cancels) as (session, begin):
        ada.asks(session)
        cancelled = begin()
        wait_for_a_lock(ada.database)
    assert cancelled.result() is True
    assert ada.pending() == []


def test_what_is_being_carried_out_is_not_cancelled(ada: Ada) -> None:
    with ada.meanwhile(Ada.cancels) as (session, begin):
        ada.erases(session)
        cancelled = begin()
        wait_for_a_lock(ada.database)
    assert cancelled.result() is False
    with ada.database.reading() as session:
        assert session.get_one(Erasure, ada.wish).cancelled_at is None
        assert Change.ERASURE_CANCELLED not in session.scalars(select(Event.change)).all()


@pytest.mark.parametrize("act", [Ada.erases, Ada.erases_again])
@pytest.mark.parametrize("is_kept", [False, True])
def test_it_waits_for_a_decision_and_does_not_block_it(ada: Ada, act: Act, is_kept: bool) -> None:
    """Neither has the article of all these comments while it waits for one of them."""
    if is_kept:
        with ada.database.transaction() as session:
            comment = session.get_one(Comment, ada.last)
            until = NOON + 2 * WEEK
            set_hold(session, comment, reason="court", expires_at=until, now=NOON, moderator=None)
    with ada.meanwhile(act) as (session, begin):
        comment = lock_comment(session, ada.last)
        erased = begin()
        wait_for_a_lock(ada.database)
        decide_by_hand(
            session,
            ada.last,
            Change.REJECTED,
            version_seen=comment.version,
            moderator=ada.desk.grace,
            now=NOON,
        )
    erased.result()
    assert [bool(text) for text in ada.texts()] == [False, is_kept]


def test_it_waits_for_a_comment_and_does_not_block_it(ada: Ada) -> None:
    with ada.meanwhile(Ada.erases) as (session, begin):
        ada.comes_back(session)
        erased = begin()
        wait_for_a_lock(ada.database)
        ada.answers_herself(session)
    erased.result()
    assert ada.texts() == ["", "", ""]


def test_what_moves_many_does_not_block_an_answer_to_one(ada: Ada) -> None:
    with ada.meanwhile(Ada.answers_herself) as (session, begin):
        lock_comment(session, ada.first)
        answered = begin()
        wait_for_a_lock(ada.database)
        keep_all(session, [ada.first])
    answered.result()


@pytest.mark.parametrize("act", [Ada.wishes, Ada.wishes_for_all])
def test_who_is_forgotten_is_kept_first(ada: Ada, act: Act) -> None:
    with ada.meanwhile(Ada.forgets) as (session, begin):
        keep_commenter(session, ada.id)
        forgotten = begin()
        wait_for_a_lock(ada.database)
        act(ada, session)
    forgotten.result()
    with ada.database.reading() as session:
        assert session.scalars(select(CommenterEmail)).all() == []


@pytest.mark.parametrize("act", [Ada.wishes, Ada.wishes_for_all])
def test_who_wishes_is_kept_first(ada: Ada, act: Act) -> None:
    with ada.meanwhile(act) as (session, begin):
        keep_commenter(session, ada.id)
        wished = begin()
        wait_for_a_lock(ada.database)
        ada.forgets(session)
    wished.result()


@pytest.mark.parametrize(
    "act, done", [(Ada.comes_back, None), (Ada.answers_herself, None), (Ada.is_purged, 0)]
)
def test_who_keeps_a_commenter_keeps_up_neither_comments_nor_retention(
    ada: Ada, act: Act, done: int | None
) -> None:
    with ada.meanwhile(act) as (session, begin):
        keep_commenter(session, ada.id)
        assert begin().result(timeout=30) == done
    assert ada.does(Ada.is_purged) == 1
