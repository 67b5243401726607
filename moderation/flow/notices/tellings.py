"""What lasts is told once: a row says that it was, so neither a second process nor a restart
tells it again."""

import datetime as dt

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from moderation.models import Telling


def begin(
    session: Session, name: str, *, now: dt.datetime, again_after: dt.timedelta | None = None
) -> bool:
    """Whether to tell it now: True for one caller, and once more when it lasts `again_after`.

    One statement, so that of two at the same instant one gets it.
    """
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    wanted = insert(Telling).values(name=name, told_at=now)
    if again_after is None:
        wanted = wanted.on_conflict_do_nothing(index_elements=[Telling.name])
    else:
        wanted = wanted.on_conflict_do_update(
            index_elements=[Telling.name],
            set_={"told_at": now},
            where=Telling.told_at <= now - again_after,
        )
    return session.scalar(wanted.returning(Telling.name)) is not None


def end(session: Session, name: str) -> dt.datetime | None:
    """It is over: when it was told; None where it was not, or somebody else ended it."""
    return session.scalar(delete(Telling).where(Telling.name == name).returning(Telling.told_at))
