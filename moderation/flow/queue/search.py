"""Full-text search in names and texts: FTS5 on SQLite, tsvector on PostgreSQL.

A word that was typed finds all that begin with it; all words have to be there. SQLite's index also
ignores accents. Neither knows word forms: comments come in many languages.
"""

import re

from sqlalchemy import ColumnElement, Integer, column, func, literal_column, select, table, text
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import Select

from moderation.models import Comment

WORDS_MAX = 10  # more make a search slow and find nothing
_WORD = re.compile(r"[^\W_]+")
_INDEX = table("comments_search", column("rowid", Integer))
# Written as in the migration: PostgreSQL uses the index for this very expression only.
# All but letters and digits go: else a domain or "he/she" would be one word, found from its start
# only, where SQLite sees two.
_DOCUMENT = func.to_tsvector(
    literal_column("'simple'"),
    func.regexp_replace(
        Comment.name + literal_column("' '") + Comment.body,
        literal_column("'[^[:alnum:]]+'"),
        literal_column("' '"),
        literal_column("'g'"),
    ),
)


def words_of(typed: str) -> list[str]:
    """The words to look for, in lower case."""
    return _WORD.findall(typed.lower())[:WORDS_MAX]


def found_ids(session: Session, words: list[str]) -> Select[int]:
    """The ids of all comments that hold the words, in no order."""
    if _is_sqlite(session):
        return select(_INDEX.c.rowid).where(_matches(words))
    return select(Comment.id).where(_document_matches(words))


def is_found(session: Session, words: list[str]) -> ColumnElement[bool]:
    """Whether a comment of an outer query holds the words."""
    if _is_sqlite(session):
        # The index is asked once, not once a comment; and coalesce has the queue gone through in
        # its order, instead of everything that is found sorted.
        return func.coalesce(Comment.id, 0).in_(found_ids(session, words))
    return _document_matches(words)


def drop_erased_words(session: Session, *, is_first: bool, pages: int = 500) -> bool:
    """One step of taking words of erased texts out of the index; answers whether more are needed.

    FTS5 only notes that a row is gone, until its pieces are merged: here all into one, so many
    pages a step (https://sqlite.org/fts5.html, "The 'merge' Command"). PostgreSQL needs no help.
    """
    if not _is_sqlite(session):
        return False
    before = session.scalar(select(func.total_changes())) or 0
    session.execute(
        text("INSERT INTO comments_search (comments_search, rank) VALUES ('merge', :pages)"),
        {"pages": -pages if is_first else pages},
    )
    return (session.scalar(select(func.total_changes())) or 0) - before >= 2


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _matches(words: list[str]) -> ColumnElement[bool]:
    quoted = " ".join(f'"{word}"*' for word in words)
    return literal_column("comments_search").op("MATCH", is_comparison=True)(quoted)


def _document_matches(words: list[str]) -> ColumnElement[bool]:
    query = " & ".join(f"'{word}':*" for word in words)
    return _DOCUMENT.op("@@", is_comparison=True)(
        func.to_tsquery(literal_column("'simple'"), query)
    )
