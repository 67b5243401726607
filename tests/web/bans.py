"""Bans as the tests of their pages set and read them."""

import datetime as dt

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.db import Database
from moderation.flow.bans.acts import ban
from moderation.flow.bans.targets import target_of
from moderation.models import Ban, Comment, Event, Site
from moderation.services import Services
from moderation.statuses import Change
from tests.factories import make_address, make_comment
from tests.web.people import send

ADA = "ada.lovelace@canary.example"
DAY = dt.timedelta(days=1)
WHY = "Floods us every night"


def comment_by_ada(services: Services, site: Site) -> Comment:
    """A held comment by Ada, of which the network is still known."""
    with services.database.transaction() as session:
        comment = make_comment(session, site, email=ADA, vault=services.vault)
        make_address(session, comment, services.vault)
        assert comment.commenter  # loaded, for the tests to read
        return comment


def fill(desk: FlaskClient, path: str = "/bans/new", **fields: str) -> TestResponse:
    """Send the form: a week on the site, unless the fields say otherwise."""
    values = {"site": "news", "days": "7", "reason": WHY, **fields}
    return send(desk, path, on="/bans", **values)


def stored_bans(database: Database) -> list[Ban]:
    with database.reading() as session:
        return list(session.scalars(select(Ban).order_by(Ban.id)))


def set_ban(
    services: Services, site: Site | None, whom: str, until: dt.datetime | None = None
) -> int:
    with services.database.transaction() as session:
        where = session.merge(site) if site else None
        return ban(
            session, where, target_of(services.vault, where, whom), now=services.clock(),
            until=until, reason=WHY,
        ).id  # fmt: skip


def changes(database: Database) -> list[tuple[Change, int | None, object]]:
    with database.reading() as session:
        events = session.scalars(
            select(Event)
            .where(Event.change.in_((Change.BANNED, Change.UNBANNED)))
            .order_by(Event.id)
        )
        return [(event.change, event.moderator_id, event.data) for event in events]
