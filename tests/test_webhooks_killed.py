"""A serving process that is killed while it tells an endpoint; really started, really killed."""

import datetime as dt
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from moderation.db import Database
from moderation.flow.notices.deliveries import queue_deliveries
from moderation.models import Delivery
from moderation.privacy.vault import Vault
from moderation.statuses import DeliveryOutcome, Occasion
from moderation.sweep import now
from tests.conftest import SECRETS
from tests.flow.notices.owners import deliveries, make_owner, make_webhook
from tests.servers import Installation, iterate, wait_until
from tests.webhook_server import Receiver, receiver


@pytest.fixture
def endpoint(certificate: Path) -> Iterator[Receiver]:
    with receiver(certificate) as received:
        yield received


@pytest.fixture
def installation(
    database_url: str, tmp_path: Path, certificate: Path, endpoint: Receiver
) -> Iterator[Installation]:
    """A server that may reach the endpoint; nobody scores, so that no model is loaded."""
    env = {
        **SECRETS,
        "DATABASE_URL": database_url,
        "MODEL_CACHE": str(tmp_path / "models"),
        "ERASED_LIST": str(tmp_path / "erased.list"),
        "SCORER": "worker",
        "SSL_CERT_FILE": str(certificate),
        "WEBHOOK_ALLOW": "127.0.0.1",
        "WEBHOOK_PORTS": str(endpoint.port),
    }
    yield from iterate(Installation(env=env, log=tmp_path / "log"))


@pytest.fixture
def database(database_url: str, endpoint: Receiver) -> Iterator[Database]:
    """Where something waits for the endpoint already."""
    database = Database(database_url)
    vault = Vault(vault_key=SECRETS["VAULT_KEY"], index_key=SECRETS["INDEX_KEY"])
    with database.transaction() as session:
        make_webhook(session, make_owner(session), vault, url=endpoint.url)
        queue_deliveries(
            session,
            Occasion.SCORER_DOWN,
            site_id=None,
            comment=None,
            article=None,
            now=now() + dt.timedelta(hours=1),
        )
    yield database
    database.dispose()


@pytest.mark.slow
def test_killed_before_the_answer_it_sends_the_same_again(
    installation: Installation, database: Database, endpoint: Receiver
) -> None:
    process = installation.serve()

    def kill() -> None:
        endpoint.on_request = lambda: None
        os.killpg(process.pid, signal.SIGKILL)

    endpoint.on_request = kill
    with database.transaction() as session:  # due from now on
        session.execute(update(Delivery).values(run_after=now()))
    assert process.wait(30) == -signal.SIGKILL
    [waiting] = deliveries(database)
    assert (waiting.outcome, waiting.attempts) == (None, 1), "killed before its commit"
    assert waiting.leased_until is not None

    with database.transaction() as session:  # stands for the minutes until the lease has run out
        session.execute(update(Delivery).values(leased_until=now() - dt.timedelta(seconds=1)))
    again = installation.serve()
    wait_until(lambda: deliveries(database)[0].outcome is DeliveryOutcome.DELIVERED)
    first, second = endpoint.requests
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]

    again.send_signal(signal.SIGTERM)
    assert again.wait(30) == 0
    assert len(endpoint.requests) == 2
