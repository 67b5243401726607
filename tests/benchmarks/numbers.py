"""`python -m tests.benchmarks.numbers`: what the page of statistics and the log cost.

As many comments as ROWS in the environment says, 100,000 where it is not set, came in 30 days; of
each twenty, three were held and two of these decided by a person.
"""

import datetime as dt
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import insert

from config import load_settings
from moderation.app import create_app
from moderation.flow.articles import begin_article, read_page
from moderation.flow.team.sessions import start_session
from moderation.models import Comment, Event, Site
from moderation.services import Services
from moderation.statuses import Actor, Change, Status
from tests import databases
from tests.benchmarks.measuring import kinds
from tests.conftest import SECRETS
from tests.doubles import NOON, Clock
from tests.factories import ARTICLE, make_moderator, make_site

ROWS = int(os.environ.get("ROWS", "100000"))
BATCH = 5_000
ROUNDS = 5
DAYS = 30
HELD_OF_20, DECIDED_OF_20 = 3, 2
THRESHOLDS = {name: 0.8 for name in ("toxicity", "obscene", "threat", "insult")}
MACHINE = {
    "verdict": "approve",
    "findings": [],
    "model": "home",
    "model_version": "0123456789ab-int8",
    "normaliser": 1,
    "preset": "balanced",
    "thresholds": THRESHOLDS,
}
FINDING = {"code": "toxicity", "verdict": "hold", "attribute": "toxicity", "value": 0.9}


def main() -> None:
    """Print one line a figure: the median over rounds."""
    for name, new in kinds():
        with new() as url, _office(url) as (services, browser):
            _fill(services)
            print(f"{name}, {ROWS} comments in {DAYS} days")
            for path in ("/stats?days=30", "/stats?days=7", "/stats/bands.csv?days=30", "/log"):
                print(f"  {path}: {_measure(lambda p=path: _get(browser, p)):.0f} ms")  # type: ignore[misc]
            began = time.perf_counter()
            size = sum(map(len, browser.get("/log.csv").iter_encoded()))
            spent = time.perf_counter() - began
            print(f"  /log.csv: {size / 1e6:.0f} MB in {spent:.1f} s")


def _get(browser: FlaskClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    answer.close()


def _measure(step: Callable[[], None]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        step()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e3


@contextmanager
def _office(url: str) -> Iterator[tuple[Services, FlaskClient]]:
    """An installation and the browser of somebody signed in."""
    databases.migrate(url)
    clock = Clock(NOON + dt.timedelta(hours=11))
    settings = load_settings(
        Path(os.devnull), **SECRETS, DATABASE_URL=url, LOG_LEVEL="WARNING", RATE_SIGN_IN="9 per day"
    )
    app = create_app(settings, clock=clock)
    services: Services = app.extensions["moderation"]
    with services.database.transaction() as session:
        make_site(session)
        grace = make_moderator(session, services.vault)
        token = start_session(session, grace.id, now=clock(), lifetime=dt.timedelta(hours=1))
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["signed_in"] = token
    try:
        yield services, browser
    finally:
        services.database.dispose()


def _fill(services: Services) -> None:
    """Rows as the flow writes them, many at a time."""
    chance = random.Random(0)
    with services.database.transaction() as session:
        site = session.get_one(Site, 1)
        article = begin_article(session, site, read_page(site, ARTICLE, "Trees"), NOON)
    for start in range(1, ROWS + 1, BATCH):
        lives = [_live(n, chance) for n in range(start, min(start + BATCH, ROWS + 1))]
        with services.database.transaction() as session:
            session.execute(insert(Comment), [_comment(*life, article.id) for life in lives])
            session.execute(insert(Event), [row for life in lives for row in _events(*life)])


def _live(number: int, chance: random.Random) -> tuple[int, dt.datetime, bool, bool, int]:
    came = NOON - dt.timedelta(days=DAYS - 1) * (1 - number / ROWS)
    held = number % 20 < HELD_OF_20
    return number, came, held, number % 20 < DECIDED_OF_20, chance.randint(0, 1000)


def _comment(
    number: int, came: dt.datetime, held: bool, decided: bool, risk: int, article_id: int
) -> dict[str, object]:
    by_hand, status = Actor.MODERATOR if decided else Actor.MACHINE, Status.HELD
    if not held or decided:
        status = Status.APPROVED
    return {
        "id": number,
        "public_id": f"comment-{number}",
        "site_id": 1,
        "article_id": article_id,
        "path": number.to_bytes(8, "big"),
        "name": "Ada",
        "body": "What a lovely tree. " * 10,
        "status": status,
        "version": 3 if decided else 2,
        "decided_by": by_hand,
        "decided_at": came + dt.timedelta(seconds=1),
        "submission_id": f"submission-{number}",
        "submission_hash": b"",
        "text_hash": number.to_bytes(8, "big"),
        "signals": [],
        "risk": risk,
        "created_at": came,
    }


def _events(
    number: int, came: dt.datetime, held: bool, decided: bool, _risk: int
) -> Iterator[dict[str, object]]:
    facts = {"site_id": 1, "comment_id": number, "moderator_id": None, "from_status": None}
    yield facts | {
        "change": Change.SUBMITTED,
        "actor": Actor.COMMENTER,
        "to_status": Status.PROCESSING,
        "data": {},
        "created_at": came,
    }
    moved = Status.HELD if held else Status.APPROVED
    yield facts | {
        "change": Change.DECIDED,
        "actor": Actor.MACHINE,
        "from_status": Status.PROCESSING,
        "to_status": moved,
        "data": MACHINE | {"findings": [FINDING] if held else []},
        "created_at": came + dt.timedelta(seconds=1),
    }
    if decided:
        yield facts | {
            "moderator_id": 1,
            "change": Change.APPROVED,
            "actor": Actor.MODERATOR,
            "from_status": moved,
            "to_status": Status.APPROVED,
            "data": {},
            "created_at": came + dt.timedelta(minutes=number % 300),
        }


if __name__ == "__main__":
    main()
