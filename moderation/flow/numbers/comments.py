"""What became of the comments that came in these days: by day, by band of scores, by finding.

The machine's word is its newest decision; what a person made of it is where the comment stands
now. A comment that a person moved and moved back stands by the machine's word. What was deleted
since still counts where people's decisions are counted, as the log keeps them.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from moderation.flow.numbers.window import Window, day_of
from moderation.models import Comment, Event
from moderation.statuses import Actor, Change, Status

BANDS = 10  # of the highest attribute: 0 to 10 %, … 90 to 100 %
FEWEST = 5  # decisions: a share of fewer says nothing


@dataclass(frozen=True)
class Group:
    """So many comments of one day alike. `band` is None for those without a score."""

    count: int
    day: dt.date
    band: int | None
    machine: Status | None  # where the machine left it; None: it has not decided yet
    stood: Status  # where it stands, or stood before it was deleted
    is_deleted: bool  # by its commenter or an erasure
    codes: frozenset[str]  # of the machine's findings; left out where no person decided

    @property
    def is_held(self) -> bool:
        """Whether the machine held these."""
        return self.machine is Status.HELD

    @property
    def is_decided_by_hand(self) -> bool:
        """Whether a person's decision stands about these, and not the machine's."""
        return self.stood in (Status.APPROVED, Status.REJECTED) and self.stood != self.machine


@dataclass(frozen=True)
class OutcomeDay:
    """What became of the comments of one day. Each is counted once."""

    day: dt.date
    published: int  # by the machine
    held_approved: int  # held by the machine, approved by a person
    held_rejected: int
    rejected: int  # by the machine
    taken_down: int  # published by the machine, rejected by a person
    restored: int  # rejected by the machine, approved by a person
    waiting: int  # undecided, or in the queue
    deleted: int  # by its commenter or an erasure


@dataclass(frozen=True)
class HeldDay:
    """Of the comments of one day that the machine held: how many a person decided, and how."""

    day: dt.date
    held: int
    decided: int
    approved: int

    @property
    def share(self) -> float | None:
        """Approved ones among those decided; None where none is."""
        return self.approved / self.decided if self.decided else None


@dataclass(frozen=True)
class CodeRow:
    """Of the held comments with this finding: how many a person decided, and how."""

    code: str
    decided: int
    approved: int

    @property
    def share(self) -> float | None:
        """Approved ones among those decided; None for too few."""
        return self.approved / self.decided if self.decided >= FEWEST else None


@dataclass(frozen=True)
class BandRow:
    """What machine and people did with the comments whose highest attribute lies in the band.

    `approved`, `rejected` and `share` are None where too few decisions of people are there.
    """

    from_percent: int
    to_percent: int
    published: int
    held: int
    rejected_by_machine: int
    decisions: int
    approved: int | None
    rejected: int | None

    @property
    def share(self) -> float | None:
        """Approved ones among those that people decided."""
        return None if self.approved is None else self.approved / self.decisions


OUTCOMES = {
    (Status.APPROVED, Status.APPROVED): "published",
    (Status.HELD, Status.APPROVED): "held_approved",
    (Status.HELD, Status.REJECTED): "held_rejected",
    (Status.REJECTED, Status.REJECTED): "rejected",
    (Status.APPROVED, Status.REJECTED): "taken_down",
    (Status.REJECTED, Status.APPROVED): "restored",
}


def has_comments(session: Session, window: Window) -> bool:
    """Whether any comment ever came on these sites."""
    return session.scalar(select(Comment.id).where(*window.of_site()).limit(1)) is not None


def read_groups(session: Session, window: Window) -> list[Group]:
    """The comments of these days, those alike together."""
    return [*_left_alone(session, window), *_moved(session, window)]


def outcomes(groups: Iterable[Group], window: Window) -> list[OutcomeDay]:
    """What became of the comments, day by day."""
    found = Counter[tuple[dt.date, str]]()
    for group in groups:
        found[group.day, _outcome(group)] += group.count
    names = [*OUTCOMES.values(), "waiting", "deleted"]
    return [OutcomeDay(day, **{name: found[day, name] for name in names}) for day in window.days]


def held_days(groups: Iterable[Group], window: Window) -> list[HeldDay]:
    """What people made of held comments, by the day on which these came."""
    held, decided, approved = (Counter[dt.date]() for _ in range(3))
    for group in (group for group in groups if group.is_held):
        held[group.day] += group.count
        if group.is_decided_by_hand:
            decided[group.day] += group.count
        if group.stood is Status.APPROVED:
            approved[group.day] += group.count
    return [HeldDay(day, held[day], decided[day], approved[day]) for day in window.days]


def bands(groups: Iterable[Group]) -> list[BandRow]:
    """What machine and people did, by the highest attribute of the comment's score."""
    machine, people = Counter[tuple[int | None, Status | None]](), Counter[Any]()
    for group in groups:
        machine[group.band, group.machine] += group.count
        if group.is_decided_by_hand:
            people[group.band, group.stood] += group.count
    return [_band(number, machine, people) for number in range(BANDS)]


