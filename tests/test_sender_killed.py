"""A serving process that is killed while it sends a mail; really started, really killed."""

import datetime as dt
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, update

from moderation.models import Mail
from moderation.statuses import MailOutcome
from tests.conftest import SECRETS
from tests.mail_server import MailServer, mail_server, settings_for
from tests.servers import Installation, Reader, iterate, wait_until

ARTICLE = "http://news.example/trees"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def installation(database_url: str, tmp_path: Path, server: MailServer) -> Iterator[Installation]:
    """A server that sends mails; nobody scores, so that no model is loaded."""
    env = {
        **SECRETS,
        **{name: str(value) for name, value in settings_for(server).items()},
        "DATABASE_URL": database_url,
        "MODEL_CACHE": str(tmp_path / "models"),
        "ERASED_LIST": str(tmp_path / "erased.list"),
        "SCORER": "worker",
        "SCORE_WAIT": "0",
        "FORM_MIN_AGE": "0",
    }
    yield from iterate(Installation(env=env, log=tmp_path / "log"))


def ask_for_own_data(installation: Installation) -> None:
    """Somebody comments, and then wants the link to their data."""
    installation.run("site", "add", "news", "--origin", "http://news.example")
    reader = Reader(installation.url, "news", ARTICLE)
    assert reader.send("What a lovely tree.").status_code == 202
    asked = reader.http.post(f"{installation.url}/s/news/data", data={"email": "ada@example.com"})
    assert asked.status_code == 200, asked.text
    reader.http.close()


@pytest.mark.slow
def test_killed_after_the_mail_was_taken_it_repeats_it_once(
    installation: Installation, server: MailServer
) -> None:
    process = installation.serve()

    def kill() -> None:
        server.on_quit = lambda: None
        os.killpg(process.pid, signal.SIGKILL)

    server.on_quit = kill
    engine = create_engine(installation.env["DATABASE_URL"])

    def mail() -> tuple[MailOutcome | None, dt.datetime | None]:
        with engine.connect() as connection:
            return tuple(connection.execute(select(Mail.outcome, Mail.leased_until)).one())

    ask_for_own_data(installation)
    assert process.wait(30) == -signal.SIGKILL
    outcome, leased_until = mail()
    assert len(server.raw) == 1
    assert (outcome, leased_until is None) == (None, False), "killed before its commit"

    with engine.begin() as connection:  # stands for the minutes until the lease has run out
        connection.execute(update(Mail).values(leased_until=leased_until - dt.timedelta(hours=1)))
    again = installation.serve()
    wait_until(lambda: mail()[0] is MailOutcome.SENT)
    assert len(server.raw) == 2
    assert server.raw[0] == server.raw[1]
    assert server.mails[0]["Message-ID"]

    again.send_signal(signal.SIGTERM)
    assert again.wait(30) == 0
    assert len(server.raw) == 2
    engine.dispose()
