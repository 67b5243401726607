"""A site, its comments, and workers over one database."""

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from moderation.db import Database
from moderation.models import Comment, Event, FindingRow, Site
from moderation.scoring.score import Score as Numbers
from moderation.statuses import Change, Code, Status
from moderation.sweep import Sweep
from moderation.worker import Worker
from tests.doubles import Clock, FixedScorer
from tests.factories import make_comment, make_site

DAY = dt.timedelta(days=1)


class Room:
    """One site, its comments and workers over one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock
        with database.transaction() as session:
            self.site_id = make_site(session).id

    def store(self, *bodies: str, name: str = "Ada") -> list[int]:
        """Comments that wait for their score."""
        with self.database.transaction() as session:
            site = session.get_one(Site, self.site_id)
            return [
                make_comment(
                    session,
                    site,
                    status=Status.PROCESSING,
                    body=body,
                    name=name,
                    now=self.clock(),
                ).id
                for body in bodies
            ]

    def worker(self, load: Callable[[], Any], *, sweep: Sweep | None = None) -> Worker:
        return Worker(
            self.database,
            load,
            sweep or self.sweep(),
            model="double",
            batch=8,
            lease=dt.timedelta(seconds=30),
            repeat_window=DAY,
            clock=self.clock,
        )

    def sweep(self) -> Sweep:
        return Sweep(
            self.database,
            deadline=dt.timedelta(seconds=60),
            repeat_window=DAY,
            clock=self.clock,
            grace=0,
        )

    def status(self, comment_id: int) -> Status:
        with self.database.reading() as session:
            return session.get_one(Comment, comment_id).status

    def statuses(self) -> list[Status]:
        with self.database.reading() as session:
            return list(session.scalars(select(Comment.status).order_by(Comment.id)))

    def codes(self, comment_id: int) -> list[Code]:
        with self.database.reading() as session:
            query = select(FindingRow.code).where(FindingRow.comment_id == comment_id)
            return list(session.scalars(query))

    def decided(self) -> int:
        """How many decisions of the machine the log holds."""
        with self.database.reading() as session:
            query = select(Event.id).where(Event.change == Change.DECIDED)
            return len(session.scalars(query).all())

    def count(self, model: Any) -> int:
        with self.database.reading() as session:
            return len(session.scalars(select(model)).all())


class Telling(FixedScorer):
    """Says when it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.scored = threading.Event()

    def score(self, texts: Sequence[str]) -> list[Numbers]:
        self.scored.set()
        return super().score(texts)
