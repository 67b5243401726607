"""What people are told who chose nothing; quiet hours and hours of digests in their zones."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.notices import hours
from moderation.flow.notices.hours import next_digest, quiet_until, time_zones
from moderation.flow.notices.wishes import default_wishes, wants, wishes_of
from moderation.models import Event, Moderator, NoticeWishes
from moderation.statuses import Change, HeldNotice, Occasion, Role
from tests.doubles import Clock
from tests.flow.told import Team


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def wishing(zone: str = "UTC", **known: Any) -> NoticeWishes:
    return NoticeWishes(
        time_zone=zone,
        **{"held": HeldNotice.NEVER, "quiet_from": None, "quiet_until": None, **known},
    )


def quiet(begin: str, end: str, zone: str = "UTC") -> NoticeWishes:
    return wishing(
        zone, quiet_from=dt.time.fromisoformat(begin), quiet_until=dt.time.fromisoformat(end)
    )


@pytest.mark.parametrize(
    "role, told",
    [
        (Role.VIEWER, {Occasion.URGENT}),
        (Role.MODERATOR, {Occasion.URGENT, Occasion.WAITING, Occasion.SURGE}),
        (
            Role.OWNER,
            {Occasion.URGENT, Occasion.WAITING, Occasion.SURGE, Occasion.SCORER_DOWN},
        ),
    ],
)
def test_who_chose_nothing_is_told_what_lets_them_act_in_time(
    role: Role, told: set[Occasion]
) -> None:
    wishes = default_wishes(Moderator(id=1, role=role))
    assert {occasion for occasion in Occasion if wants(wishes, occasion)} == told
    assert (wishes.waiting_hours or 4, wishes.quiet_from) == (4, None)


def test_what_somebody_chose_is_kept_and_in_the_log(team: Team, database: Database) -> None:
    team.wish(team.linus, urgent=False, held=HeldNotice.DAILY, quiet_from=dt.time(22, 30))
    team.wish(team.linus, urgent=False, held=HeldNotice.HOURLY)
    with database.reading() as session:
        wishes = wishes_of(session, team.linus)
        assert (wishes.urgent, wishes.held, wishes.quiet_from) == (False, HeldNotice.HOURLY, None)
        assert wishes_of(session, team.grace).urgent
        events = session.scalars(select(Event).where(Event.change == Change.NOTICES_CHANGED)).all()
    assert [(e.moderator_id, e.data) for e in events] == [(team.linus.id, {"urgent": "off"})] * 2


@pytest.mark.parametrize(
    "wishes, now, until",
    [
        (wishing(), "2026-05-04T03:00", None),
        (quiet("12:00", "14:00"), "2026-05-04T11:59", None),
        (quiet("12:00", "14:00"), "2026-05-04T12:00", "2026-05-04T14:00"),
        (quiet("12:00", "14:00"), "2026-05-04T14:00", None),
        (quiet("22:00", "07:00"), "2026-05-04T21:59", None),
        (quiet("22:00", "07:00"), "2026-05-04T23:00", "2026-05-05T07:00"),
        (quiet("22:00", "07:00"), "2026-05-05T06:59", "2026-05-05T07:00"),
        (quiet("22:00", "07:00"), "2026-05-05T07:00", None),
        # Berlin is two hours ahead in summer, one in winter.
        (quiet("22:00", "07:00", "Europe/Berlin"), "2026-05-04T20:00", "2026-05-05T05:00"),
        (quiet("22:00", "07:00", "Europe/Berlin"), "2026-01-04T21:00", "2026-01-05T06:00"),
        # The clocks go forward on 29 March: 02:30 is not there; back on 25 October: it is twice.
        (quiet("22:00", "02:30", "Europe/Berlin"), "2026-03-29T00:45", "2026-03-29T01:30"),
        (quiet("22:00", "02:30", "Europe/Berlin"), "2026-10-25T01:15", "2026-10-25T01:30"),
        (quiet("22:00", "02:30", "Europe/Berlin"), "2026-10-25T00:15", "2026-10-25T01:30"),
        (quiet("22:00", "07:00", "Asia/Kathmandu"), "2026-05-04T16:15", "2026-05-05T01:15"),
    ],
)
def test_quiet_hours_hold_in_the_zone_that_was_chosen(
    wishes: NoticeWishes, now: str, until: str | None
) -> None:
    assert quiet_until(wishes, at(now)) == (at(until) if until else None)


@pytest.mark.parametrize(
    "wishes, now, due",
    [
        (wishing(held=HeldNotice.NEVER), "2026-05-04T03:10", None),
        (wishing(held=HeldNotice.AT_ONCE), "2026-05-04T03:10", None),
        (wishing(held=HeldNotice.HOURLY), "2026-05-04T03:10", "2026-05-04T04:00"),
        (wishing(held=HeldNotice.HOURLY), "2026-05-04T04:00", "2026-05-04T05:00"),
        (wishing(held=HeldNotice.DAILY, digest_hour=8), "2026-05-04T07:59", "2026-05-04T08:00"),
        (wishing(held=HeldNotice.DAILY, digest_hour=8), "2026-05-04T08:00", "2026-05-05T08:00"),
        (
            wishing("America/New_York", held=HeldNotice.DAILY, digest_hour=8),
            "2026-05-04T13:00",
            "2026-05-05T12:00",
        ),
    ],
)
def test_a_digest_is_due_at_its_hour_and_never_at_once(
    wishes: NoticeWishes, now: str, due: str | None
) -> None:
    assert next_digest(wishes, at(now)) == (at(due) if due else None)


def test_there_is_always_utc_and_a_zone_that_is_gone_is_taken_for_it(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    assert {"UTC", "Europe/Berlin", "Asia/Tokyo"} <= set(time_zones())
    monkeypatch.setattr(hours, "time_zones", lambda: ("UTC",))
    assert quiet_until(quiet("12:00", "14:00", "Europe/Berlin"), clock()) == at("2026-05-04T14:00")
