"""The figures as tables: the same rows stand under each plot and in its CSV."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from moderation.flow.numbers.read import Numbers
from moderation.web.csv_answer import Row


class Column(NamedTuple):
    """`name` is the field of a row and the word in the CSV; `kind` says how the page shows it."""

    name: str
    title: str
    kind: str = "count"


@dataclass(frozen=True)
class Table:
    """One table of the page and how its rows are found in the figures."""

    name: str
    title: str
    columns: tuple[Column, ...]
    find: Callable[[Numbers], Sequence[Any]]

    @property
    def header(self) -> list[str]:
        """The first line of the CSV."""
        return [column.name for column in self.columns]

    def rows(self, numbers: Numbers) -> list[Row]:
        """The cells, row by row."""
        return [[getattr(row, name) for name in self.header] for row in self.find(numbers)]


DAY = Column("day", "Day", "day")
OUTCOMES = (
    Column("published", "Published by the machine"),
    Column("held_approved", "Held, then approved"),
    Column("held_rejected", "Held, then rejected"),
    Column("rejected", "Rejected by the machine"),
    Column("taken_down", "Published, then rejected"),
    Column("restored", "Rejected, then approved"),
    Column("waiting", "Still waiting"),
    Column("deleted", "Deleted"),
)
BAND = (Column("from_percent", "From %", "number"), Column("to_percent", "To %", "number"))
SHARE = Column("share", "Share approved", "share")
TABLES = {
    table.name: table
    for table in (
        Table("outcomes", "Comments by day", (DAY, *OUTCOMES), lambda n: n.outcomes),
        Table("waiting", "The queue", (DAY, Column("waiting", "Held")), lambda n: n.waiting),
        Table(
            "waits",
            "Time from held to decided",
            (
                DAY,
                Column("decisions", "Decisions"),
                Column("median_seconds", "Median", "time"),
                Column("p95_seconds", "95th percentile", "time"),
            ),
            lambda n: n.waits,
        ),
        Table(
            "moderators",
            "Decisions by moderator",
            (
                Column("moderator_id", "No.", "number"),
                Column("moderator", "Moderator", "text"),
                Column("approved", "Approved"),
                Column("rejected", "Rejected"),
                Column("put_back", "Put back into the queue"),
                Column("undone", "Of these undone"),
                Column("median_seconds", "Median time", "time"),
            ),
            lambda n: n.moderators,
        ),
        Table(
            "held",
            "Held comments that a person approved",
            (
                DAY,
                Column("held", "Held"),
                Column("decided", "Decided by a person"),
                Column("approved", "Approved"),
                SHARE,
            ),
            lambda n: n.held,
        ),
        Table(
            "codes",
            "The same by what they were held for",
            (
                Column("code", "Finding", "code"),
                Column("decided", "Decided by a person"),
                Column("approved", "Approved"),
                SHARE,
            ),
            lambda n: n.codes,
        ),
        Table(
            "bands",
            "Agreement with the model",
            (
                *BAND,
                Column("published", "Published by the machine"),
                Column("held", "Held by the machine"),
                Column("rejected_by_machine", "Rejected by the machine"),
                Column("decisions", "Decided by a person"),
                Column("approved", "Approved", "enough"),
                Column("rejected", "Rejected", "enough"),
                Column("share", "Share approved", "enough_share"),
            ),
            lambda n: n.bands,
        ),
        Table(
            "agreement",
            "Held comments, with and without the score",
            (
                *BAND,
                Column("hidden", "Decided without the score"),
                Column("hidden_approved", "Of these approved"),
                Column("hidden_share", "Share approved", "enough_share"),
                Column("shown", "Decided with the score"),
                Column("shown_approved", "Of these approved"),
                Column("shown_share", "Share approved", "enough_share"),
            ),
            lambda n: n.agreement,
        ),
        Table(
            "audit",
            "What the machine wrongly approved",
            (
                *BAND,
                Column("looked_at", "Looked at"),
                Column("taken_down", "Taken down"),
                Column("share", "Share taken down", "rate"),
                Column("low", "At least", "rate"),
                Column("high", "At most", "rate"),
            ),
            lambda n: n.audit,
        ),
        Table(
            "nudged",
            "Asked before posting",
            (
                DAY,
                Column("asked", "Asked"),
                Column("changed", "Changed it"),
                Column("kept", "Posted it as it was"),
                Column("dropped", "Posted nothing"),
            ),
            lambda n: n.nudged,
        ),
    )
}
