"""How far the model's word holds: what people decided without seeing it, and what it let pass.

What counts is the decision that stands about a comment; one that was taken back never was.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from statistics import NormalDist
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from moderation.flow.numbers.comments import BAND, BANDS, FEWEST
from moderation.flow.numbers.window import Window
from moderation.models import Comment, Event
from moderation.statuses import DECISIONS, Actor, Change, Status

_Z = NormalDist().inv_cdf(0.975)  # of a 95 % interval


class Check(NamedTuple):
    """What a person finally said of one comment. `band` is None where the score is gone."""

    band: int | None
    is_approved: bool
    was_held: bool  # by the machine
    was_hidden: bool  # the score, from whoever decided
    was_sampled: bool  # out of what the machine approved


class _Act(NamedTuple):
    comment_id: int
    band: int | None
    change: Change
    came_from: Status | None
    is_hidden: bool | None
    is_sampled: bool | None


@dataclass(frozen=True)
class AgreementRow:
    """Of held comments whose highest attribute lies in the band: what people made of them.

    `hidden` were decided without seeing the score, `shown` with it on the card.
    """

    from_percent: int
    to_percent: int
    hidden: int
    hidden_approved: int
    shown: int
    shown_approved: int

    @property
    def hidden_share(self) -> float | None:
        """Approved ones among the hidden; None for too few."""
        return _share(self.hidden_approved, self.hidden)

    @property
    def shown_share(self) -> float | None:
        """Likewise among the others."""
        return _share(self.shown_approved, self.shown)


@dataclass(frozen=True)
class AuditRow:
    """Of the sample whose highest attribute lies in the band: how many a person took down."""

    from_percent: int
    to_percent: int
    looked_at: int
    taken_down: int

    @property
    def share(self) -> float | None:
        """What the machine wrongly approved, as a share; None for too few."""
        return _share(self.taken_down, self.looked_at)

    @property
    def low(self) -> float | None:
        """The share is at least this, with 97.5 % confidence."""
        return None if self.share is None else wilson(self.taken_down, self.looked_at)[0]

    @property
    def high(self) -> float | None:
        """Likewise, at most."""
        return None if self.share is None else wilson(self.taken_down, self.looked_at)[1]


def read_checks(session: Session, window: Window) -> list[Check]:
    """The comments of these days that people decided about, with what they could see."""
    rows = session.execute(
        select(
            Comment.id,
            BAND,
            Event.change,
            Event.from_status,
            Event.data["score_hidden"].as_boolean(),
            Event.data["sampled"].as_boolean(),
        )
        .join(Event, Event.comment_id == Comment.id)
        .where(
            or_(Comment.decided_by == Actor.MODERATOR, Comment.status == Status.DELETED),
            Event.change.in_([*DECISIONS, Change.UNDONE, Change.EDITED]),
            *window.comments(),
        )
        .order_by(Comment.id, Event.id)
    )
    lives = groupby((_Act(*row) for row in rows), key=lambda act: act.comment_id)
    checks = (_check(acts) for _, acts in lives)
    return [check for check in checks if check is not None]


def agreement(checks: Iterable[Check]) -> list[AgreementRow]:
    """What people made of held comments, by band, with and without the score before them."""
    found = Counter((c.band, c.was_hidden, c.is_approved) for c in checks if c.was_held)
    return [
        AgreementRow(
            *_percents(band),
            hidden=found[band, True, True] + found[band, True, False],
            hidden_approved=found[band, True, True],
            shown=found[band, False, True] + found[band, False, False],
            shown_approved=found[band, False, True],
        )
        for band in range(BANDS)
    ]


def audit(checks: Iterable[Check]) -> list[AuditRow]:
    """What people found in the sample, by band."""
    found = Counter((c.band, c.is_approved) for c in checks if c.was_sampled)
    return [
        AuditRow(*_percents(band), found[band, True] + found[band, False], found[band, False])
        for band in range(BANDS)
    ]


def audit_total(checks: Iterable[Check]) -> AuditRow:
    """The whole sample, with those whose score is gone."""
    sample = [check for check in checks if check.was_sampled]
    return AuditRow(0, 100, len(sample), sum(not check.is_approved for check in sample))


def wilson(hits: int, number: int) -> tuple[float, float]:
    """The 95 % interval of the share `hits` in `number`, by the score method.

    It holds for few and for rare ones, too: E. B. Wilson, Probable inference, the law of
    succession, and statistical inference, JASA 22 (1927), 209-212.
    """
    share, square = hits / number, _Z * _Z
    middle = share + square / (2 * number)
    half = _Z * math.sqrt(share * (1 - share) / number + square / (4 * number * number))
    whole = 1 + square / number
    return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)


def _check(acts: Iterable[_Act]) -> Check | None:
    """The decision that stands after all of these acts; None where none does."""
    standing: list[_Act] = []
    for act in acts:
        if act.change is Change.EDITED:  # what was decided is no word about this text
            standing = []
        elif act.change is not Change.UNDONE:
            standing.append(act)
        elif standing:
            standing.pop()
    if not standing or standing[-1].change is Change.HELD:
        return None
    first, last = standing[0], standing[-1]
    return Check(
        band=last.band,
        is_approved=last.change is Change.APPROVED,
        was_held=first.came_from is Status.HELD,
        was_hidden=bool(last.is_hidden),
        was_sampled=any(act.is_sampled for act in standing),
    )


def _percents(band: int) -> tuple[int, int]:
    return band * 100 // BANDS, (band + 1) * 100 // BANDS


def _share(number: int, whole: int) -> float | None:
    return number / whole if whole >= FEWEST else None
