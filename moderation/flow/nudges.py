"""Counts who was asked whether to change what they wrote, and what became of it."""

import datetime as dt
from enum import StrEnum

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from moderation.models import NudgeDay


class Answer(StrEnum):
    """What is counted: the column of the same name."""

    ASKED = "asked"
    CHANGED = "changed"
    KEPT = "kept"


def count_nudge(session: Session, site_id: int, day: dt.date, answer: Answer) -> None:
    """Count one more. `day` is the one on which the question was asked (UTC)."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    first = {each.value: int(each is answer) for each in Answer}
    session.execute(
        insert(NudgeDay)
        .values(site_id=site_id, day=day, **first)
        .on_conflict_do_update(
            index_elements=[NudgeDay.site_id, NudgeDay.day],
            set_={answer.value: getattr(NudgeDay, answer.value) + 1},
        )
    )
