"""The migrations make what the models say, and the log stays append-only after the last one."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from moderation.db import Base, Database, make_engine
from moderation.flow.queue.search import found_ids
from moderation.migrations import SCRIPTS, config_for
from moderation.models import Event
from moderation.statuses import Actor, Change
from tests import databases
from tests.doubles import NOON

MIGRATIONS = Path(SCRIPTS.dir) / "versions"
# SQLite tells no one what such an index is of; PostgreSQL does, and is compared.
unreadable_index = pytest.mark.filterwarnings(
    "ignore:.*expression-based index '?ix_comments_weight"
)


def is_of_a_model(name: str | None, _kind: str, _parents: object) -> bool:
    """All but the full-text index, which no model describes: tests/flow/queue/ searches it."""
    return not (name or "").startswith(("comments_search", "ix_comments_search"))


@unreadable_index
def test_an_empty_database_becomes_what_the_models_say(empty: Engine) -> None:
    command.upgrade(config_for(empty), "head")
    with empty.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_name": is_of_a_model,
            },
        )
        assert context.get_current_revision() == SCRIPTS.get_current_head()
        assert compare_metadata(context, Base.metadata) == []


@unreadable_index
def test_the_comparison_would_find_a_difference(empty: Engine) -> None:
    command.upgrade(config_for(empty), "head")
    with empty.begin() as connection:
        connection.execute(text("ALTER TABLE comments ADD COLUMN stray TEXT"))
        connection.execute(text("DROP INDEX ix_comments_text"))
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_of_a_model})
        found = compare_metadata(context, Base.metadata)
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


VERSION = "b434ea0a81b3-int8"
DECIDED = {
    # What the machine decided by the score as it stands, by another score, by none, by nobody.
    1: [{"model_version": VERSION, "preset": preset} for preset in ("relaxed", "strict")],
    2: [{"model_version": "0123456789ab-float", "preset": "strict"}],
    3: [{"model_version": None, "preset": "strict"}],
    4: [],
}  # fmt: skip


def test_versions_of_scores_are_carried_over_and_the_log_stays_closed(empty: Engine) -> None:
    command.upgrade(config_for(empty), "0001")
    _fill_as_in_the_first_tables(empty)
    command.upgrade(config_for(empty), "0002")
    with empty.connect() as connection:
        found = connection.execute(text(
            "SELECT comment_id, model, checkpoint, graph, normaliser, preset, language, has_words "
            "FROM scores ORDER BY comment_id"
        )).all()  # fmt: skip
        kept = connection.execute(text("SELECT attributes FROM scores")).scalars().all()
    assert [tuple(row) for row in found] == [
        (number, "home", "b434ea0a81b3", "int8", 0, preset, "en", True)
        for number, preset in ((1, "strict"), (2, None), (3, None), (4, None))
    ]
    assert all("0.25" in str(attributes) for attributes in kept)
    with pytest.raises(DatabaseError, match="append-only"), empty.begin() as connection:
        connection.execute(text("DELETE FROM events"))
    with pytest.raises(DatabaseError), empty.begin() as connection:  # still one for a comment
        connection.execute(text("INSERT INTO scores SELECT * FROM scores"))


def test_the_queue_knows_what_was_there_before_it(empty: Engine) -> None:
    command.upgrade(config_for(empty), "0001")
    _fill_as_in_the_first_tables(empty)
    command.upgrade(config_for(empty), "head")
    with Session(empty) as session:
        found = session.execute(
            text("SELECT risk, language, urgent, reports FROM comments ORDER BY id")
        ).all()
        counts = session.execute(text("SELECT site_id, queue, delta FROM queue_deltas")).all()
        statuses = session.scalars(text("SELECT status FROM findings")).all()
        words = session.scalars(found_ids(session, ["b"])).all()
    assert [tuple(row) for row in found] == [(250, "en", None, 0)] * 4
    assert [tuple(row) for row in counts] == [(1, "held", 4)]
    assert statuses == ["held"]
    assert sorted(words) == [1, 2, 3, 4]


def _fill_as_in_the_first_tables(engine: Engine) -> None:
    def put(connection: Connection, table: str, **values: object) -> None:
        names = ", ".join(values)
        places = ", ".join(f":{name}" for name in values)
        connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)

    with engine.begin() as connection:
        put(connection, "sites", id=1, key="news", name="News", origins="[]", policy="{}",
            created_at=NOON.isoformat())  # fmt: skip
        put(connection, "articles", id=1, site_id=1, key="k", url="u", title="t", version=1,
            created_at=NOON.isoformat())  # fmt: skip
        for number, decisions in DECIDED.items():
            put(connection, "comments", id=number, public_id=f"p{number}", site_id=1, article_id=1,
                path=b"", name="n", body="b", status="held", version=1, submission_id=f"{number}",
                submission_hash=b"", text_hash=b"", signals="[]", link_version=1,
                created_at=NOON.isoformat())  # fmt: skip
            put(connection, "scores", comment_id=number, model="home", model_version=VERSION,
                attributes='{"toxicity": 0.25, "threat": 0.125}', complete=True, language="en",
                languages='["en"]', has_words=True, created_at=NOON.isoformat())  # fmt: skip
            for data in decisions:
                put(connection, "events", comment_id=number, change="decided", actor="machine",
                    data=json.dumps(data), created_at=NOON.isoformat())  # fmt: skip
        put(connection, "findings", comment_id=1, event_id=1, code="links", verdict="hold")


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


@pytest.mark.parametrize("act", list(CHANGES | SQLITE | POSTGRESQL))
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
