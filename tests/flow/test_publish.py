"""What readers see: approved comments and nothing else, nested, however it is paged."""

import pytest
from sqlalchemy import select

from moderation.flow.articles import find_article, read_page
from moderation.flow.publish import Entry, Thread, count_approved, count_by_key
from moderation.models import Article, Site
from moderation.statuses import Status
from tests.factories import ARTICLE, ORIGIN, make_comment, make_site
from tests.flow.board import Board

HIDDEN = [status for status in Status if status is not Status.APPROVED]


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
