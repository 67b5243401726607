"""The settings of webhooks, and the commands about them."""

import ipaddress
import json
from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask

from moderation.db import Database
from moderation.models import Moderator, Webhook
from moderation.outgoing.guard import Guard
from moderation.services import Services
from tests.flow.notices.owners import deliveries, make_webhook
from tests.webhook_server import Receiver
from tests.webhooks.telling import tell

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def run(app: Flask) -> Callable[..., Result]:
    """Runs `flask …`."""
    return lambda *words: app.test_cli_runner().invoke(args=words)


@sqlite
def test_the_settings_say_where_it_may_go(services: Services, endpoint: Receiver) -> None:
    assert services.guard == Guard(
        networks=(ipaddress.ip_network("127.0.0.1"),), ports=frozenset({443, endpoint.port})
    )


@sqlite
def test_the_commands_list_and_try(
    run: Callable[..., Result],
    database: Database,
    owner: Moderator,
    services: Services,
    endpoint: Receiver,
    webhook: tuple[Webhook, str],
) -> None:
    tell(database)
    number = str(webhook[0].id)
    listed = run("webhook", "list")
    occasions = "urgent,held,waiting,scorer_down,surge"
    assert listed.output.rstrip("\n").split("\t") == [
        number,
        "all sites",
        "on",
        "1 waiting",
        occasions,
        endpoint.url,
    ]
    done = run("webhook", "test", number)
    assert (done.exit_code, done.output) == (0, "The endpoint answered 204.\n")
    assert json.loads(endpoint.requests[0].body)["type"] == "webhook.test"
    assert len(deliveries(database)) == 1, "a test by hand leaves no row"

    endpoint.statuses = [404]
    done = run("webhook", "test", number)
    assert (done.exit_code, "answered 404" in done.output) == (1, True)
    with database.transaction() as session:
        other, _ = make_webhook(session, owner, services.vault)  # on a port that nobody allowed
    with database.transaction() as session:
        session.get_one(Webhook, other.id).url_ciphertext = services.vault.encrypt(
            "https://127.0.0.1:1/", row=f"webhook:{other.id}"
        )
    done = run("webhook", "test", str(other.id))
    assert "WEBHOOK_ALLOW" in done.output
    assert "There is no webhook 99" in run("webhook", "test", "99").output
