"""The migrations make what the models say, and the log stays append-only after the last one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError

from moderation.db import Base, Database, make_engine
from moderation.migrations import SCRIPTS, config_for
from moderation.models import Event
from moderation.statuses import Actor, Change
from tests import databases
from tests.doubles import NOON

MIGRATIONS = Path(SCRIPTS.dir) / "versions"


def test_an_empty_database_becomes_what_the_models_say(empty: Engine) -> None:
    command.upgrade(config_for(empty), "head")
    with empty.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert context.get_current_revision() == SCRIPTS.get_current_head()
        assert compare_metadata(context, Base.metadata) == []


def test_the_comparison_would_find_a_difference(empty: Engine) -> None:
    command.upgrade(config_for(empty), "head")
    with empty.begin() as connection:
        connection.execute(text("ALTER TABLE comments ADD COLUMN stray TEXT"))
        connection.execute(text("DROP INDEX ix_comments_text"))
    with empty.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    assert sorted(change[0] for change in found) == ["add_index", "remove_column"]


def test_upgrading_again_changes_nothing(empty: Engine) -> None:
    command.upgrade(config_for(empty), "head")
    _write_event(empty)
    command.upgrade(config_for(empty), "head")
    assert _count(empty) == 1


def test_a_migration_that_breaks_leaves_nothing_behind(
    empty: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_for(empty)
    monkeypatch.setattr("alembic.op.create_index", _break)
    with pytest.raises(RuntimeError, match="told to break"):
        command.upgrade(config, "head")
    monkeypatch.undo()
    command.upgrade(config, "head")  # would fail if some tables were there already
    assert _count(empty) == 0


def test_there_is_one_last_migration() -> None:
    assert len(SCRIPTS.get_heads()) == 1


def test_migrations_never_import_the_package() -> None:
    files = sorted(MIGRATIONS.glob("*.py"))
    assert files
    for file in files:
        assert "moderation" not in file.read_text("utf-8").replace("moderators", ""), file.name


CHANGES = {
    "update": "UPDATE events SET reason = 'x'",
    "update one": "UPDATE events SET data = '{}' WHERE id = 1",
    "delete": "DELETE FROM events",
}
SQLITE = {
    "replace": "INSERT OR REPLACE INTO events (id, change, actor, data, created_at) "
    "SELECT id, 'decided', actor, data, created_at FROM events",
    "replace into": "REPLACE INTO events (id, change, actor, data, created_at) "
    "SELECT id, 'decided', actor, data, created_at FROM events",
    "upsert": "INSERT INTO events (id, change, actor, data, created_at) "
    "SELECT id, 'decided', actor, data, created_at FROM events WHERE true "
    "ON CONFLICT (id) DO UPDATE SET change = 'decided'",
    "update or replace": "UPDATE OR REPLACE events SET id = 9",
}
POSTGRESQL = {
    "truncate": "TRUNCATE events, findings",
    "truncate cascade": "TRUNCATE comments CASCADE",
    "upsert": SQLITE["upsert"],
    "only": "DELETE FROM ONLY events",
}


@pytest.mark.parametrize("act", [*CHANGES, *SQLITE.keys(), *POSTGRESQL.keys() - {"upsert"}])
def test_a_written_event_cannot_be_changed(engine: Engine, act: str) -> None:
    own = SQLITE if engine.dialect.name == "sqlite" else POSTGRESQL
    statement = (CHANGES | own).get(act)
    if statement is None:
        return  # a statement of the other database only
    _write_event(engine)
    with pytest.raises(DatabaseError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT change FROM events")).scalars().all() == [
            "submitted"
        ]


def test_events_can_still_be_written(engine: Engine) -> None:
    _write_event(engine)
    _write_event(engine)
    assert _count(engine) == 2


def _write_event(engine: Engine) -> None:
    database = Database(engine.url.render_as_string(hide_password=False))
    with database.transaction() as session:
        session.add(Event(change=Change.SUBMITTED, actor=Actor.COMMENTER, data={}, created_at=NOON))
    database.dispose()


def _count(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM events")).scalar_one())


def _break(*_args: object, **_known: object) -> None:
    raise RuntimeError("told to break")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without tables."""
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'empty.db'}")
        yield engine
        engine.dispose()
        return
    if not databases.postgres_answers():
        pytest.skip("no PostgreSQL server answers at TEST_POSTGRES_URL")
    with databases.new_postgres(template=None) as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()
