"""A webhook, what it is told, and a sender in its three steps."""

from collections.abc import Callable

import pytest

from moderation.db import Database
from moderation.flow.notices.deliveries import queue_deliveries
from moderation.flow.notices.sending import Answer, Outgoing, claim, prepare, settle
from moderation.models import Moderator, Webhook
from moderation.privacy.vault import Vault
from moderation.statuses import DeliveryOutcome, Occasion
from tests.doubles import NOON, Clock
from tests.flow.notices.owners import make_owner, make_webhook
from tests.flow.notices.sending.line import LEASE, TAKEN


@pytest.fixture
def owner(database: Database) -> Moderator:
    with database.transaction() as session:
        return make_owner(session)


@pytest.fixture
def webhook(database: Database, owner: Moderator, vault: Vault) -> Webhook:
    with database.transaction() as session:
        return make_webhook(session, owner, vault)[0]


@pytest.fixture
def tell(database: Database) -> Callable[..., None]:
    """The scorer is down: everybody is told, so many times."""

    def tell(count: int = 1) -> None:
        with database.transaction() as session:
            for _ in range(count):
                queue_deliveries(
                    session,
                    Occasion.SCORER_DOWN,
                    site_id=None,
                    comment=None,
                    article=None,
                    now=NOON,
                )

    return tell


@pytest.fixture
def take(database: Database, vault: Vault, clock: Clock) -> Callable[[], Outgoing | None]:
    """A sender claims and prepares."""

    def take() -> Outgoing | None:
        with database.transaction() as session:
            claimed = claim(session, now=clock(), lease_for=LEASE)
            if claimed is None:
                return None
            return prepare(
                session, claimed, vault=vault, public_url="https://c.example", now=clock()
            )

    return take


@pytest.fixture
def end(database: Database, clock: Clock) -> Callable[..., DeliveryOutcome | None]:
    """A sender settles."""

    def end(outgoing: Outgoing | None, answer: Answer = TAKEN) -> DeliveryOutcome | None:
        assert outgoing is not None
        with database.transaction() as session:
            return settle(session, outgoing, answer, now=clock())

    return end
