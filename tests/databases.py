"""Fresh databases for tests: a migrated template made once, copied for each test; Redis."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis
from alembic import command
from sqlalchemy import make_url

from moderation.db import make_engine
from moderation.migrations import config_for

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
# Of Redis's 16 databases one for each process that runs tests beside others.
_redis_url = make_url(os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15"))
_number = (int(_redis_url.database or 15) - WORKER) % 16
REDIS = _redis_url.set(database=str(_number)).render_as_string(hide_password=False)
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")


def migrate(url: str) -> None:
    """Bring a database up to date."""
    engine = make_engine(url)
    command.upgrade(config_for(engine), "head")
    engine.dispose()


@contextmanager
def sqlite_template(folder: Path) -> Iterator[Path]:
    """A migrated SQLite file to copy."""
    path = folder / "template.db"
    migrate(f"sqlite:///{path}")
    yield path


def copy_sqlite(template: Path, folder: Path) -> str:
    """The URL of a copy in `folder`."""
    path = folder / "comments.db"
    shutil.copy(template, path)
    return f"sqlite:///{path}"


def postgres_answers() -> bool:
    """Whether the tests' PostgreSQL server can be reached."""
    try:
        with _connect():
            return True
    except psycopg.OperationalError:
        return False


@contextmanager
def postgres_template() -> Iterator[str]:
    """The name of a migrated PostgreSQL database to copy; dropped at the end."""
    with new_postgres(template=None) as url:
        migrate(url)
        yield make_url(url).database or ""


@contextmanager
def new_postgres(template: str | None) -> Iterator[str]:
    """The URL of a new PostgreSQL database, empty or copied; dropped at the end."""
    name = f"comments_{uuid.uuid4().hex[:12]}"
    with _connect() as connection:
        # Copied as files, not through the log: a seventh of the processor's time (PostgreSQL 15).
        how = "STRATEGY FILE_COPY" if connection.info.server_version >= 150_000 else ""
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'} {how}")
    try:
        yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    finally:
        with _connect() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def empty_redis() -> Iterator["redis.Redis[bytes]"]:
    """A database of the tests' Redis, emptied before and after; skips where none answers."""
    client = redis.Redis.from_url(REDIS, socket_connect_timeout=2)
    try:
        client.ping()
    except redis.ConnectionError:
        pytest.skip("no Redis server answers at TEST_REDIS_URL")
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


def _connect() -> psycopg.Connection:
    url = make_url(POSTGRES).set(drivername="postgresql")
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)
