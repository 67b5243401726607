"""One comment through all steps, over HTTP, against really started processes and the real model."""

import re
import signal
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from moderation.db import make_engine
from moderation.setup import new_key
from tests.databases import REDIS, empty_redis
from tests.servers import MODELS, TOKEN, Installation, Reader, iterate, kill, wait_until

CLEAN = "What a lovely tree, thank you for planting it."
TOXIC = "You are a stupid idiot, shut up you moron."
EMAIL, PASSWORD = "grace@example.com", "correct horse battery"
ARTICLE = "http://news.example/trees"

pytestmark = pytest.mark.slow


@pytest.fixture
def env(database_url: str) -> dict[str, str]:
    """Settings as an operator would give them, with short leases, as tests wait for their end."""
    return {
        "SECRET_KEY": new_key(),
        "VAULT_KEY": new_key(),
        "INDEX_KEY": new_key(),
        "DATABASE_URL": database_url,
        "MODEL_CACHE": str(MODELS),
        "FORM_MIN_AGE": "0",
        "SCORE_WAIT": "25",  # the outcome comes within it
        "SCORE_DEADLINE": "600",  # a test that waits for its end has a short one
        "SCORE_LEASE": "3",
        "RATE_SUBMIT": "1000 per minute",
    }


@pytest.fixture
def installation(env: dict[str, str], tmp_path: Path) -> Iterator[Installation]:
    """A site and a moderator; a test starts what it needs."""
    made = Installation(env=env, log=tmp_path / "log")
    made.run("site", "add", "news", "--origin", "http://news.example")
    made.run("moderator", "add", EMAIL, "--password-stdin", stdin=PASSWORD)
    yield from iterate(made)


@pytest.fixture
def reader(installation: Installation) -> Iterator[Reader]:
    found = Reader(installation.url, "news", ARTICLE)
    yield found
    found.http.close()


class Desk:
    """A signed-in moderator, over HTTP."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def sign_in(self) -> None:
        """Sign in once the server runs."""
        form = {"email": EMAIL, "password": PASSWORD, "csrf_token": self._token("/login")}
        assert "Queue" in self.http.post("/login", data=form).text

    def queue(self, status: str = "held") -> str:
        """The page of the queue."""
        return unescape(self.http.get("/queue", params={"status": status}).text)

    def decide(self, public_id: str, action: str, reason: str = "") -> httpx.Response:
        """Decide about the version shown on the comment's page."""
        page = self.http.get(f"/queue/{public_id}").text
        version = re.search(r'name="version" value="(\d+)"', page)
        assert version
        form = {
            "action": action,
            "reason": reason,
            "version": version[1],
            "csrf_token": self._token(f"/queue/{public_id}"),
        }
        return self.http.post(f"/queue/{public_id}/decisions", data=form)

    def _token(self, path: str) -> str:
        found = TOKEN.search(self.http.get(path).text)
        assert found
        return unescape(found[1])


@pytest.fixture
def desk(installation: Installation) -> Iterator[Desk]:
    with httpx.Client(base_url=installation.url, follow_redirects=True, timeout=30) as http:
        yield Desk(http)


def test_a_clean_comment_appears_and_a_toxic_one_waits_for_a_moderator(
    installation: Installation, reader: Reader, desk: Desk
) -> None:
    installation.serve()
    installation.wait_ready()

    clean = reader.send(CLEAN)
    assert (clean.status_code, clean.json()["status"]) == (201, "approved")
    assert reader.is_public(CLEAN)

    toxic = reader.send(TOXIC)
    assert (toxic.status_code, toxic.json()["status"]) == (202, "held")
    worse = reader.send(f"{TOXIC} And you too, you idiots.", name="Bob")
    assert not reader.is_public(TOXIC)

    desk.sign_in()
    queue = desk.queue()
    assert TOXIC in queue
    assert "toxicity" in queue
    desk.decide(toxic.json()["id"], "approve")
    assert reader.is_public(TOXIC)

    desk.decide(worse.json()["id"], "reject", reason="insult")
    assert not reader.is_public(f"{TOXIC} And you too, you idiots.")
    private = httpx.get(worse.json()["manage_url"]).text
    assert "not published" in private
    assert "insults" in private

    desk.decide(toxic.json()["id"], "undo")
    assert not reader.is_public(TOXIC)


def test_what_comes_while_the_scoring_process_is_dead_is_held_and_scored_when_it_is_back(
    env: dict[str, str], installation: Installation, reader: Reader, desk: Desk
) -> None:
    installation.env = {**env, "SCORER": "worker", "SCORE_WAIT": "0", "SCORE_DEADLINE": "2"}
    installation.serve()
    desk.sign_in()
    scorer = installation.start("worker", "run")
    installation.wait_ready()
    reader.send(CLEAN)
    wait_until(lambda: reader.is_public(CLEAN))

    kill(scorer)
    later = "Another kind word about the trees."
    reader.send(later)
    wait_until(lambda: later in desk.queue())
    assert not reader.is_public(later)

    installation.start("worker", "run")
    wait_until(lambda: reader.is_public(later))


def test_without_a_loadable_model_comments_are_held_and_scored_once_there_is_one(
    env: dict[str, str], installation: Installation, reader: Reader, desk: Desk, tmp_path: Path
) -> None:
    installation.env = {**env, "MODEL_CACHE": str(tmp_path / "empty"), "SCORE_DEADLINE": "2"}
    server = installation.serve()
    answer = reader.send(CLEAN)
    assert answer.json()["status"] == "held"
    desk.sign_in()
    assert "nobody has scored" in desk.queue()
    ready = httpx.get(f"{installation.url}/readyz")
    assert ready.status_code == 503
    assert "no model" in ready.json()["checks"]["model"]

    server.send_signal(signal.SIGTERM)
    assert server.wait(30) == 0
    installation.env = env
    installation.serve()
    wait_until(lambda: reader.is_public(CLEAN))


def test_a_server_killed_between_store_and_score_decides_the_comment_after_its_restart(
    env: dict[str, str], installation: Installation, reader: Reader
) -> None:
    # Nobody scores, so the comment is stored and stays undecided when the process is killed.
    installation.env = {**env, "SCORER": "worker", "SCORE_WAIT": "0"}
    server = installation.serve()
    answer = reader.send(CLEAN)
    assert answer.json()["status"] == "processing"
    kill(server)
    assert _count(env, "SELECT count(*) FROM jobs") == 1

    installation.env = env
    installation.serve()
    wait_until(lambda: reader.is_public(CLEAN))
    assert _count(env, "SELECT count(*) FROM comments") == 1
    assert _count(env, "SELECT count(*) FROM events WHERE change = 'decided'") == 1
    assert _count(env, "SELECT count(*) FROM jobs") == 0


@pytest.fixture
def broker() -> Iterator[str]:
    """A Redis database of our own, emptied."""
    with empty_redis():
        yield REDIS


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_celery_worker_on_redis_scores(
    env: dict[str, str], installation: Installation, reader: Reader, broker: str
) -> None:
    installation.env = {**env, "SCORER": "worker", "BROKER_URL": broker}
    installation.serve()
    installation.start_celery()
    installation.wait_ready()
    assert reader.send(CLEAN).json()["status"] == "approved"
    assert reader.send(TOXIC).json()["status"] == "held"
    assert not reader.is_public(TOXIC)


def _count(env: dict[str, str], query: str) -> Any:
    engine = make_engine(env["DATABASE_URL"])
    with engine.connect() as connection:
        number = connection.scalar(text(query))
    engine.dispose()
    return number
