"""Fixtures for all tests. Warnings are errors, nothing sleeps, the network is not used."""

import datetime as dt
import io
import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from config import Settings, load_settings
from moderation.app import create_app
from moderation.db import Database
from moderation.logs import configure_logs
from moderation.services import Services
from moderation.sweep import Sweep
from moderation.worker import Worker
from tests import databases
from tests.doubles import Clock, FixedScorer
from tests.file_server import FileServer, file_server, make_certificate
from tests.ports import deserted

# A loaded machine is no failure. Where CI is set, Hypothesis tries the same examples every time.
hypothesis.settings.register_profile(
    "tests", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("tests")

SECRETS = {
    "SECRET_KEY": "s" * 43,
    "VAULT_KEY": "djE" + "A" * 40,
    "INDEX_KEY": "aW4" + "B" * 40,
}


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test whose Python code connects to anything but this machine."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        is_local = self.family == socket.AF_UNIX or address[0] in ("127.0.0.1", "::1", "localhost")
        assert is_local, "a test wants to leave this machine"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the log says, once the app is made; that of the test run is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    configure_logs("INFO")
    stream = io.StringIO()
    write_log_to(stream)
    yield stream
    structlog.contextvars.clear_contextvars()
    root.handlers = handlers
    root.setLevel(level)


def write_log_to(stream: io.StringIO) -> None:
    """Have the log that is set up now written there."""
    [handler] = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)


@pytest.fixture
def deserted_port() -> Iterator[int]:
    """A port that nobody listens on while the test runs."""
    with deserted() as port:
        yield port


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and certificate for https on loopback."""
    return make_certificate(tmp_path_factory.mktemp("tls") / "own.pem")


@pytest.fixture
def https_server(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A server of files on loopback whose certificate counts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with file_server(certificate) as served:
        yield served


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with databases.sqlite_template(tmp_path_factory.mktemp("template")) as path:
        yield path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    if not databases.postgres_answers():
        pytest.skip("no PostgreSQL server answers at TEST_POSTGRES_URL")
    with databases.postgres_template() as name:
        yield name


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh migrated database; every test that uses it runs on both kinds."""
    if request.param == "sqlite":
        yield databases.copy_sqlite(request.getfixturevalue("sqlite_template"), tmp_path)
        return
    template = request.getfixturevalue("postgres_template")
    with databases.new_postgres(template) as url:
        yield url


@pytest.fixture
def overrides() -> dict[str, Any]:
    """Settings a test module changes by overriding this fixture."""
    return {}


@pytest.fixture
def settings(database_url: str, tmp_path: Path, overrides: dict[str, Any]) -> Settings:
    values: dict[str, Any] = {
        **SECRETS,
        "DATABASE_URL": database_url,
        "MODEL_CACHE": tmp_path / "models",
        "ERASED_LIST": tmp_path / "erased.list",
        "SCORE_WAIT": 0,
        "FORM_MIN_AGE": 0,
        "RATE_SUBMIT": "10000 per minute",
        "RATE_COMMENTER": "10000 per minute",
        "RATE_SIGN_IN": "10000 per minute",
        "DEMO": True,
    }
    return load_settings(tmp_path / "no-such-file", **{**values, **overrides})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(settings: Settings, clock: Clock) -> Iterator[Flask]:
    app = create_app(settings, clock=clock)
    yield app
    app.extensions["moderation"].database.dispose()


@pytest.fixture
def services(app: Flask) -> Services:
    found: Services = app.extensions["moderation"]
    return found


@pytest.fixture
def database(services: Services) -> Database:
    return services.database


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def scorer() -> FixedScorer:
    return FixedScorer()


@pytest.fixture
def worker(services: Services, scorer: FixedScorer, clock: Clock) -> Worker:
    """A worker that a test drives by `tick()`; nothing runs by itself."""
    window = dt.timedelta(days=1)
    sweep = Sweep(
        services.database, deadline=dt.timedelta(seconds=60), repeat_window=window, clock=clock
    )
    return Worker(
        services.database,
        lambda: scorer,
        sweep,
        model="double",
        batch=8,
        lease=dt.timedelta(seconds=30),
        repeat_window=window,
        clock=clock,
    )


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI everything the tests need is installed, so a skipped test is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:  # one of several processes; the first counts for all
        return
    if os.environ.get("CI") == "true" and exitstatus == 0 and reporter.stats.get("skipped"):
        reporter.write_line("In CI no test may be skipped.", red=True)
        session.exitstatus = 1
