"""Eight moderators work on one queue at the same time, over HTTP, against a started server."""

import datetime as dt
import re
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from html import unescape
from itertools import groupby, pairwise
from pathlib import Path

import httpx
import pytest
from flask import Flask
from sqlalchemy import func, select

from config import load_settings
from moderation.app import create_app
from moderation.db import Database
from moderation.flow.queue.queues import CRITERIA, read_counts
from moderation.flow.team.sessions import start_session
from moderation.models import Comment, Event, Moderator
from moderation.setup import new_key
from moderation.statuses import Actor, Change, Queue, Reason, Status
from moderation.sweep import now
from tests.factories import make_comment, make_moderator, make_site
from tests.servers import TOKEN, Installation, iterate

MODERATORS, COMMENTS, ROUNDS = 8, 500, 12
# Of all decisions. Usually there is none: only a claim that runs out (minutes) lets two in.
CONFLICTS_AT_MOST = 0.02
# Where the form of the comment leads, and the version that it carries.
FORM = re.compile(r'class="decide" action="([^"]+)".*?name="version" value="(\d+)"', re.DOTALL)

pytestmark = pytest.mark.slow


@pytest.fixture
def env(database_url: str, tmp_path: Path) -> dict[str, str]:
    """Nobody scores: only people decide here."""
    return {
        "SECRET_KEY": new_key(),
        "VAULT_KEY": new_key(),
        "INDEX_KEY": new_key(),
        "DATABASE_URL": database_url,
        "MODEL_CACHE": str(tmp_path / "models"),
        "ERASED_LIST": str(tmp_path / "erased.list"),
        "SCORER": "worker",
    }


@pytest.fixture
def app(env: dict[str, str]) -> Iterator[Flask]:
    """The app with the server's settings: to fill the database and to sign its cookies."""
    made = create_app(load_settings(Path("no-such-file"), **env))
    yield made
    made.extensions["moderation"].database.dispose()


@pytest.fixture
def database(app: Flask) -> Database:
    found: Database = app.extensions["moderation"].database
    return found


@pytest.fixture
def installation(env: dict[str, str], tmp_path: Path) -> Iterator[Installation]:
    yield from iterate(Installation(env=env, log=tmp_path / "log"))


@dataclass
class Desk:
    """One moderator's browser. `answers`: the status of each decision they sent."""

    http: httpx.Client
    name: str
    reason: Reason  # of their own, so that no two reject alike
    answers: list[int] = field(default_factory=list)

    def work(self) -> None:
        """Decide about one comment after the other, as the pages lead, until none is left."""
        page = self._post("/queue/next", read_token(self.read("/queue").text))
        # Else it is the list again: what still stands there, colleagues have open.
        while "one" in page.url.params:
            is_third = len(self.answers) % 3 == 2
            answer = self.decide(page.text, "approve" if is_third else "reject")
            is_refused = answer.status_code == 409
            page = self._post("/queue/next", read_token(answer.text)) if is_refused else answer

    def decide(self, page: str, action: str, reason: Reason | None = None) -> httpx.Response:
        """Send the form of the comment on this page; answers the page that it leads to."""
        form = FORM.search(page)
        assert form is not None
        fields = {"action": action, "reason": reason or self.reason, "version": form[2]}
        answer = self._post(unescape(form[1]), read_token(page), **fields)
        first = answer.history[0] if answer.history else answer
        self.answers.append(first.status_code)
        return answer

    def read(self, path: str) -> httpx.Response:
        """A page."""
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer

    def _post(self, path: str, token: str, **fields: str) -> httpx.Response:
        answer = self.http.post(path, data={"csrf_token": token, **fields})
        assert answer.status_code in (200, 409), answer.text
        return answer


def read_token(page: str) -> str:
    """The form token of a page."""
    found = TOKEN.search(page)
    assert found is not None
    return unescape(found[1])


@pytest.fixture
def desks(app: Flask, installation: Installation) -> Iterator[list[Desk]]:
    """Eight people, signed in."""
    with ExitStack() as stack:
        yield [
            Desk(
                stack.enter_context(sign_in(app, installation, f"moderator{n}")), f"moderator{n}", r
            )
            for n, r in zip(range(MODERATORS), Reason, strict=False)
        ]


