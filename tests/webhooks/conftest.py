"""A receiver over https on loopback, a webhook that leads to it, and who sends."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.db import Database
from moderation.models import Moderator, Webhook
from moderation.services import Services
from moderation.webhooks import WebhookSender
from tests.flow.notices.owners import make_owner, make_webhook
from tests.webhook_server import Receiver, receiver


@pytest.fixture
def endpoint(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with receiver(certificate) as received:
        yield received


@pytest.fixture
def overrides(endpoint: Receiver) -> dict[str, Any]:
    return {"WEBHOOK_ALLOW": "127.0.0.1", "WEBHOOK_PORTS": f"443, {endpoint.port}"}


@pytest.fixture
def owner(database: Database) -> Moderator:
    with database.transaction() as session:
        return make_owner(session)


@pytest.fixture
def webhook(
    database: Database, owner: Moderator, services: Services, endpoint: Receiver
) -> tuple[Webhook, str]:
    """One that leads to the receiver, and its secret."""
    with database.transaction() as session:
        return make_webhook(session, owner, services.vault, url=endpoint.url)


@pytest.fixture
def sender(services: Services) -> WebhookSender:
    """As the app wires it; a test calls it, nothing runs by itself."""
    return services.webhooks
