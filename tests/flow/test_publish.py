"""What readers see: approved comments and nothing else, nested, however it is paged."""

import random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import object_session

from moderation.db import Database
from moderation.flow.articles import find_article, read_page
from moderation.flow.publish import Entry, Thread, count_approved, count_by_key, read_thread
from moderation.flow.store import change_status
from moderation.flow.submit import Submission, submit
from moderation.models import Article, Comment, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, Status
from tests.doubles import NOON
from tests.factories import ARTICLE, ORIGIN, make_comment, make_site

HIDDEN = [status for status in Status if status is not Status.APPROVED]


class Board:
    """One article; comments appear on it with a status of the test's choice."""

    def __init__(self, database: Database, site: Site, vault: Vault) -> None:
        self.database, self.site, self.vault = database, site, vault
        self._count = 0

    def write(
        self, body: str, parent: str = "", *, status: Status = Status.APPROVED, depth: int = 4
    ) -> str:
        """Send a comment as a reader does, then give it the status; answers its public id."""
        self._count += 1
        with self.database.transaction() as session:
            site = session.get_one(Site, self.site.id)
            site.policy = {"reply_depth": depth}
            form = Submission(
                submission_id=f"form-{self._count}",
                page=read_page(site, ARTICLE),
                parent=parent,
                name=f"Name of {body}",
                email="",
                body=body,
            )
            comment, _ = submit(
                session, site, form, vault=self.vault, now=NOON, repeat_window=NOON - NOON
            )
            self._move(comment, status)
            return comment.public_id

    def move(self, public_id: str, status: Status) -> None:
        with self.database.transaction() as session:
            query = select(Comment).where(Comment.public_id == public_id)
            self._move(session.scalars(query).one(), status)

    def read(self, *, after: str = "", size: int = 100) -> Thread:
        with self.database.reading() as session:
            article = find_article(session, self.site, read_page(self.site, ARTICLE))
            return read_thread(session, article, after=after, size=size)

    def read_pages(self, size: int) -> list[Entry]:
        entries: list[Entry] = []
        after: str | None = ""
        while after is not None:
            page = self.read(after=after, size=size)
            entries += page.entries
            after = page.next_after
        return entries

    def _move(self, comment: Comment, status: Status) -> None:
        session = object_session(comment)
        assert session is not None
        change_status(
            session, comment, status, change=Change.DECIDED, actor=Actor.MACHINE, now=NOON
        )


def _shape(entries: list[Entry]) -> list[tuple[int, str | None]]:
    return [(entry.level, entry.body) for entry in entries]


@pytest.mark.parametrize("status", HIDDEN)
def test_nobody_sees_what_is_not_approved(board: Board, status: Status) -> None:
    board.write("Public")
    board.write("Hidden", status=status)
    thread = board.read()
    assert _shape(thread.entries) == [(0, "Public")]
    assert thread.total == 1


def test_replies_stand_below_what_they_answer_oldest_first(board: Board) -> None:
    first = board.write("1")
    second = board.write("2")
    reply = board.write("1.1", first)
    board.write("2.1", second)
    board.write("1.2", first)
    board.write("1.1.1", reply)
    thread = board.read()
    assert _shape(thread.entries) == [
        (0, "1"),
        (1, "1.1"),
        (2, "1.1.1"),
        (1, "1.2"),
        (0, "2"),
        (1, "2.1"),
    ]
    assert [entry.parent for entry in thread.entries[:3]] == [None, first, reply]


@pytest.mark.parametrize("status", HIDDEN)
def test_the_placeholder_of_a_hidden_parent_holds_nothing_that_was_typed(
    board: Board, status: Status
) -> None:
    parent = board.write("canary")
    board.write("Reply", parent)
    board.move(parent, status)
    placeholder, reply = board.read().entries
    assert placeholder == Entry(
        public_id=parent,
        parent=None,
        parent_name=None,
        level=0,
        name=None,
        body=None,
        created_at=None,
    )
    assert placeholder.is_placeholder
    assert "canary" not in str(placeholder)
    assert (reply.body, reply.level, reply.parent) == ("Reply", 1, parent)
    assert reply.parent_name is None


