"""How often readers were asked whether to change what they wrote, and what became of it."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.flow.numbers.window import Window
from moderation.models import NudgeDay


@dataclass(frozen=True)
class Nudged:
    """So many were asked on this day; each of them changed the text, posted it as it was, or
    neither."""

    day: dt.date
    asked: int = 0
    changed: int = 0
    kept: int = 0

    @property
    def dropped(self) -> int:
        """Who was asked and posted neither, so far."""
        return self.asked - self.changed - self.kept


def read_nudged(session: Session, window: Window) -> list[Nudged]:
    """Every day of the window; nothing else in the database says who was asked."""
    numbers = [func.sum(each) for each in (NudgeDay.asked, NudgeDay.changed, NudgeDay.kept)]
    query = select(NudgeDay.day, *numbers).where(NudgeDay.day >= window.days[0])
    if window.site_id is not None:
        query = query.where(NudgeDay.site_id == window.site_id)
    found = {day: counts for day, *counts in session.execute(query.group_by(NudgeDay.day))}
    return [Nudged(day, *map(int, found.get(day, ()))) for day in window.days]
