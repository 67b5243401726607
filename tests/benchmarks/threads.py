"""`python -m tests.benchmarks.threads [SMALL LARGE]`: what readers wait for, and how it grows.

A thread of 1,000 comments in a small and a large installation (1,000 and 100,000 other comments
where nothing else is said), on SQLite and PostgreSQL, measured in turn: median and 95th percentile
in milliseconds, and how many times as long it takes in the large one.
"""

import argparse
import datetime as dt
import os
import random
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import load_settings
from moderation.app import create_app
from moderation.flow.publish import STEP
from moderation.models import Comment, Site
from moderation.services import Services
from moderation.statuses import Status
from tests.benchmarks.measuring import Step, compare, print_head, small_and_large
from tests.conftest import SECRETS
from tests.doubles import NOON, Clock
from tests.factories import ORIGIN, make_comment

SMALL, LARGE = 1_000, 100_000
THREAD = 1_000
ARTICLE = f"{ORIGIN}/measured"
SITE = "site1"  # has the most comments


class Reader:
    """Somebody who reads the long thread in one database."""

    def __init__(self, url: str) -> None:
        settings = load_settings(Path(os.devnull), **SECRETS, DATABASE_URL=url, LOG_LEVEL="WARNING")
        self.app: Flask = create_app(settings, clock=Clock())
        services: Services = self.app.extensions["moderation"]
        self.database = services.database
        with self.database.transaction() as session:
            ids = _write(session)
        self.middle, self.last = ids[THREAD // 2], ids[-1]

    def steps(self) -> dict[str, Step]:
        """What is read, by name."""
        return {
            "the page of the thread": self._getter("comments"),
            "newest first": self._getter("comments", sort="newest"),
            "the page from the middle on": self._getter("comments", after=self.middle),
            "one comment in its place": self._getter("comments", comment=self.middle),
            "the fragment": self._getter("comments.html"),
            "JSON": self._getter("comments.json"),
            "counts.json of the article": self._getter("counts.json"),
            "the feed of the article": self._getter("feed.atom"),
            "the feed of the site": self._getter("feed.atom", article=""),
            "new.json, nothing new": self._getter("new.json", after=self.last),
            "new.json, 100 new": self._getter("new.json", after=self.middle),
        }

    def _getter(self, path: str, **query: str) -> Step:
        browser = self.app.test_client()

        def get() -> None:
            known = {"article": ARTICLE, **query}
            answer = browser.get(f"/s/{SITE}/{path}", query_string=known)
            assert answer.status_code == 200, answer.text

        return get


def _write(session: Session) -> list[str]:
    """The thread, a third of which answers something earlier; answers the ids."""
    chance = random.Random(0)
    site = session.scalars(select(Site).where(Site.key == SITE)).one()
    made: list[Comment] = []
    for number in range(THREAD):
        shallow = [each for each in made[-50:] if len(each.path) < 5 * STEP]
        parent = chance.choice(shallow) if shallow and chance.random() < 1 / 3 else None
        made.append(
            make_comment(
                session,
                site,
                status=Status.APPROVED,
                name=f"Reader {chance.randrange(200)}",
                body=" ".join(["Some words about trees and towns."] * chance.randint(1, 10)),
                parent=parent,
                article=ARTICLE,
                now=NOON - dt.timedelta(seconds=THREAD - number),
            )
        )
    return [each.public_id for each in made]


def main(small: int = SMALL, large: int = LARGE) -> None:
    """Print a table for each kind of database."""
    for name, urls in small_and_large(small, large):
        print(f"\n{name}, {THREAD:,} comments beside {small:,} and {large:,} others\n")
        readers = [Reader(url) for url in urls]
        print_head()
        compare(readers[0].steps(), readers[1].steps())
        for reader in readers:
            reader.database.dispose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("small", type=int, nargs="?", default=SMALL)
    parser.add_argument("large", type=int, nargs="?", default=LARGE)
    arguments = parser.parse_args()
    main(arguments.small, arguments.large)
