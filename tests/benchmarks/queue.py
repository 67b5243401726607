"""`python -m tests.benchmarks.queue [SMALL LARGE]`: what moderators wait for, and how it grows.

Fills a small and a large database (10,000 and 100,000 comments, a tenth of them held, where nothing
else is said), on SQLite and PostgreSQL, and measures both in turn: median and 95th percentile in
milliseconds, and how many times as long the large one takes.
"""

import argparse
import datetime as dt
import itertools
import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import load_settings
from moderation.app import create_app
from moderation.flow.bulk import Choice, decide_portion, portions, start_batch
from moderation.flow.queue.cards import read_cards
from moderation.flow.queue.claims import claim_next, claimed_by
from moderation.flow.queue.filters import Filters
from moderation.flow.queue.page import (
    ORDERS,
    PAGE,
    Order,
    Place,
    bounded_count,
    matching,
    place_of,
    read_queue,
    sorted_page,
)
from moderation.flow.queue.queues import CRITERIA, read_counts
from moderation.flow.review import decide_by_hand
from moderation.flow.team.sessions import start_session
from moderation.models import Comment, Moderator
from moderation.services import Services
from moderation.statuses import Change, Code, Queue, Reason, Status
from tests.benchmarks.filling import people_among, word
from tests.benchmarks.measuring import Step, compare, print_head, small_and_large
from tests.conftest import SECRETS
from tests.doubles import NOON, Clock
from tests.factories import make_moderator

SMALL, LARGE = 10_000, 100_000
FAR = 400  # pages into a queue, or as far as it goes
BULK = 100
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
QUIET, BUSY = 2_505, 1  # articles
SORTED = {
    Order.OLDEST: (Comment.created_at, Comment.id),
    Order.NEWEST: (Comment.created_at.desc(), Comment.id.desc()),
    Order.RISKIEST: (Comment.risk.desc(), Comment.id.desc()),
}
FILTERS = {
    "site, frequent": Filters(site_id=1),
    "site, rare": Filters(site_id=5),
    "article, frequent": Filters(article_id=BUSY),
    "article, rare": Filters(article_id=QUIET),
    "rule, frequent": Filters(code=Code.TOXICITY),
    "rule, in between": Filters(code=Code.LINKS),
    "rule, rare": Filters(code=Code.HONEYPOT),
    "attribute, frequent": Filters(code=Code.TOXICITY, attribute="toxicity"),
    "attribute, rare": Filters(code=Code.TOXICITY, attribute="severe_toxicity"),
    "language, frequent": Filters(language="en"),
    "language, rare": Filters(language="cy"),
    "language, unknown": Filters(language="unknown"),
    "younger than a day": Filters(since=NOON - DAY),
    "younger than a week": Filters(since=NOON - 7 * DAY),
    "older than an hour": Filters(until=NOON - HOUR),
    "older than a week": Filters(until=NOON - 7 * DAY),
    "commenter, frequent": Filters(commenter_id=1),
    "commenter, rare": Filters(commenter_id=people_among(SMALL)),
    "site, rule, language, week": Filters(
        site_id=1, code=Code.TOXICITY, language="de", since=NOON - 7 * DAY
    ),
}
SEARCHES = {
    "a frequent word": word(3),
    "a rare word": word(20_000),
    "two words": f"{word(20)} {word(40)}",
    "a frequent and a rare word": f"{word(3)} {word(20_000)}",
}


