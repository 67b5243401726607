"""Storage: two kinds of transaction, times with a zone, errors without values."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from threading import Event as Signal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError, IntegrityError, StatementError

from moderation.db import BUSY_TIMEOUT_MS, Database
from moderation.models import Comment, Site
from tests import databases
from tests.doubles import NOON
from tests.factories import make_comment, make_site
from tests.together import together


def test_a_transaction_commits_at_its_end(database: Database) -> None:
    with database.transaction() as session:
        make_site(session)
    assert _keys(database) == ["news"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_transaction_that_raises_leaves_nothing(
    database: Database, error: type[BaseException]
) -> None:
    with pytest.raises(error), database.transaction() as session:
        make_site(session)
        raise error
    assert _keys(database) == []


def test_reading_changes_nothing(database: Database) -> None:
    with database.reading() as session:
        make_site(session)
    assert _keys(database) == []


def test_a_savepoint_that_fails_takes_only_its_own_work_with_it(database: Database) -> None:
    with database.transaction() as session:
        make_site(session)
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(Site(key="news", name="", origins=[], policy={}, created_at=NOON))
        make_site(session, "olds")
    assert _keys(database) == ["news", "olds"]


def test_no_transaction_leaves_a_connection_behind(database: Database) -> None:
    with pytest.raises(ValueError), database.transaction() as session:
        make_site(session)
        raise ValueError
    with database.reading() as session:
        session.scalars(select(Site)).all()
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_times_come_back_with_their_zone(database: Database) -> None:
    elsewhere = NOON.astimezone(dt.timezone(dt.timedelta(hours=9)))
    with database.transaction() as session:
        session.add(Site(key="a", name="", origins=[], policy={}, created_at=elsewhere))
    with database.reading() as session:
        stored = session.scalars(select(Site.created_at)).one()
        assert session.scalars(select(Site).where(Site.created_at <= NOON)).all()
    assert (stored, stored.tzinfo) == (NOON, dt.UTC)


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="time zone"), database.transaction() as session:
        naive = NOON.replace(tzinfo=None)
        session.add(Site(key="a", name="", origins=[], policy={}, created_at=naive))


def test_an_unknown_word_is_refused(database: Database) -> None:
    with database.transaction() as session:
        comment = make_comment(session, make_site(session))
    with pytest.raises(StatementError), database.transaction() as session:
        session.get_one(Comment, comment.id).status = "public"  # type: ignore[assignment]


def test_a_row_that_belongs_to_nothing_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.execute(
            text(
                "INSERT INTO jobs (comment_id, created_at, run_after, attempts) "
                "VALUES (999, '2026-01-01', '2026-01-01', 0)"
            )
        )


def test_errors_of_statements_do_not_show_their_values(database: Database) -> None:
    with pytest.raises(DatabaseError) as error, database.reading() as session:
        session.execute(text("SELECT nothing FROM nowhere WHERE x = :x"), {"x": "canary"})
    assert "canary" not in str(error.value)
    assert "canary" not in repr(error.value)


@pytest.mark.parametrize("door", ["reading", "transaction"])
def test_sqlite_is_set_up_to_lose_nothing(sqlite: Database, door: str) -> None:
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "foreign_keys": 1,
        "busy_timeout": BUSY_TIMEOUT_MS,
    }
    with getattr(sqlite, door)() as session:
        found = {name: session.scalar(text(f"PRAGMA {name}")) for name in wanted}
    assert found == wanted


def test_sqlite_readers_go_on_while_somebody_writes(sqlite: Database) -> None:
    with sqlite.transaction() as session:
        make_site(session)
        assert _keys(sqlite) == []
    assert _keys(sqlite) == ["news"]


def test_sqlite_writers_queue_up_even_when_they_read_first(sqlite: Database) -> None:
    """Two that both read and then write would both fail at once without BEGIN IMMEDIATE."""
    with sqlite.transaction() as session:
        make_site(session)
    has_begun = Signal()

    def write() -> None:
        with sqlite.transaction() as session:
            site = session.scalars(select(Site)).one()
            has_begun.wait(0.01)
            site.name += "!"

    assert together(*[write] * 8) == [None] * 8
    with sqlite.reading() as session:
        assert session.scalars(select(Site.name)).one() == "News" + "!" * 8


def _keys(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Site.key).order_by(Site.key)))


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    database = Database(databases.copy_sqlite(sqlite_template, tmp_path))
    yield database
    database.dispose()
