"""Pages of a thread: all of them together are the thread, in each order, whatever happens."""

import random
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from moderation.flow.publish import Entry, Sort
from moderation.models import Comment, Site
from moderation.statuses import Status
from tests.factories import make_comment
from tests.flow.board import Board

HIDDEN = [status for status in Status if status is not Status.APPROVED]
SORTS = list(Sort)


@dataclass
class Tree:
    """What was written on a board, and who answers whom: the order of a thread, told anew."""

    board: Board
    choose: random.Random
    parents: dict[str, str] = field(default_factory=dict)  # in order of time
    hidden: set[str] = field(default_factory=set)

    def grow(self, number: int) -> None:
        """Readers write, here and there."""
        with self.board.database.transaction() as session:
            site = session.get_one(Site, self.board.site.id)
            known = {each.public_id: each for each in session.scalars(select(Comment))}
            for _ in range(number):
                public = [each for each in self.parents if each not in self.hidden]
                above = self.choose.choice(["", "", *public])
                made = make_comment(session, site, status=Status.APPROVED, parent=known.get(above))
                known[made.public_id] = made
                self.parents[made.public_id] = above

    def hide(self, number: int) -> set[str]:
        """Some are hidden; answers which."""
        gone = self.choose.sample(list(self.parents), number)
        for public_id in gone:
            self.board.move(public_id, self.choose.choice(HIDDEN))
        self.hidden |= set(gone)
        return set(gone)

    def in_order(self, sort: Sort) -> list[str]:
        """All of it, depth first; only the topmost stand in the order of `sort`."""
        tops = self._below("")
        return self._walk(tops[::-1] if sort is Sort.NEWEST else tops)

    def _below(self, parent: str) -> list[str]:
        return [each for each, above in self.parents.items() if above == parent]

    def _walk(self, ids: list[str]) -> list[str]:
        return [each for one in ids for each in (one, *self._walk(self._below(one)))]


def _public(entries: list[Entry]) -> list[str]:
    return [entry.public_id for entry in entries if not entry.is_placeholder]


@pytest.fixture(params=range(3))
def tree(request: pytest.FixtureRequest, board: Board) -> Tree:
    """Thirty comments, a third of them hidden."""
    made = Tree(board, random.Random(request.param))
    made.grow(30)
    return made


@pytest.mark.parametrize("sort", SORTS)
def test_pages_of_any_size_show_each_public_comment_once_in_order(tree: Tree, sort: Sort) -> None:
    hidden = tree.hide(10)
    expected = [each for each in tree.in_order(sort) if each not in hidden]
    whole = tree.board.read(sort=sort).entries
    assert _public(whole) == expected
    assert len(expected) == 20
    assert len({entry.public_id for entry in whole}) == len(whole)
    assert any(entry.is_placeholder for entry in whole)
    for size in (1, 2, 3, 7, 19, 20, 21):
        assert tree.board.read_pages(size, sort) == whole


@pytest.mark.parametrize("sort", SORTS)
def test_what_comes_meanwhile_moves_no_page(tree: Tree, sort: Sort) -> None:
    hidden, size = tree.hide(5), tree.choose.randint(1, 9)
    expected = [each for each in tree.in_order(sort) if each not in hidden]
    shown = _public(tree.board.read_pages(size, sort, meanwhile=lambda: _write_at_most(tree, 50)))
    assert len(set(shown)) == len(shown)
    assert [each for each in shown if each in expected] == expected
    in_order = tree.in_order(sort)  # with those that came
    assert shown == sorted(shown, key=in_order.index)


def _write_at_most(tree: Tree, number: int) -> None:
    if len(tree.parents) < number:
        tree.grow(2)


@pytest.mark.parametrize("sort", SORTS)
def test_what_is_hidden_meanwhile_hides_no_other(tree: Tree, sort: Sort) -> None:
    before = set(tree.parents)
    gone: set[str] = set()
    shown = _public(tree.board.read_pages(3, sort, meanwhile=lambda: gone.update(tree.hide(1))))
    assert len(set(shown)) == len(shown)
    assert before - gone <= set(shown)


def test_a_page_after_a_hidden_comment_goes_on_behind_it(board: Board) -> None:
    ids = [board.write(str(number)) for number in range(4)]
    first = board.read(size=2)
    board.move(ids[1], Status.REJECTED)
    assert first.next_after == ids[1]
    assert _public(board.read(after=ids[1], size=2).entries) == ids[2:]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("after", ["zz", "00", "é", "' OR 1=1", "0" * 15])
def test_a_place_that_does_not_exist_starts_at_the_top(
    board: Board, after: str, sort: Sort
) -> None:
    board.write("1")
    assert len(board.read(after=after, sort=sort).entries) == 1


def test_a_place_tells_nothing_of_how_many_comments_there_are(board: Board) -> None:
    ids = [board.write(str(number)) for number in range(3)]
    assert board.read(size=1).next_after == ids[0]


def test_one_comment_stands_below_what_it_answers_with_its_own_answers(board: Board) -> None:
    top = board.write("1")
    board.write("1.1", top)
    asked = board.write("1.2", top)
    below = board.write("1.2.1", asked)
    board.write("1.3", top)
    board.write("2")
    branch = board.read_branch(asked)
    assert branch is not None
    assert [entry.public_id for entry in branch.entries] == [top, asked, below]
    assert (branch.total, branch.next_after) == (6, None)


def test_a_long_branch_has_pages_of_its_own(board: Board) -> None:
    top = board.write("1")
    asked = board.write("1.1", top)
    below = [board.write(f"1.1.{number}", asked) for number in range(4)]
    board.write("1.2", top)
    first = board.read_branch(asked, size=3)
    assert first is not None
    assert _public(first.entries) == [top, asked, *below[:2]]
    assert first.next_after == below[1]
    rest = board.read_branch(asked, after=below[1], size=3)
    assert rest is not None
    assert _public(rest.entries) == below[2:]
    assert rest.next_after is None


@pytest.mark.parametrize("status", HIDDEN)
def test_the_branch_of_a_hidden_comment_is_its_placeholder_or_nothing(
    board: Board, status: Status
) -> None:
    hidden = board.write("canary")
    reply = board.write("reply", hidden)
    alone = board.write("alone", status=status)
    board.move(hidden, status)
    branch = board.read_branch(hidden)
    assert branch is not None
    assert "canary" not in str(branch)
    assert _public(branch.entries) == [reply]
    assert board.read_branch(alone) is None
    assert board.read_branch("nobody’s") is None