class Desk:
    """A moderator of all sites in one database."""

    def __init__(self, url: str) -> None:
        settings = load_settings(Path(os.devnull), **SECRETS, DATABASE_URL=url, LOG_LEVEL="WARNING")
        self.app: Flask = create_app(settings, clock=Clock())
        services: Services = self.app.extensions["moderation"]
        self.database = services.database
        self.clock = services.clock
        with self.database.transaction() as session:
            self.moderator: Moderator = make_moderator(session, services.vault)
            self.token = start_session(
                session, self.moderator.id, now=NOON, lifetime=dt.timedelta(hours=1)
            )
        with self.database.reading() as session:
            held = select(Comment.id, Comment.public_id, Comment.version).where(
                Comment.status == Status.HELD
            )
            # From the end, so that pages, which begin with the oldest, stay as they are.
            rows = session.execute(held.order_by(Comment.id.desc())).all()
        self.selection = [Choice(row.public_id, row.version) for row in rows[:BULK]]
        self.held = iter(rows[BULK:])
        self.changes = itertools.cycle([(Change.APPROVED, None), (Change.REJECTED, Reason.INSULT)])
        # How many comments a page holds, by the name of its queue or filter; see `compare_desks`.
        self.sizes: dict[str, int] = defaultdict(lambda: PAGE + 1)

    def found(self) -> dict[str, int]:
        """How many comments stand on the first page of each queue and filter."""
        pages = {queue: (queue, Filters()) for queue in ORDERS}
        pages |= {name: (Queue.HELD, filters) for name, filters in FILTERS.items()}
        pages |= {name: (Queue.HELD, Filters(words=words)) for name, words in SEARCHES.items()}
        with self.database.reading() as session:
            return {
                name: len(
                    session.scalars(
                        sorted_page(
                            matching(session, self.moderator, queue, filters),
                            ORDERS[queue][0],
                            None,
                            PAGE + 1,
                        )
                    ).all()
                )
                for name, (queue, filters) in pages.items()
            }

    def reads(self) -> dict[str, Step]:
        """What only looks, by name."""
        steps: dict[str, Step] = {
            "page of the queue (comments, cards, counts)": lambda: self._page(Filters()),
            "GET /queue, whole": self._getter("/queue"),
            "GET /queue?rule=toxicity, whole": self._getter("/queue?rule=toxicity"),
            "counts of all queues": lambda: self._reading(
                lambda session: read_counts(session, self.moderator)
            ),
        }
        for queue, orders in ORDERS.items():
            for order in orders:
                steps[f"{queue}, {order} first"] = self._sorted(queue, order, None)
                if queue in (Queue.HELD, Queue.APPROVED):
                    far = self._far(queue, order)
                    steps[f"{queue}, {order} first, page {FAR}"] = self._sorted(queue, order, far)
        for name, filters in FILTERS.items():
            for order in (Order.OLDEST, Order.RISKIEST):
                steps[f"{name}; {order} first"] = self._filtered(name, filters, order)
        for name, filters in FILTERS.items():
            steps[f"count: {name}"] = self._counted(filters)
        for name, words in SEARCHES.items():
            steps[f"search: {name}"] = self._filtered(name, Filters(words=words), Order.OLDEST)
            steps[f"count: {name}"] = self._counted(Filters(words=words))
        return steps

    def writes(self) -> dict[str, Step]:
        """What changes something, by name."""
        return {
            "one decision": self._decide,
            "the next comment, claimed": self._claim,
            f"{BULK} decisions at once": self._decide_many,
        }

    def _reading(self, look: Callable[[Session], object]) -> object:
        with self.database.reading() as session:
            return look(session)

    def _page(self, filters: Filters) -> None:
        with self.database.reading() as session:
            page = read_queue(session, self.moderator, filters=filters)
            read_cards(session, page.comments, now=NOON)
            claimed_by(session, [c.id for c in page.comments], self.moderator, now=NOON)

    def _sorted(self, queue: Queue, order: Order, after: Place | None) -> Step:
        def look(session: Session) -> None:
            conditions = matching(session, self.moderator, queue, Filters())
            rows = session.scalars(sorted_page(conditions, order, after, self.sizes[queue])).all()
            read_cards(session, list(rows), now=NOON)

        return lambda: self._reading(look)

    def _filtered(self, name: str, filters: Filters, order: Order) -> Step:
        def look(session: Session) -> None:
            conditions = matching(session, self.moderator, Queue.HELD, filters)
            rows = session.scalars(sorted_page(conditions, order, None, self.sizes[name])).all()
            read_cards(session, list(rows), now=NOON)

        return lambda: self._reading(look)

    def _counted(self, filters: Filters) -> Step:
        def look(session: Session) -> None:
            bounded_count(session, matching(session, self.moderator, Queue.HELD, filters))

        return lambda: self._reading(look)

    def _far(self, queue: Queue, order: Order) -> Place | None:
        """Where the FAR-th page begins, or the last full one."""
        with self.database.reading() as session:
            total = read_counts(session, self.moderator)[queue]
            passed = max(min((FAR - 1) * PAGE, total - PAGE), 1)
            ids = select(Comment.id).where(CRITERIA[queue]).order_by(*SORTED[order])
            last = session.scalar(ids.offset(passed - 1).limit(1))
            return place_of(session.get_one(Comment, last), order) if last else None

    def _getter(self, path: str) -> Step:
        browser = self.app.test_client()
        with browser.session_transaction() as cookie:
            cookie["signed_in"] = self.token

        def get() -> None:
            answer = browser.get(path)
            assert answer.status_code == 200, answer.text

        return get

    def _decide(self) -> None:
        comment = next(self.held)
        with self.database.transaction() as session:
            decide_by_hand(
                session,
                comment.id,
                Change.REJECTED,
                version_seen=comment.version,
                moderator=self.moderator,
                now=NOON,
                reason=Reason.INSULT,
            )

    def _claim(self) -> None:
        with self.database.transaction() as session:
            assert claim_next(session, self.moderator, Queue.HELD, Filters(), now=NOON)

    def _decide_many(self) -> None:
        """All of the same selection each time, now so, now so."""
        change, reason = next(self.changes)
        with self.database.transaction() as session:
            batch = start_batch(session, self.moderator, now=NOON)
        for portion in portions(self.selection):
            with self.database.transaction() as session:
                outcome = decide_portion(
                    session,
                    batch.id,
                    portion,
                    change,
                    moderator=self.moderator,
                    now=NOON,
                    reason=reason,
                )
            assert outcome.moved == len(portion)
        self.selection = [Choice(one.public_id, one.version + 1) for one in self.selection]


def main(small: int = SMALL, large: int = LARGE, *, analyze: bool = True) -> None:
    """Print a table for each kind of database."""
    for name, urls in small_and_large(small, large, analyze=analyze):
        print(f"\n{name}, {small:,} and {large:,} comments\n")
        compare_desks(*urls)


def compare_desks(small: str, large: str) -> None:
    """Print how long each step takes in two filled databases, and the growth.

    Where the small one does not fill a page, the large one reads no more comments than it: what
    grows with the number of cards is no growth with the number of comments.
    """
    desks = Desk(small), Desk(large)
    for name, count in desks[0].found().items():
        for desk in desks:
            desk.sizes[name] = max(count, 1)
    print_head()
    for part in (Desk.reads, Desk.writes):
        compare(part(desks[0]), part(desks[1]))
    for desk in desks:
        desk.database.dispose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("small", type=int, nargs="?", default=SMALL)
    parser.add_argument("large", type=int, nargs="?", default=LARGE)
    parser.add_argument("--without-statistics", action="store_true", help="do not ANALYZE")
    arguments = parser.parse_args()
    main(arguments.small, arguments.large, analyze=not arguments.without_statistics)
