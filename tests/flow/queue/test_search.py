"""Full-text search: what was typed is found as words, whatever else stands in it."""

import pytest
from sqlalchemy import select, text

from moderation.db import Database
from moderation.flow.personal.taking_down import take_down
from moderation.flow.queue.search import WORDS_MAX, words_of
from moderation.models import Comment
from moderation.statuses import Actor, Change
from tests.doubles import NOON
from tests.flow.desk import Desk

TYPED = [
    '"',
    "'",
    "a' OR '1'='1",
    "body:x",
    "NEAR(a b)",
    "a AND",
    "* ^ -",
    "a:* & !b",
    "\\",
    "x" * 300,
    "؟ 。",
    "a\x00b",
]


@pytest.mark.parametrize("typed", TYPED)
def test_nothing_that_is_typed_is_an_error(desk: Desk, typed: str) -> None:
    comment_id = desk.comment(body="a b or and near body x")

    assert desk.ids(words=typed) in ([], [comment_id])


@pytest.mark.parametrize(
    ("body", "typed"),
    [
        ("Vier Bäume fallen.", "bäume"),
        ("شكرا جزيلا على المقال", "جزيلا"),
        ("Спасибо за статью", "статью"),
        ("Trees are lovely", "TREE love"),
        ("Order #4711!", "4711"),
        ("See www.pills.example/buy now", "pills.example"),
        ("He/she said so", "she"),
        ("It is -5 degrees", "5"),
        ("snake_case", "case"),
    ],
)
def test_words_of_all_scripts_are_found_from_their_beginning(
    desk: Desk, body: str, typed: str
) -> None:
    desk.comment(body="Something else.")
    comment_id = desk.comment(body=body)

    assert desk.ids(words=typed) == [comment_id]


def test_names_are_found_too(desk: Desk) -> None:
    comment_id = desk.comment(name="Mallory")
    assert desk.ids(words="mallo") == [comment_id]


def test_the_middle_of_a_word_is_not_found(desk: Desk) -> None:
    desk.comment(body="Understanding")
    assert desk.ids(words="standing") == []


def test_what_is_erased_is_found_no_more(desk: Desk) -> None:
    comment_id, other = desk.comment(body="Zebras run."), desk.comment(body="Zebras sit.")
    with desk.database.transaction() as session:
        take_down(session, comment_id, change=Change.ERASED, actor=Actor.COMMENTER, now=NOON)
        session.get_one(Comment, other).body = "Lions sit."

    assert desk.ids(words="zebras") == []
    assert desk.ids(words="lions") == [other]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_index_of_sqlite_agrees_with_its_rows(desk: Desk, database: Database) -> None:
    desk.comment(body="One.")
    changed = desk.comment(body="Two.")
    with database.transaction() as session:
        session.get_one(Comment, changed).body = "Three."
        # FTS5's own check; it fails where a row and its words differ.
        session.execute(
            text(
                "INSERT INTO comments_search (comments_search, rank) VALUES ('integrity-check', 1)"
            )
        )
        assert set(session.scalars(select(Comment.body))) == {"One.", "Three."}


def test_only_so_many_words_are_looked_for() -> None:
    assert len(words_of("word " * 50)) == WORDS_MAX
    assert words_of("It's  A-B ") == ["it", "s", "a", "b"]
    assert words_of("…") == []
