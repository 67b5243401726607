"""Which days and sites the figures are about. A day is one of UTC."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Date, ScalarSelect, SQLColumnExpression, and_, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from moderation.models import Comment, Event
from moderation.statuses import Status

_AnyComment, _AnyEvent = aliased(Comment), aliased(Event)
ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """So many days up to `now`, today's among them; of one site, or of all where none is named."""

    now: dt.datetime
    number: int
    site_id: int | None = None

    @property
    def days(self) -> list[dt.date]:
        """Every day, oldest first."""
        today = self.now.astimezone(dt.UTC).date()
        return [today - ONE_DAY * back for back in reversed(range(self.number))]

    @property
    def since(self) -> dt.datetime:
        """The midnight with which the first day begins."""
        return dt.datetime.combine(self.days[0], dt.time(), dt.UTC)

    def comments(self) -> list[ColumnElement[bool]]:
        """Whether a comment came in these days, on these sites."""
        # All states are named so that an index finds the days.
        is_late = and_(_AnyComment.status.in_(list(Status)), _AnyComment.created_at >= self.since)
        return [
            Comment.id >= _lowest(_AnyComment.id, is_late),
            Comment.created_at >= self.since,
            *self._of_site(Comment.site_id),
        ]

    def events(self) -> list[ColumnElement[bool]]:
        """Likewise for an entry of the log."""
        return [
            Event.id >= _lowest(_AnyEvent.id, _AnyEvent.created_at >= self.since),
            Event.created_at >= self.since,
            *self._of_site(Event.site_id),
        ]

    def of_site(self) -> list[ColumnElement[bool]]:
        """Whether a comment is of these sites, whenever it came."""
        return self._of_site(Comment.site_id)

    def _of_site(self, column: SQLColumnExpression[Any]) -> list[ColumnElement[bool]]:
        return [] if self.site_id is None else [column == self.site_id]


def _lowest(number: SQLColumnExpression[int], where: ColumnElement[bool]) -> ScalarSelect[int]:
    """The lowest number of such rows. Numbers rise with time, so what is older is never looked at.

    The addition keeps PostgreSQL from looking through the numbers in order until one fits.
    """
    return select(func.min(number + 0)).where(where).scalar_subquery()


class day_of(FunctionElement[dt.date]):  # noqa: N801 (reads as the SQL function it becomes)
    """The day of a moment in UTC, whatever time zone the database's session has."""

    type = Date()
    inherit_cache = True


@compiles(day_of, "sqlite")
def _on_sqlite(element: day_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)})"


@compiles(day_of, "postgresql")
def _on_postgresql(element: day_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(timezone('UTC', {compiler.process(element.clauses, **options)}) AS DATE)"
