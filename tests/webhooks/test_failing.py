"""The sender of webhooks where something fails: the receiver, the process, a key, our own code."""

import io
import threading
from typing import Any

import pytest
from sqlalchemy.orm import Session

from moderation.db import Database
from moderation.flow.notices import sending
from moderation.flow.notices.sending import Outgoing
from moderation.models import Delivery, Webhook
from moderation.outgoing.guard import Guard
from moderation.outgoing.post import Poster
from moderation.privacy.vault import Vault
from moderation.services import Services
from moderation.statuses import DeliveryFailure, DeliveryOutcome
from moderation.webhooks import LEASE, WebhookSender
from tests.doubles import Clock
from tests.flow.notices.owners import deliveries
from tests.servers import wait_until
from tests.webhook_server import Receiver
from tests.webhooks.telling import counted, tell


def test_a_failed_one_comes_again_with_the_same_id_and_body_and_a_fresh_time(
    database: Database,
    webhook: tuple[Webhook, str],
    sender: WebhookSender,
    endpoint: Receiver,
    clock: Clock,
) -> None:
    endpoint.statuses = [503]
    tell(database)
    sender()
    assert not sender()
    clock.forward(10)
    sender()

    first, second = endpoint.requests
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 10
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_killed_between_answer_and_commit_it_sends_the_same_again(
    database: Database,
    webhook: tuple[Webhook, str],
    sender: WebhookSender,
    endpoint: Receiver,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    tell(database)
    with monkeypatch.context() as patch:
        patch.setattr("moderation.flow.notices.sending.settle", die)
        with pytest.raises(KeyboardInterrupt):
            sender()
    assert not sender(), "its claim still holds"
    clock.forward(LEASE.total_seconds())
    assert sender()

    first, second = endpoint.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert deliveries(database)[0].outcome is DeliveryOutcome.DELIVERED


def test_a_bug_of_ours_counts_as_a_failed_try_and_stops_no_other(
    database: Database,
    services: Services,
    webhook: tuple[Webhook, str],
    clock: Clock,
    written: io.StringIO,
) -> None:
    class Broken(Poster):
        def post(self, *arguments: Any) -> int:
            raise ZeroDivisionError("zqkey")

    sender = WebhookSender(
        database, services.vault, Broken(guard=Guard()), public_url="", clock=clock
    )
    tell(database)
    assert sender()
    [waiting] = deliveries(database)
    assert (waiting.failure, waiting.outcome) == (DeliveryFailure.NO_ANSWER, None)
    assert "webhook_broke" in written.getvalue()
    assert "zqkey" not in written.getvalue()


def test_one_that_cannot_be_prepared_keeps_no_other_waiting(
    database: Database,
    webhook: tuple[Webhook, str],
    sender: WebhookSender,
    endpoint: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    written: io.StringIO,
) -> None:
    tell(database)
    tell(database)
    broken, fine = deliveries(database)
    prepare = sending.prepare

    def sometimes(session: Session, delivery: Delivery, **known: Any) -> Outgoing:
        if delivery.id == broken.id:
            raise ZeroDivisionError("zqkey")
        return prepare(session, delivery, **known)

    monkeypatch.setattr(sending, "prepare", sometimes)
    assert [sender(), sender(), sender()] == [True, True, False]
    first, second = deliveries(database)
    assert (first.ended_at, first.attempts, second.outcome) == (None, 1, DeliveryOutcome.DELIVERED)
    assert [each.headers["webhook-id"] for each in endpoint.requests] == [fine.public_id]
    assert "webhook_broke" in written.getvalue()
    assert "zqkey" not in written.getvalue()


def test_one_that_can_never_be_prepared_is_given_up_after_as_many_tries_as_any(
    database: Database,
    webhook: tuple[Webhook, str],
    sender: WebhookSender,
    endpoint: Receiver,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: Any) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(sending, "body_of", broken)
    before = counted("given_up")
    tell(database)
    for pause in sending.PAUSES:
        assert sender()
        assert not sender(), "it rests"
        clock.forward(pause.total_seconds() * (1 + sending.JITTER))
    assert sender()
    [ended] = deliveries(database)
    assert (ended.outcome, ended.ended_at) == (DeliveryOutcome.GIVEN_UP, clock())
    assert counted("given_up") == before + 1
    clock.forward(7 * 86_400)
    assert not sender()
    assert endpoint.requests == []


def test_without_its_key_nothing_is_sent(
    database: Database,
    services: Services,
    webhook: tuple[Webhook, str],
    endpoint: Receiver,
    clock: Clock,
) -> None:
    stranger = Vault(vault_key="eHh4" + "A" * 39 + "=", index_key="aW4" + "B" * 40)
    poster = Poster(guard=services.guard)
    tell(database)
    assert WebhookSender(database, stranger, poster, public_url="", clock=clock)()
    assert deliveries(database)[0].failure is DeliveryFailure.UNREADABLE
    assert endpoint.requests == []


def test_it_runs_until_it_is_stopped_whatever_breaks(
    database: Database,
    webhook: tuple[Webhook, str],
    sender: WebhookSender,
    endpoint: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    written: io.StringIO,
) -> None:
    monkeypatch.setattr("moderation.webhooks.POLL", 0.01)
    breaks, look = [1], WebhookSender.__call__

    def sometimes(self: WebhookSender) -> bool:
        if breaks:
            breaks.pop()
            raise ZeroDivisionError
        return look(self)

    monkeypatch.setattr(WebhookSender, "__call__", sometimes)
    tell(database)
    thread = threading.Thread(target=sender.run)
    thread.start()
    try:
        wait_until(lambda: deliveries(database)[0].ended_at is not None)
    finally:
        sender.stop()
        thread.join(10)
    assert not thread.is_alive()
    assert len(endpoint.requests) == 1
    assert "webhook_sender_failed" in written.getvalue()
