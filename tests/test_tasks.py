"""The Celery side: a wake-up carries nothing, and a broker that is gone harms nobody."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from moderation.errors import ScorerUnavailable
from moderation.logs import configure_logs
from moderation.services import Services
from moderation.statuses import Status
from moderation.tasks import EXPIRES, TASK, make_celery, make_wake
from moderation.worker import Worker
from tests.databases import REDIS, empty_redis
from tests.doubles import Clock, FixedScorer
from tests.factories import make_comment, make_site


@pytest.mark.parametrize(
    "broker", ["redis://127.0.0.1:1/0", "amqp://127.0.0.1:1//", "redis://no-such-host.invalid/0"]
)
def test_a_dead_broker_is_logged_and_delays_nobody(
    broker: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("kombu.utils.functional.sleep", slept.append)
    celery = make_celery(broker, _no_worker)
    make_wake(celery)()
    celery.close()
    assert _events(caplog) == ["wake_up_not_sent"]
    assert sum(slept) == 0


def test_the_wake_up_holds_the_name_of_the_task_and_nothing_of_a_comment(
    broker: "redis.Redis[bytes]", services: Services, clock: Clock
) -> None:
    with services.database.transaction() as session:
        site = make_site(session)
        make_comment(
            session,
            site,
            status=Status.PROCESSING,
            name="Namecanary",
            body="bodycanary",
            email="mailcanary@example.com",
            vault=services.vault,
            now=clock(),
        )
    celery = make_celery(REDIS, _no_worker)
    make_wake(celery)()
    celery.close()
    [raw] = broker.lrange("celery", 0, -1)
    message = json.loads(raw)
    assert message["headers"]["task"] == TASK
    args, kwargs, options = json.loads(base64.b64decode(message["body"]))
    assert (args, kwargs) == ([], {})
    assert not any(options.values())
    assert message["headers"]["expires"] is not None  # a later one replaces it
    assert b"canary" not in raw.lower() + base64.b64decode(message["body"]).lower()


def test_the_task_works_off_all_that_waits(
    services: Services, worker: Worker, clock: Clock
) -> None:
    with services.database.transaction() as session:
        site = make_site(session)
        stored = [
            make_comment(session, site, status=Status.PROCESSING, body=f"Text {n}", now=clock())
            for n in range(10)
        ]
    made = []

    def make() -> Worker:
        made.append(worker)
        return worker

    celery = make_celery(None, make)
    celery.tasks[TASK]()
    celery.tasks[TASK]()
    assert len(made) == 1  # the model is loaded once
    with services.database.reading() as session:
        for comment in stored:
            session.add(comment)
            session.refresh(comment)
        assert {comment.status for comment in stored} == {Status.APPROVED}


def test_an_error_in_the_task_is_told_without_its_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken:
        def tick(self) -> int:
            raise ValueError("canary")

    celery = make_celery(None, lambda: Broken())  # type: ignore[arg-type, return-value]
    assert celery.tasks[TASK].apply().successful()
    assert "worker_failed" in _events(caplog)
    assert "canary" not in caplog.text


def test_a_task_whose_model_does_not_load_ends(
    services: Services, worker: Worker, scorer: FixedScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load() -> FixedScorer:
        raise ScorerUnavailable("told not to load")

    monkeypatch.setattr(worker, "_load", load)
    with services.database.transaction() as session:
        comment = make_comment(session, make_site(session), status=Status.PROCESSING)
    make_celery(None, lambda: worker).tasks[TASK]()
    with services.database.reading() as session:
        assert session.get_one(type(comment), comment.id).status is Status.HELD


def test_a_wake_up_does_not_outlive_its_use(broker: "redis.Redis[bytes]") -> None:
    celery = make_celery(REDIS, _no_worker)
    assert celery.tasks[TASK].expires == EXPIRES
    assert celery.conf.task_ignore_result
    celery.close()


def _events(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Our own entries; the libraries' have a text for a message."""
    return [record.msg["event"] for record in caplog.records if isinstance(record.msg, dict)]


def _no_worker() -> Worker:
    raise AssertionError("nobody works in this test")


@pytest.fixture(autouse=True)
def logs() -> None:
    configure_logs("INFO")


@pytest.fixture
def broker() -> Iterator[Any]:
    """A database of the tests' Redis, empty."""
    with empty_redis() as client:
        yield client
