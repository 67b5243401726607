"""The housekeeper forgets standing decisions that ended, and keeps those in force."""

import datetime as dt

from sqlalchemy import select

from moderation.flow.bulk import start_batch
from moderation.flow.standing.acts import set_standing
from moderation.models import StandingDecision
from moderation.services import Services
from moderation.statuses import Change
from tests.doubles import Clock
from tests.factories import make_comment, make_moderator, make_site


def test_what_ended_a_week_ago_is_forgotten_with_the_next_round(
    services: Services, clock: Clock
) -> None:
    def set_one(body: str) -> int:
        with services.database.transaction() as session:
            batch = start_batch(session, grace, now=clock())
            made = set_standing(
                session,
                make_comment(session, site, body=body),
                Change.APPROVED,
                batch=batch,
                moderator=grace,
                now=clock(),
            )
            return made.id

    with services.database.transaction() as session:
        site, grace = make_site(session), make_moderator(session, services.vault)
    set_one("An old joke.")
    clock.now += dt.timedelta(days=8, hours=1)
    kept = set_one("A new joke.")

    services.housekeeper()

    with services.database.reading() as session:
        assert list(session.scalars(select(StandingDecision.id))) == [kept]
