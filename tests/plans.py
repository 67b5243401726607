"""What the program asks of a database, and how SQLite goes about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event

Asked = list[tuple[str, Any]]  # statements, each with values (the first ones of many)


@contextmanager
def listening(engine: Engine) -> Iterator[Asked]:
    """Every statement that runs meanwhile."""
    asked: Asked = []

    def note(_: Any, __: Any, statement: str, values: Any, ___: Any, many: bool) -> None:
        asked.append((statement, values[0] if many else values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def plan_of(connection: Connection, statement: str, values: Any) -> list[str]:
    """The steps of SQLite's plan, such as `SEARCH findings USING INDEX … (comment_id=?)`."""
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    return [row[3] for row in rows]
