"""What people decided in these days, and how long what was held waited for them."""

import datetime as dt
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import SQLColumnExpression, and_, case, select
from sqlalchemy.orm import Session, aliased

from moderation.flow.numbers.comments import FEWEST
from moderation.flow.numbers.window import Window
from moderation.models import Event, Moderator
from moderation.statuses import DECISIONS, Change, Status

SETTLING = (Change.APPROVED, Change.REJECTED)  # decisions that end the wait of a held comment
LOOKED_AT = 1_000  # entries of the log: a commenter's page asks, and must cost little


class Decision(NamedTuple):
    """One decision of a person. `waited`, in seconds, is None where it was not of a held comment.

    One that was taken back waited for nothing: the decision that stands is the one to measure.
    """

    day: dt.date
    moderator_id: int | None
    name: str | None
    change: Change
    is_undone: bool
    waited: float | None


@dataclass(frozen=True)
class WaitDay:
    """How long comments that a person decided on this day had been held, in seconds.

    The 95th percentile is the shortest wait that at least 95 of 100 did not exceed.
    """

    day: dt.date
    decisions: int
    median_seconds: float | None
    p95_seconds: float | None


@dataclass(frozen=True)
class ModeratorRow:
    """What one person decided; `undone` counts those of these decisions that were taken back."""

    moderator_id: int | None
    moderator: str | None
    approved: int
    rejected: int
    put_back: int  # into the queue
    undone: int
    median_seconds: float | None


def read_decisions(session: Session, window: Window) -> list[Decision]:
    """Every decision of a person in these days, in the order of the log."""
    undone = _undone(session, window)
    settles = and_(Event.change.in_(SETTLING), Event.from_status == Status.HELD)
    rows = session.execute(
        select(
            Event.id,
            Event.created_at,
            Event.moderator_id,
            Moderator.name,
            Event.change,
            case((settles, _held_since())),
        )
        .outerjoin(Moderator, Moderator.id == Event.moderator_id)
        .where(
            Event.change.in_(DECISIONS),
            # What people write as staff waits for nobody.
            Event.data["staff"].as_boolean().is_distinct_from(True),
            *window.events(),
        )
        .order_by(Event.id)
    )
    return [
        Decision(
            day=at.date(),
            moderator_id=moderator_id,
            name=name,
            change=change,
            is_undone=event_id in undone,
            waited=(at - since).total_seconds() if since and event_id not in undone else None,
        )
        for event_id, at, moderator_id, name, change, since in rows
    ]


def usual_wait(session: Session, site_id: int, *, now: dt.datetime) -> float | None:
    """How long a held comment of the site waits for a person, in seconds: the median of those
    decided in the last 7 days, among the newest LOOKED_AT entries; None for fewer than FEWEST."""
    newest = (
        select(Event.id)
        .where(Event.site_id == site_id)
        .order_by(Event.id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    rows = session.execute(
        select(Event.created_at, _held_since()).where(
            Event.id.in_(select(newest.c.id)),
            Event.change.in_(SETTLING),
            Event.from_status == Status.HELD,
            Event.created_at >= now - dt.timedelta(days=7),
        )
    )
    waits = [(at - since).total_seconds() for at, since in rows if since is not None]
    return median(waits) if len(waits) >= FEWEST else None


def wait_days(decisions: Iterable[Decision], window: Window) -> list[WaitDay]:
    """How long comments waited, by the day of the decision."""
    waits: dict[dt.date, list[float]] = defaultdict(list)
    for decision in decisions:
        if decision.waited is not None:
            waits[decision.day].append(decision.waited)
    return [
        WaitDay(day, len(waits[day]), median(waits[day]), percentile(waits[day], 95))
        for day in window.days
    ]


def moderator_rows(decisions: Iterable[Decision]) -> list[ModeratorRow]:
    """What each person decided, the busiest first."""
    names: dict[int | None, str | None] = {}
    counts: dict[int | None, Counter[str]] = defaultdict(Counter)
    waits: dict[int | None, list[float]] = defaultdict(list)
    for decision in decisions:
        who = decision.moderator_id
        names[who] = decision.name
        counts[who][decision.change] += 1
        counts[who][Change.UNDONE] += decision.is_undone
        if decision.waited is not None:
            waits[who].append(decision.waited)
    rows = [
        ModeratorRow(
            moderator_id=who,
            moderator=names[who],
            approved=counts[who][Change.APPROVED],
            rejected=counts[who][Change.REJECTED],
            put_back=counts[who][Change.HELD],
            undone=counts[who][Change.UNDONE],
            median_seconds=median(waits[who]),
        )
        for who in names
    ]
    return sorted(
        rows,
        key=lambda row: (
            -sum(counts[row.moderator_id][c] for c in DECISIONS),
            row.moderator_id or 0,
        ),
    )


def median(values: Sequence[float]) -> float | None:
    """The middle one, or the mean of the two in the middle; None of none."""
    return statistics.median(values) if values else None


def percentile(values: Sequence[float], percent: int) -> float | None:
    """The smallest of the values that `percent` in a hundred do not exceed; None of none."""
    if not values:
        return None
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


def _undone(session: Session, window: Window) -> set[int]:
    """The ids of decisions that were taken back; of those in these days, all are found."""
    query = select(Event.data["undone_event"].as_integer())
    return set(session.scalars(query.where(Event.change == Change.UNDONE, *window.events())))


def _held_since() -> SQLColumnExpression[dt.datetime]:
    """When the comment came into the queue; an undone decision does not begin the wait anew."""
    before = aliased(Event)
    return (
        select(before.created_at)
        .where(
            before.comment_id == Event.comment_id,
            before.id < Event.id,
            before.to_status == Status.HELD,
            before.from_status.is_distinct_from(Status.HELD),
            before.change != Change.UNDONE,
        )
        .order_by(before.id.desc())
        .limit(1)
        .correlate(Event)
        .scalar_subquery()
    )
