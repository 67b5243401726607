"""A large installation for benchmarks: rows as the flow leaves them, many at a time.

A tenth of the comments is held, spread over all the time there was; each is a stranger's or a
regular's, under a quiet or a busy article, in words as frequent as words are.
"""

import datetime as dt
import itertools
import json
import random
from collections.abc import Sequence
from typing import Any

import psycopg
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from moderation.db import Base, Database
from moderation.models import Article, Comment, Commenter, Event, FindingRow, QueueDelta, Score
from moderation.statuses import (
    ATTRIBUTES,
    Actor,
    Change,
    Code,
    Queue,
    Reason,
    Status,
    Urgency,
    Verdict,
)
from tests.doubles import NOON
from tests.factories import make_site

SITES, ARTICLES, VOCABULARY, DAYS = 5, 5_000, 30_000, 90
BATCH = 10_000
HELD, BY_HAND, REJECTED, SPAM = 0.10, 0.085, 0.04, 0.01  # shares; all else the machine published
SITE_SHARES = (70, 20, 7, 2.9, 0.1)
LANGUAGES = {"en": 70, "de": 15, "fr": 8, "es": 4, None: 2.7, "cy": 0.3}
# What a held comment is held for: the first is the usual one, the last a rare one.
CODES = {
    Code.TOXICITY: 60,
    Code.LANGUAGE_UNKNOWN: 12,
    Code.FIRST_COMMENT: 12,
    Code.LINKS: 9,
    Code.SUSPECT_WORD: 6.8,
    Code.HONEYPOT: 0.2,
}
ATTRIBUTE_SHARES = (60, 0.3, 12, 4, 20, 3, 0.7)
THRESHOLDS = dict.fromkeys(ATTRIBUTES, 0.8)
MODEL = {"model": "home", "checkpoint": "0123456789ab", "graph": "int8", "normaliser": 1}
Row = dict[str, Any]


def fill(database: Database, comments: int, *, analyze: bool = True) -> None:
    """Put so many comments, and all that belongs to them, into an empty database.

    `analyze` False: the database has no statistics to plan by.
    """
    with database.transaction() as session:
        for number in range(1, SITES + 1):
            make_site(session, f"site{number}")
        _insert(session, Commenter, _commenters(comments))
        _insert(session, Article, _articles())
    writer = _Writer(comments)
    for start in range(1, comments + 1, BATCH):
        numbers = range(start, min(start + BATCH, comments + 1))
        rows = [writer.comment(number) for number in numbers]
        with database.transaction() as session:
            _insert(session, Comment, rows)
            _insert(session, Score, [_score(row, writer.chance) for row in rows])
            lives = [writer.life(row) for row in rows]
            _insert(session, Event, [event for events, _ in lives for event in events])
            _insert(session, FindingRow, [one for _, findings in lives for one in findings])
    with database.transaction() as session:
        _insert(session, QueueDelta, writer.deltas())
        _settle(session)
    if analyze:
        _analyze(database)


def word(rank: int) -> str:
    """A word of the vocabulary: 1 is in most texts, VOCABULARY in hardly any."""
    return f"w{rank:05}"