def sign_in(app: Flask, installation: Installation, name: str) -> httpx.Client:
    """The browser of a new moderator, as signing in leaves it."""
    services = app.extensions["moderation"]
    with services.database.transaction() as session:
        moderator = make_moderator(session, services.vault, email=f"{name}@example.com")
        token = start_session(session, moderator.id, now=now(), lifetime=dt.timedelta(hours=1))
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    http = httpx.Client(base_url=installation.url, follow_redirects=True, timeout=60)
    cookie = serializer.dumps({"signed_in": token})
    http.cookies.set(app.config["SESSION_COOKIE_NAME"], cookie, domain=http.base_url.host)
    return http


def hold(database: Database, count: int) -> list[str]:
    """Comments that wait; answers their public ids."""
    with database.transaction() as session:
        site = make_site(session)
        bodies = [f"Tree number {number}." for number in range(count)]
        return [make_comment(session, site, body=body, now=now()).public_id for body in bodies]


def test_eight_empty_the_queue_together_without_deciding_anything_twice(
    database: Database, installation: Installation, desks: list[Desk]
) -> None:
    hold(database, COMMENTS)
    installation.serve()
    with ThreadPoolExecutor(MODERATORS) as threads:
        for done in [threads.submit(desk.work) for desk in desks]:
            done.result()

    answered = Counter(answer for desk in desks for answer in desk.answers)
    assert set(answered) <= {303, 409}
    assert answered[409] <= CONFLICTS_AT_MOST * answered.total()
    assert answered[303] == COMMENTS
    with database.reading() as session:
        by_hand = Event.actor == Actor.MODERATOR, Event.comment_id.is_not(None)
        decided = session.scalars(select(Event.comment_id).where(*by_hand))
        assert Counter(decided.all()).most_common(1)[0][1] == 1
        waiting = Comment.status.not_in((Status.APPROVED, Status.REJECTED))
        assert session.scalar(select(func.count()).where(waiting)) == 0
    assert_counts_are_exact(database)
    assert_log_is_consistent(database)


def test_of_eight_who_decide_the_same_comment_one_wins_and_the_others_read_who(
    database: Database, installation: Installation, desks: list[Desk]
) -> None:
    public_ids = hold(database, ROUNDS)
    installation.serve()
    start = threading.Barrier(MODERATORS)

    def race(number: int, public_id: str) -> httpx.Response:
        desk = desks[number]
        page = desk.read(f"/queue/{public_id}").text
        start.wait(60)
        action = "approve" if number % 2 else "reject"
        return desk.decide(page, action, Reason.INSULT)

    for public_id in public_ids:
        with ThreadPoolExecutor(MODERATORS) as threads:
            answers = list(threads.map(race, range(MODERATORS), [public_id] * MODERATORS))
        event, winner = decision_of(database, public_id)
        for number, answer in enumerate(answers):
            has_agreed = (event.change is Change.APPROVED) == bool(number % 2)
            assert desks[number].answers[-1] == (303 if has_agreed else 409)
            if not has_agreed:
                said = f"This comment has moved: it is {event.to_status} now, by {winner}."
                assert said in unescape(answer.text)
    assert_counts_are_exact(database)
    assert_log_is_consistent(database)


def decision_of(database: Database, public_id: str) -> tuple[Event, str]:
    """The one decision about a comment, and whose it is."""
    with database.reading() as session:
        query = (
            select(Event, Moderator.name)
            .join(Moderator, Moderator.id == Event.moderator_id)
            .join(Comment, Comment.id == Event.comment_id)
            .where(Comment.public_id == public_id)
        )
        [(event, name)] = session.execute(query).all()
    return event, name


def assert_counts_are_exact(database: Database) -> None:
    with database.reading() as session:
        everybody = session.scalars(select(Moderator)).first()
        assert everybody is not None
        counted = {
            queue: session.scalar(select(func.count()).where(CRITERIA[queue])) for queue in Queue
        }
        assert read_counts(session, everybody) == counted


def assert_log_is_consistent(database: Database) -> None:
    """Each event begins where the one before it ended, and the last where the comment stands."""
    with database.reading() as session:
        moves = select(Event).where(Event.to_status.is_not(None))
        events = session.scalars(moves.order_by(Event.comment_id, Event.id)).all()
        stands = {row.id: row.status for row in session.execute(select(Comment.id, Comment.status))}
    lives = {comment: list(life) for comment, life in groupby(events, lambda e: e.comment_id)}
    assert {comment: life[-1].to_status for comment, life in lives.items()} == stands
    for life in lives.values():
        for before, after in pairwise(life):
            assert after.from_status == before.to_status
            assert after.version == (before.version or 0) + 1
