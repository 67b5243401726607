"""Quiet hours and the hours of digests, in the time zone that a person chose."""

import datetime as dt
import functools
from zoneinfo import ZoneInfo, available_timezones

from moderation.models import NoticeWishes
from moderation.statuses import HeldNotice

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@functools.cache
def time_zones() -> tuple[str, ...]:
    """The names of the IANA time zone database that this machine knows; UTC in any case."""
    return tuple(sorted({"UTC", *available_timezones()} - {"Factory", "localtime"}))


def zone_of(wishes: NoticeWishes) -> dt.tzinfo:
    """The zone that these wishes are in; UTC where this machine does not know it (any more)."""
    is_known = wishes.time_zone != "UTC" and wishes.time_zone in time_zones()
    return ZoneInfo(wishes.time_zone) if is_known else dt.UTC


def quiet_until(wishes: NoticeWishes, now: dt.datetime) -> dt.datetime | None:
    """When the quiet hours that hold at `now` end; None where none hold.

    They may go over midnight. An end that the clocks skip comes an hour later (PEP 495), and one
    that they have twice is the second, so that it is never in the past.
    """
    begin, end = wishes.quiet_from, wishes.quiet_until
    if begin is None or end is None:
        return None
    here = now.astimezone(zone_of(wishes))
    is_over_midnight = begin > end
    at = here.time()
    if not (at >= begin or at < end if is_over_midnight else begin <= at < end):
        return None
    day = here.date() + (DAY if is_over_midnight and at >= begin else dt.timedelta())
    return _moment(day, end, here)


def next_digest(wishes: NoticeWishes, now: dt.datetime) -> dt.datetime | None:
    """When the next digest after `now` is due; None where none is wanted."""
    if wishes.held is HeldNotice.HOURLY:
        return now.replace(minute=0, second=0, microsecond=0) + HOUR
    if wishes.held is not HeldNotice.DAILY:
        return None
    here = now.astimezone(zone_of(wishes))
    today = _moment(here.date(), dt.time(wishes.digest_hour), here)
    return today if today > now else _moment(here.date() + DAY, dt.time(wishes.digest_hour), here)


def _moment(day: dt.date, time: dt.time, here: dt.datetime) -> dt.datetime:
    """This day and time of the zone of `here`, in UTC; of a time that comes twice, the second."""
    local = dt.datetime.combine(day, time, here.tzinfo)
    return max(local.replace(fold=fold).astimezone(dt.UTC) for fold in (0, 1))
