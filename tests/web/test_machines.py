"""What machines ask: alive, ready, and in numbers. Each check fails when the thing is broken."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from config import Settings, load_settings
from moderation.app import create_app
from moderation.db import Database
from moderation.errors import ScorerUnavailable
from moderation.models import Site
from moderation.statuses import Status
from moderation.worker import Worker
from tests.conftest import SECRETS
from tests.doubles import Clock, FixedScorer
from tests.factories import make_comment, make_site

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
READY = {"database": "ok", "migrations": "ok", "model": "ok", "queue": "ok"}
OUTSIDE = {"REMOTE_ADDR": "203.0.113.7"}
TOKEN = "a token for machines"


@pytest.fixture
def overrides(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"METRICS_TOKEN": getattr(request, "param", TOKEN)}


def checks(client: FlaskClient, code: int = 503) -> dict[str, str]:
    """What /readyz says to a loopback caller."""
    answer = client.get("/readyz")
    assert answer.status_code == code, answer.text
    found: dict[str, str] = answer.get_json()["checks"]
    return found


def test_it_is_ready_when_everything_is_there(client: FlaskClient, worker: Worker) -> None:
    worker.tick()

    assert checks(client, 200) == READY
    assert client.get("/readyz").get_json()["status"] == "ready"
    assert client.get("/healthz").get_json() == {"status": "ok"}


def test_it_warns_of_a_language_that_the_model_does_not_know_and_stays_ready(
    client: FlaskClient, worker: Worker, database: Database, site: Site
) -> None:
    worker.tick()
    assert client.get("/readyz").get_json()["warnings"] == []
    with database.transaction() as session:
        make_site(session, "zeitung", language="de")

    answer = client.get("/readyz")

    assert (answer.status_code, answer.get_json()["checks"]) == (200, READY)
    assert answer.get_json()["warnings"] == [
        "site 'zeitung': every comment will wait, since the model knows en"
        " and not the site's own language 'de'"
    ]
    assert "warnings" not in client.get("/readyz", environ_base=OUTSIDE).get_json()


def test_it_is_not_ready_without_a_scorer(client: FlaskClient) -> None:
    found = checks(client)

    assert found.pop("model").startswith("no scorer runs")
    assert found.items() <= READY.items()


def test_it_is_not_ready_once_the_scorer_fell_silent(
    client: FlaskClient, worker: Worker, clock: Clock
) -> None:
    worker.tick()
    clock.forward(14)
    checks(client, 200)
    clock.forward(2)

    assert checks(client)["model"].startswith("no scorer runs")


def test_it_is_not_ready_when_the_model_cannot_be_loaded(
    client: FlaskClient, worker: Worker, scorer: FixedScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> FixedScorer:
        raise ScorerUnavailable("not compiled")

    monkeypatch.setattr(worker, "_load", fail)
    worker.tick()

    assert checks(client)["model"].startswith("a scorer runs but has no model")


def test_it_says_that_the_unquantised_graph_serves_and_is_ready(
    client: FlaskClient, worker: Worker, scorer: FixedScorer
) -> None:
    worker.tick()
    assert client.get("/readyz").get_json()["warnings"] == []

    scorer.info = replace(scorer.info, graph="float")
    worker._report_after = None
    worker.tick()

    assert checks(client, 200) == READY
    (warning,) = client.get("/readyz").get_json()["warnings"]
    assert warning.startswith("serving the unquantised graph")


def test_it_is_not_ready_with_an_old_database(
    client: FlaskClient, worker: Worker, database: Database
) -> None:
    worker.tick()
    with database.transaction() as session:
        session.execute(text("DELETE FROM alembic_version"))

    found = checks(client)

    assert found.pop("migrations") == "not up to date: run `flask --app wsgi db upgrade`"
    assert found.items() <= READY.items()


def test_it_is_not_ready_while_a_comment_is_stuck(
    client: FlaskClient, worker: Worker, database: Database, site: Site, clock: Clock
) -> None:
    worker.tick()
    with database.transaction() as session:
        make_comment(session, site, status=Status.PROCESSING, now=clock())
    assert checks(client, 200) == READY, "waiting for a moment is no fault"
    clock.forward(60 + 16)
    with database.transaction() as session:
        session.execute(text("UPDATE workers SET seen_at = :now"), {"now": str(clock())})

    assert checks(client)["queue"] == "1 comments wait undecided beyond SCORE_DEADLINE"


@pytest.fixture(params=["sqlite:////nowhere/at/all.db", "postgresql+psycopg://u@127.0.0.1:1/no"])
def lost(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Flask]:
    """An installation whose database cannot be reached."""
    values = {**SECRETS, "DATABASE_URL": request.param, "METRICS_TOKEN": TOKEN}
    app = create_app(load_settings(tmp_path / "none", **values))
    yield app
    app.extensions["moderation"].database.dispose()


def test_it_is_alive_but_not_ready_when_the_database_does_not_answer(lost: Flask) -> None:
    client = lost.test_client()

    assert client.get("/healthz").status_code == 200
    assert checks(client)["database"].startswith("does not answer")
    for path in ("/metrics", "/s/news/comments?article=https://news.example.com/"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
        assert "nowhere" not in answer.text and "127.0.0.1:1" not in answer.text


def test_it_is_not_ready_when_the_database_falls_silent_between_two_queries(
    client: FlaskClient, worker: Worker, database: Database
) -> None:
    worker.tick()
    checks(client, 200)

    @event.listens_for(database.engine, "before_cursor_execute")
    def fail(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "FROM sites" in statement:
            raise OperationalError(statement, None, Exception("gone"))

    assert checks(client)["database"].startswith("does not answer")


@sqlite
@pytest.mark.parametrize(
    "address, headers, may_see",
    [
        ("127.0.0.1", {}, True),
        ("127.8.9.1", {}, True),
        ("::1", {}, True),
        ("203.0.113.7", {}, False),
        ("10.0.0.1", {}, False),
        ("", {}, False),
        ("nonsense", {}, False),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.7"}, False),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, False),
        ("127.0.0.1", {"X-Forwarded-For": ""}, False),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.7"}, False),
        ("203.0.113.7", {"X-Forwarded-For": "127.0.0.1"}, False),
        ("203.0.113.7", {"Authorization": f"Bearer {TOKEN}"}, True),
        ("127.0.0.1", {"X-Forwarded-For": "x", "Authorization": f"Bearer {TOKEN}"}, True),
        ("203.0.113.7", {"Authorization": f"Bearer {TOKEN}x"}, False),
        ("203.0.113.7", {"Authorization": "Bearer "}, False),
        ("203.0.113.7", {"Authorization": "Bearer é\xff"}, False),
        ("203.0.113.7", {"Authorization": "Basic x"}, False),
    ],
)
def test_details_and_numbers_are_for_this_machine_and_for_holders_of_the_token(
    client: FlaskClient, address: str, headers: dict[str, str], may_see: bool
) -> None:
    base = {"REMOTE_ADDR": address}

    ready = client.get("/readyz", environ_base=base, headers=headers)
    metrics = client.get("/metrics", environ_base=base, headers=headers)

    assert ready.status_code == 503
    assert ("checks" in ready.get_json()) is may_see
    assert metrics.status_code == (200 if may_see else 404)


@sqlite
@pytest.mark.parametrize("overrides", ["", None], indirect=True)
def test_without_a_token_nobody_from_outside_holds_it(client: FlaskClient) -> None:
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer None"}):
        answer = client.get("/metrics", environ_base=OUTSIDE, headers=headers)
        assert answer.status_code == 404


def test_it_counts_what_waits(client: FlaskClient, database: Database, site: Site) -> None:
    with database.transaction() as session:
        make_comment(session, site, status=Status.PROCESSING)
        make_comment(session, site, status=Status.HELD)

    answer = client.get("/metrics")

    assert answer.content_type.startswith("text/plain; version=")
    numbers = dict(
        line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#")
    )
    assert numbers["comments_held"] == "1.0"
    assert numbers["comments_waiting_for_score"] == "2.0"


@pytest.mark.parametrize("change", [{"TRUSTED_PROXIES": 1}, {"PUBLIC_URL": "https://c.example"}])
def test_behind_a_proxy_loopback_proves_nothing(
    settings: Settings, clock: Clock, change: dict[str, Any]
) -> None:
    app = create_app(settings.model_copy(update=change), clock=clock)
    assert app.test_client().get("/metrics").status_code == 404
    app.extensions["moderation"].database.dispose()


def test_an_empty_database_is_told_by_its_remedy(
    settings: Settings, clock: Clock, tmp_path: Path
) -> None:
    url = {"DATABASE_URL": f"sqlite:///{tmp_path / 'empty.db'}"}
    app = create_app(settings.model_copy(update=url), clock=clock)
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert "db upgrade" in answer.json["checks"]["migrations"]  # type: ignore[index]
    app.extensions["moderation"].database.dispose()
