"""Webhooks for tests, and who adds them."""

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.db import Database
from moderation.flow.notices.webhooks import add_webhook
from moderation.models import Delivery, Event, Moderator, Site, Webhook
from moderation.privacy.vault import Vault
from moderation.statuses import Change, Occasion, Role
from tests.doubles import NOON
from tests.flow.desk import plain_moderator

URL = "https://hooks.example/in?key=k3y"
ALL = tuple(Occasion)


def make_owner(session: Session, site: Site | None = None, name: str = "owner") -> Moderator:
    """Somebody who may have webhooks."""
    owner = plain_moderator(session, name, site)
    owner.role = Role.OWNER
    return owner


def make_webhook(
    session: Session, owner: Moderator, vault: Vault, site: Site | None = None, **changes: Any
) -> tuple[Webhook, str]:
    """A webhook that wants to hear of everything, and its secret."""
    values = {"occasions": ALL, "open_max": 1_000, "now": NOON, **changes}
    url = values.pop("url", URL)
    return add_webhook(session, url, site=site, by=owner, vault=vault, **values)


def deliveries(database: Database) -> list[Delivery]:
    """All, the oldest first."""
    with database.reading() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def acts(database: Database) -> list[tuple[Change, str | None]]:
    """What the log says of webhooks."""
    with database.reading() as session:
        found = session.scalars(select(Event).order_by(Event.id)).all()
    return [(e.change, e.reason) for e in found if "webhook" in e.data]


def later(**span: float) -> dt.datetime:
    """So long after noon."""
    return NOON + dt.timedelta(**span)
