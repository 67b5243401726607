"""How long the queue is now, and how long it was at the end of each day."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from moderation.flow.numbers.window import Window, day_of
from moderation.models import Comment, Event
from moderation.statuses import Status


@dataclass(frozen=True)
class WaitingDay:
    """So many comments were held when the day ended; today, so many are now."""

    day: dt.date
    waiting: int


@dataclass(frozen=True)
class HeldNow:
    """How many comments are held, and when the oldest of them came."""

    number: int
    oldest: dt.datetime | None


def read_held_now(session: Session, window: Window) -> HeldNow:
    """The queue as it is, whenever its comments came."""
    row = session.execute(
        select(func.count(), func.min(Comment.created_at)).where(
            Comment.status == Status.HELD, *window.of_site()
        )
    ).one()
    return HeldNow(*row)


def read_waiting(session: Session, window: Window, now_held: int) -> list[WaitingDay]:
    """The length of the queue at the end of each day: from what it is now, back through the log."""
    came = case((Event.to_status == Status.HELD, 1), else_=-1)
    day = day_of(Event.created_at).label("day")
    rows = session.execute(
        select(day, func.sum(came)).where(_crosses(), *window.events()).group_by("day")
    )
    net: dict[dt.date, int] = {day: int(number) for day, number in rows}
    found, waiting = [], now_held
    for one in reversed(window.days):
        found.append(WaitingDay(one, waiting))
        waiting -= net.get(one, 0)
    return found[::-1]


def _crosses() -> ColumnElement[bool]:
    """Whether an entry moved a comment into the queue or out of it."""
    came = and_(Event.to_status == Status.HELD, Event.from_status.is_distinct_from(Status.HELD))
    left = and_(Event.to_status != Status.HELD, Event.from_status == Status.HELD)
    return or_(came, left)