def test_a_hidden_comment_without_public_replies_leaves_no_trace(board: Board) -> None:
    parent = board.write("1")
    reply = board.write("1.1", parent)
    board.move(reply, Status.REJECTED)
    board.move(parent, Status.REJECTED)
    assert board.read().entries == []


def test_a_reply_too_deep_stands_beside_its_parent_and_still_names_it(board: Board) -> None:
    ids = [""]
    for number in range(5):
        ids.append(board.write(str(number), ids[-1], depth=2))
    thread = board.read()
    assert _shape(thread.entries) == [(0, "0"), (1, "1"), (2, "2"), (2, "3"), (2, "4")]
    assert [entry.parent for entry in thread.entries] == [None, *ids[1:5]]


def test_a_reply_too_deep_to_a_hidden_one_names_who_readers_see(board: Board) -> None:
    top = board.write("top", depth=1)
    hidden = board.write("hidden", top, depth=1)
    board.write("reply", hidden, depth=1)
    board.move(hidden, Status.REJECTED)
    assert [entry.parent for entry in board.read().entries] == [None, top]
    assert hidden not in str(board.read().entries)


@pytest.mark.parametrize("seed", range(3))
def test_pages_of_any_size_show_the_same_thread(board: Board, seed: int) -> None:
    choose = random.Random(seed)
    ids = [board.write("0", depth=2)]
    for number in range(1, 30):
        parent = choose.choice(["", *ids])
        ids.append(board.write(str(number), parent, depth=2))
    for public_id in choose.sample(ids, 10):
        board.move(public_id, choose.choice(HIDDEN))
    whole = board.read().entries
    assert sum(not entry.is_placeholder for entry in whole) == 20
    assert len({entry.public_id for entry in whole}) == len(whole)
    assert any(entry.is_placeholder for entry in whole)
    for size in (1, 2, 3, 7, 19, 20, 21):
        assert board.read_pages(size) == whole


def test_a_comment_hidden_between_two_pages_hides_no_other(board: Board) -> None:
    ids = [board.write(str(number)) for number in range(4)]
    first = board.read(size=2)
    board.move(ids[1], Status.REJECTED)
    assert first.next_after
    rest = board.read(after=first.next_after, size=2)
    assert _shape(rest.entries) == [(0, "2"), (0, "3")]


@pytest.mark.parametrize("after", ["zz", "\ud800", "00", "é", "' OR 1=1", "0" * 15])
def test_a_place_that_does_not_exist_starts_at_the_top(board: Board, after: str) -> None:
    board.write("1")
    assert len(board.read(after=after).entries) == 1


def test_a_place_beyond_the_end_shows_nothing(board: Board) -> None:
    board.write("1")
    assert board.read(after="f" * 160).entries == []


def test_the_version_tells_when_readers_see_something_else(board: Board) -> None:
    public_id = board.write("1")
    shown = board.read().version
    board.write("2", status=Status.HELD)
    assert board.read().version == shown
    board.move(public_id, Status.REJECTED)
    assert board.read().version == shown + 1


def test_an_article_without_comments_is_an_empty_thread(board: Board) -> None:
    assert board.read() == Thread(entries=[], total=0, version=0, next_after=None)
    with board.database.reading() as session:
        assert session.scalars(select(Article)).all() == []  # and reading created none


def test_it_counts_the_public_comments_of_many_articles(board: Board) -> None:
    board.write("1")
    board.write("2")
    board.write("3", status=Status.HELD)
    with board.database.transaction() as session:
        site = session.get_one(Site, board.site.id)
        other = f"{ORIGIN}/bushes"
        make_comment(session, site, status=Status.APPROVED, article=other)
        make_comment(session, make_site(session, "olds"), status=Status.APPROVED)
    with board.database.reading() as session:
        keys = [read_page(board.site, url).key for url in (ARTICLE, other, f"{ORIGIN}/none")]
        assert list(count_by_key(session, board.site, keys).values()) == [2, 1, 0]
        assert count_by_key(session, board.site, []) == {}
        article = find_article(session, board.site, read_page(board.site, ARTICLE))
        assert article
        assert count_approved(session, article.id) == 2


@pytest.fixture
def board(database: Database, site: Site, vault: Vault) -> Board:
    return Board(database, site, vault)