def code_rows(groups: Iterable[Group]) -> list[CodeRow]:
    """Of the held comments that a person decided: what they were held for, most frequent first.

    One held for several reasons counts for each.
    """
    decided, approved = Counter[str](), Counter[str]()
    for group in groups:
        if group.is_held and group.is_decided_by_hand:
            for code in group.codes:
                decided[code] += group.count
                approved[code] += group.count * (group.stood is Status.APPROVED)
    return [CodeRow(code, decided[code], approved[code]) for code, _ in _ranked(decided)]


def _ranked(numbers: Counter[str]) -> list[tuple[str, int]]:
    return sorted(numbers.items(), key=lambda item: (-item[1], item[0]))


def _outcome(group: Group) -> str:
    if group.is_deleted:
        return "deleted"
    return OUTCOMES.get((group.machine, group.stood), "waiting")  # type: ignore[arg-type]


def _band(number: int, machine: Counter[Any], people: Counter[Any]) -> BandRow:
    approved, rejected = people[number, Status.APPROVED], people[number, Status.REJECTED]
    decisions = approved + rejected
    enough = decisions >= FEWEST
    return BandRow(
        from_percent=number * 100 // BANDS,
        to_percent=(number + 1) * 100 // BANDS,
        published=machine[number, Status.APPROVED],
        held=machine[number, Status.HELD],
        rejected_by_machine=machine[number, Status.REJECTED],
        decisions=decisions,
        approved=approved if enough else None,
        rejected=rejected if enough else None,
    )


# What a group needs to know of each comment.
_DAY = day_of(Comment.created_at).label("day")
BAND = case(
    (Comment.risk < 0, None),  # not scored
    (Comment.risk >= 1000 * (BANDS - 1) // BANDS, BANDS - 1),
    else_=Comment.risk // (1000 // BANDS),
).label("band")


def _left_alone(session: Session, window: Window) -> list[Group]:
    """Comments that no person moved: nearly all. They stand where the machine left them."""
    each = (
        select(_DAY, BAND, Comment.status)
        .where(
            Comment.decided_by.is_distinct_from(Actor.MODERATOR),
            Comment.status != Status.DELETED,
            *window.comments(),
        )
        .subquery()
    )
    return [
        Group(
            day=day,
            band=band,
            machine=None if status is Status.PROCESSING else status,
            stood=status,
            is_deleted=False,
            codes=frozenset(),
            count=count,
        )
        for day, band, status, count in session.execute(
            select(each.c.day, each.c.band, each.c.status, func.count()).group_by(*each.c)
        )
    ]


def _moved(session: Session, window: Window) -> list[Group]:
    """Comments that a person decided or had deleted, with what the log says of them."""
    rows = session.execute(
        select(
            Comment.id,
            _DAY,
            BAND,
            Comment.status,
            Event.change,
            Event.from_status,
            Event.to_status,
            Event.data["findings"],
        )
        .join(Event, Event.comment_id == Comment.id)
        .where(
            or_(Comment.decided_by == Actor.MODERATOR, Comment.status == Status.DELETED),
            or_(Event.change == Change.DECIDED, Event.to_status == Status.DELETED),
            *window.comments(),
        )
        .order_by(Comment.id, Event.id)
    )
    lives: dict[int, tuple[Any, ...]] = {}  # the fields of Group after `count`, in order
    for comment_id, day, band, status, change, from_status, to_status, findings in rows:
        if change is Change.DECIDED:
            codes = frozenset(
                finding["code"] for finding in findings or () if finding.get("verdict") != "approve"
            )
            lives[comment_id] = (day, band, to_status, status, False, codes)
        else:
            machine, codes = lives[comment_id][2::3] if comment_id in lives else (None, frozenset())
            # A rejected text whose time was over is a rejected one still.
            is_deleted = change is not Change.PURGED
            lives[comment_id] = (day, band, machine, from_status, is_deleted, codes)
    return [Group(count, *life) for life, count in Counter(lives.values()).items()]