def people_among(comments: int) -> int:
    """How many commenters wrote so many comments."""
    return max(comments // 20, 10)


class _Writer:
    """Comments by number, always the same ones, and what became of each."""

    def __init__(self, comments: int) -> None:
        self.chance = random.Random(0)
        self.comments = comments
        self.people = people_among(comments)
        self.events, self.findings = itertools.count(1), itertools.count(1)
        self.counted: dict[tuple[int, Queue], int] = {}
        self.newest: dict[int, Row] = {}  # comment of each article
        words = [word(rank) for rank in range(1, VOCABULARY + 1)]
        # Texts are pieces of one long talk: drawing each of their words would take minutes.
        self.talk = self.chance.choices(words, cum_weights=_zipf(VOCABULARY), k=2_000_000)
        self.article_shares = [_zipf(len(_articles_of(site))) for site in range(1, SITES + 1)]

    def comment(self, number: int) -> Row:
        """The row of one comment."""
        chance = self.chance
        site = chance.choices(range(1, SITES + 1), SITE_SHARES)[0]
        # One person in a hundred comments is the same one; all others come now and then.
        commenter = 1 if chance.random() < 0.01 else chance.randint(2, self.people)
        [article] = chance.choices(_articles_of(site), cum_weights=self.article_shares[site - 1])
        parent = self.newest.get(article) if chance.random() < 0.2 else None
        came = NOON - dt.timedelta(days=DAYS) * (1 - number / self.comments)
        status, by, reason = self._fate()
        start, length = chance.randrange(len(self.talk) - 60), chance.randint(5, 60)
        row: Row = {
            "id": number,
            "public_id": f"comment-{number}",
            "site_id": site,
            "article_id": article,
            "parent_id": parent["id"] if parent else None,
            "commenter_id": commenter,
            "path": (parent["path"] if parent else b"")[:64] + number.to_bytes(8, "big"),
            "name": f"Reader {commenter}",
            "body": " ".join(self.talk[start : start + length]),
            "status": status,
            "version": 3 if by is Actor.MODERATOR else 2,
            "decided_by": by,
            "reason": reason,
            "decided_at": came + dt.timedelta(seconds=1),
            "risk": int(1000 * chance.betavariate(2, 3)),
            "language": chance.choices(list(LANGUAGES), list(LANGUAGES.values()))[0],
            "urgent": Urgency.ILLEGAL
            if status is Status.HELD and chance.random() < 0.005
            else None,
            "reports": chance.randint(1, 9)
            if status is Status.APPROVED and chance.random() < 0.005
            else 0,
            "submission_id": f"form-{number}",
            "submission_hash": b"",
            "text_hash": number.to_bytes(8, "big"),
            "signals": [],
            "link_version": 1,
            "created_at": came,
            "published_at": came + dt.timedelta(seconds=1) if status is Status.APPROVED else None,
        }
        self.newest[article] = row
        self._count(row)
        return row

    def life(self, row: Row) -> tuple[list[Row], list[Row]]:
        """The log of a comment, and the findings that the machine's decision left."""
        was_held = row["status"] is not Status.APPROVED or row["decided_by"] is Actor.MODERATOR
        findings = self._findings() if was_held else []
        first = Status.HELD if was_held else Status.APPROVED
        codes = [{"code": f["code"], "verdict": f["verdict"]} for f in findings]
        data = {
            "verdict": Verdict.HOLD if was_held else Verdict.APPROVE,
            "findings": codes,
            "model": "home",
            "model_version": "0123456789ab-int8",
            "normaliser": 1,
            "preset": "balanced",
            "thresholds": THRESHOLDS,
        }
        steps: list[tuple[Change, Actor, Status | None, Status, Row]] = [
            (Change.SUBMITTED, Actor.COMMENTER, None, Status.PROCESSING, {}),
            (Change.DECIDED, Actor.MACHINE, Status.PROCESSING, first, data),
        ]
        if row["decided_by"] is Actor.MODERATOR:
            change = Change.APPROVED if row["status"] is Status.APPROVED else Change.REJECTED
            steps.append((change, Actor.MODERATOR, first, row["status"], {}))
        events = [self._event(row, version, *step) for version, step in enumerate(steps, 1)]
        facts = {"comment_id": row["id"], "event_id": events[1]["id"], "status": row["status"]}
        return events, [{"id": next(self.findings), **facts, **one} for one in findings]

    def deltas(self) -> list[Row]:
        """The counts of all queues."""
        return [
            {"id": number, "site_id": site, "queue": queue, "delta": count}
            for number, ((site, queue), count) in enumerate(self.counted.items(), 1)
        ]

    def _fate(self) -> tuple[Status, Actor, Reason | None]:
        drawn = self.chance.random()
        for share, fate in (
            (HELD, (Status.HELD, Actor.MACHINE, None)),
            (BY_HAND, (Status.APPROVED, Actor.MODERATOR, None)),
            (REJECTED, (Status.REJECTED, Actor.MODERATOR, Reason.INSULT)),
            (SPAM, (Status.REJECTED, Actor.MODERATOR, Reason.SPAM)),
        ):
            if drawn < share:
                return fate
            drawn -= share
        return Status.APPROVED, Actor.MACHINE, None

    def _count(self, row: Row) -> None:
        found = [Queue.SPAM if row["reason"] is Reason.SPAM else Queue(row["status"])]
        found += [Queue.REPORTED] * bool(row["reports"]) + [Queue.URGENT] * bool(row["urgent"])
        for queue in found:
            place = row["site_id"], queue
            self.counted[place] = self.counted.get(place, 0) + 1

    def _findings(self) -> list[Row]:
        drawn = self.chance.choices(list(CODES), list(CODES.values()), k=self.chance.randint(1, 4))
        return [self._finding(code) for code in dict.fromkeys(drawn)]

    def _finding(self, code: Code) -> Row:
        [attribute] = self.chance.choices(ATTRIBUTES, ATTRIBUTE_SHARES)
        scored = code is Code.TOXICITY
        return {
            "code": code,
            "verdict": Verdict.HOLD,
            "attribute": attribute if scored else None,
            "value": 0.9 if scored else None,
            "threshold": 0.8 if scored else None,
            "detail": None,
        }

    def _event(
        self,
        row: Row,
        version: int,
        change: Change,
        actor: Actor,
        before: Status | None,
        after: Status,
        data: Row,
    ) -> Row:
        return {
            "id": next(self.events),
            "site_id": row["site_id"],
            "comment_id": row["id"],
            "moderator_id": None,
            "change": change,
            "actor": actor,
            "from_status": before,
            "to_status": after,
            "version": version,
            "reason": row["reason"] if actor is Actor.MODERATOR else None,
            "data": data,
            "created_at": row["created_at"] + dt.timedelta(minutes=version),
        }


def _zipf(count: int) -> list[float]:
    """Cumulative weights: what stands second is half as frequent as what stands first."""
    return list(itertools.accumulate(1 / rank for rank in range(1, count + 1)))


def _articles_of(site: int) -> range:
    """Each site has its own, in turn."""
    return range(site, ARTICLES + 1, SITES)


def _commenters(comments: int) -> list[Row]:
    return [
        {"id": n, "public_id": f"reader-{n}", "site_id": 1, "link_version": 1, "created_at": NOON}
        for n in range(1, people_among(comments) + 1)
    ]


def _articles() -> list[Row]:
    return [
        {
            "id": number,
            "site_id": site,
            "key": f"site{site}.example/{number}",
            "url": f"https://site{site}.example/{number}",
            "title": f"Article {number}",
            "version": 1,
            "created_at": NOON - dt.timedelta(days=DAYS),
        }
        for site in range(1, SITES + 1)
        for number in _articles_of(site)
    ]


def _score(row: Row, chance: random.Random) -> Row:
    return {
        "comment_id": row["id"],
        **MODEL,
        "preset": "balanced",
        "attributes": {
            name: round(row["risk"] / 1000 * chance.random(), 3) for name in ATTRIBUTES[1:]
        }
        | {"toxicity": row["risk"] / 1000},
        "complete": True,
        "language": row["language"],
        "languages": ["en", "de", "fr", "es"],
        "has_words": True,
        "spans": [],
        "created_at": row["created_at"],
    }


def _insert(session: Session, model: type[Base], rows: Sequence[Row]) -> None:
    if not rows:
        return
    driver = session.connection().connection.driver_connection
    if isinstance(driver, psycopg.Connection):
        _copy(driver, model.__tablename__, rows)
    else:
        session.connection().execute(insert(Base.metadata.tables[model.__tablename__]), list(rows))


def _copy(connection: psycopg.Connection, name: str, rows: Sequence[Row]) -> None:
    """PostgreSQL takes rows in by COPY many times as fast."""
    columns = ", ".join(rows[0])
    with connection.cursor().copy(f"COPY {name} ({columns}) FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row([_plain(value) for value in row.values()])


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def _settle(session: Session) -> None:
    """Have PostgreSQL number new rows after those that were numbered here."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for model in (Article, Comment, Commenter, Event, FindingRow, QueueDelta):
        name = model.__tablename__
        session.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}")  # noqa: S608
        )


def _analyze(database: Database) -> None:
    is_sqlite = database.engine.dialect.name == "sqlite"
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE" if is_sqlite else "VACUUM ANALYZE")
