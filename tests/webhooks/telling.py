"""What there is to tell, and what was counted of it."""

from moderation.db import Database
from moderation.flow.notices.announce import announce
from moderation.metrics import WEBHOOKS
from moderation.statuses import Occasion
from tests.doubles import NOON


def tell(database: Database, count: int = 1) -> None:
    """The scorer is down: everybody is told, so many times."""
    with database.transaction() as session:
        for _ in range(count):
            announce(session, Occasion.SCORER_DOWN, site_id=None, now=NOON)


def counted(outcome: str) -> float:
    """How many ended so."""
    return WEBHOOKS.labels(outcome)._value.get()
