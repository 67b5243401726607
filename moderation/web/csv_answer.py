"""The one way in which tables leave as CSV: UTF-8, RFC 4180, safe to open in a spreadsheet."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence

from flask import Response

Cell = str | int | float | dt.date | dt.datetime | None
Row = Sequence[Cell]
# What a spreadsheet may take for the beginning of a formula (OWASP, "CSV Injection"), full-width
# forms among it.
STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")  # noqa: RUF001


def csv_answer(name: str, header: Sequence[str], batches: Iterable[Iterable[Row]]) -> Response:
    """A file to download, `name`.csv; each batch is written, sent and forgotten.

    Numbers stand as they are, times in ISO 8601, None as nothing, all texts in quotes.
    """
    answer = Response(_lines(header, batches), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def disarm(cell: Cell) -> Cell:
    """The cell as a spreadsheet cannot take it for a formula: a quote stands before such a text."""
    if isinstance(cell, dt.date):  # a datetime is one
        return cell.isoformat()
    if isinstance(cell, str) and cell.startswith(STARTS_FORMULA):
        return f"'{cell}"
    return cell


def _lines(header: Sequence[str], batches: Iterable[Iterable[Row]]) -> Iterator[str]:
    yield _written([header])
    for batch in batches:
        yield _written(batch)


def _written(rows: Iterable[Row]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerows([disarm(cell) for cell in row] for row in rows)
    return text.getvalue()
