"""Words for those who claim, send and settle."""

import datetime as dt
from collections.abc import Callable

from moderation.db import Database
from moderation.flow.notices.sending import Answer, Outgoing
from moderation.models import Webhook
from moderation.statuses import DeliveryFailure, DeliveryOutcome

LEASE = dt.timedelta(minutes=2)
TAKEN, BROKEN = Answer(200), Answer(500)
DOWN = Answer(None, DeliveryFailure.NO_CONNECTION)
Take = Callable[[], Outgoing | None]
End = Callable[..., DeliveryOutcome | None]
Tell = Callable[..., None]


def read(database: Database, webhook: Webhook) -> Webhook:
    with database.reading() as session:
        return session.get_one(Webhook, webhook.id)
