"""`python -m tests.benchmarks.labelled FILE.csv.gz [N]`: real comments through the running server.

Posts the first N (500) rows of a labelled file (columns `text`, `toxic`) over HTTP, limits raised
by settings, and prints what was published and held against the labels, as a table for
docs/scoring.md. Texts are never printed.
"""

import argparse
import csv
import gzip
import itertools
import tempfile
from collections import Counter
from pathlib import Path

from sqlalchemy import text

from moderation.db import make_engine
from tests.benchmarks.serving import install
from tests.servers import Installation, Reader


def main() -> None:
    """Post and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("count", type=int, nargs="?", default=500)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        installation = install(Path(folder))
        try:
            installation.serve()
            installation.wait_ready()
            counted = _post(installation, _read(arguments.file, arguments.count))
        finally:
            installation.stop_all()
        _print_outcomes(counted)
        _print_findings(installation.env["DATABASE_URL"])


def _read(path: Path, count: int) -> list[tuple[str, bool]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = itertools.islice(csv.DictReader(file), count)
        return [(row["text"], row["toxic"] == "1") for row in rows]


def _post(installation: Installation, rows: list[tuple[str, bool]]) -> Counter[tuple[bool, str]]:
    counted: Counter[tuple[bool, str]] = Counter()
    for number, (body, is_toxic) in enumerate(rows):
        # Each is another person under another article, so that only the text decides.
        article = f"http://news.example/article-{number}"
        reader = Reader(installation.url, "news", article)
        answer = reader.send(body, name=f"Reader{number}")
        outcome = answer.json().get("status", f"refused ({answer.status_code})")
        counted[is_toxic, outcome] += 1
        reader.http.close()
    return counted


def _print_outcomes(counted: Counter[tuple[bool, str]]) -> None:
    outcomes = sorted({outcome for _, outcome in counted})
    print(f"| label | {' | '.join(outcomes)} | all |\n|---|{'---|' * (len(outcomes) + 1)}")
    for label, is_toxic in (("not offensive", False), ("offensive", True)):
        numbers = [counted[is_toxic, outcome] for outcome in outcomes]
        print(f"| {label} | {' | '.join(map(str, numbers))} | {sum(numbers)} |")


def _print_findings(database_url: str) -> None:
    engine = make_engine(database_url)
    with engine.connect() as connection:
        query = (
            "SELECT code, count(DISTINCT comment_id) FROM findings GROUP BY code ORDER BY 2 DESC"
        )
        rows = connection.execute(text(query)).all()
    engine.dispose()
    print("\n| held for | comments |\n|---|---|")
    for code, number in rows:
        print(f"| `{code}` | {number} |")


if __name__ == "__main__":
    main()
