"""Logs hold ids, never content; and importing the program starts nothing."""

import io
import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from moderation.db import Database
from moderation.logs import configure_logs
from moderation.models import Comment
from tests.conftest import SECRETS, write_log_to
from tests.doubles import NOON
from tests.factories import make_site
from tests.servers import ROOT

EVENT = re.compile(r"\blog\.(?:debug|info|warning|error|exception)\(\s*\"(\w+)\"")
CANARY = "canary@example.com"


def _break() -> None:
    raise ValueError(f"bad input: {CANARY}")


def test_our_own_log_tells_type_and_place_of_an_error_and_not_its_message(
    written: io.StringIO,
) -> None:
    try:
        _break()
    except ValueError:
        structlog.get_logger().error("it_broke", comment=7, exc_info=True)
    [entry] = _entries(written)
    assert (entry["event"], entry["comment"], entry["error"]) == ("it_broke", 7, "ValueError")
    assert entry["level"] == "error"
    assert entry["trace"][-1].endswith("_break")
    assert "canary" not in written.getvalue()


@pytest.mark.parametrize("how", ["exception", "exc_info", "error"])
def test_the_log_of_a_library_does_neither(written: io.StringIO, how: str) -> None:
    log = logging.getLogger("some.package")
    try:
        _break()
    except ValueError as error:
        if how == "exception":
            log.exception("it broke")
        elif how == "exc_info":
            log.error("it broke", exc_info=True)
        else:
            log.error("it broke", exc_info=error)
    [entry] = _entries(written)
    assert (entry["event"], entry["error"]) == ("it broke", "ValueError")
    assert "canary" not in written.getvalue()


def test_neither_cause_nor_context_of_an_error_is_told(written: io.StringIO) -> None:
    try:
        try:
            _break()
        except ValueError as error:
            raise RuntimeError(CANARY) from error
    except RuntimeError:
        structlog.get_logger().exception("it_broke")
    assert _entries(written)[0]["error"] == "RuntimeError"
    assert "canary" not in written.getvalue()


def test_an_error_of_the_database_tells_no_value(database: Database, written: io.StringIO) -> None:
    log = structlog.get_logger()
    try:
        with database.transaction() as session:
            site = make_site(session)
            # Without article and path: PostgreSQL's own message would quote the whole row.
            session.add(Comment(site_id=site.id, name=CANARY, body=CANARY, created_at=NOON))
    except SQLAlchemyError:
        log.error("failed", exc_info=True)
    try:
        with database.reading() as session:
            session.execute(text("SELECT nothing WHERE x = :x"), {"x": CANARY})
    except SQLAlchemyError:
        log.error("failed", exc_info=True)
    assert len(_entries(written)) == 2
    assert "canary" not in written.getvalue()


def test_statements_are_not_logged(database: Database, written: io.StringIO) -> None:
    configure_logs("DEBUG")
    write_log_to(written)
    with database.transaction() as session:
        make_site(session, "canary")
    assert "canary" not in written.getvalue()


def test_a_level_that_is_not_wanted_is_not_written(written: io.StringIO) -> None:
    configure_logs("WARNING")
    write_log_to(written)
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    assert [entry["event"] for entry in _entries(written)] == ["loud"]


IMPORT = """
import sys, threading, sqlite3, socket
def refuse(event, args):
    if event in ("sqlite3.connect", "socket.connect", "subprocess.Popen"):
        print("did", event, args)
sys.addaudithook(refuse)
import wsgi
# The rate limiter's memory forgets in a timer of its own, which ends by itself.
ours = [t for t in threading.enumerate() if not isinstance(t, threading.Timer)]
print("threads", len(ours))
print("torch", "torch" in sys.modules)
print("app", wsgi.app.name, wsgi.celery.main)
"""


def test_importing_the_program_starts_no_thread_and_opens_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT],
        cwd=ROOT,
        env={
            **os.environ,
            **SECRETS,
            "DATABASE_URL": f"sqlite:///{tmp_path / 'comments.db'}",
            "BROKER_URL": "redis://127.0.0.1:1/0",
            "SCORER": "worker",
        },
        capture_output=True,
        text=True,
    )
    assert done.stdout.split("\n")[:3] == ["threads 1", "torch False", "app moderation moderation"]
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_wrong_settings_end_the_import_with_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        cwd=ROOT,
        env={**os.environ, **SECRETS, "PORT": "canary", "VAULT_KEY": "é" * 43},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "PORT: " in done.stderr
    assert "Traceback" not in done.stderr
    assert "canary" not in done.stderr


def _entries(written: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_every_event_stands_in_the_docs() -> None:
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "moderation").rglob("*.py")]
    events = {name for source in sources for name in EVENT.findall(source)}

    assert len(events) > 20
    assert {name for name in events if f"`{name}`" not in page} == set()
