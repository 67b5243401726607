"""The sender of webhooks against a real receiver over https on loopback."""

import io
import ipaddress
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from moderation.db import Database
from moderation.flow.notices import sending
from moderation.flow.notices.announce import announce
from moderation.flow.notices.message import headers_for
from moderation.flow.notices.sending import Outgoing
from moderation.flow.notices.webhooks import find_to_change, renew_secret
from moderation.metrics import WEBHOOKS
from moderation.models import Delivery, Moderator, Webhook
from moderation.outgoing.guard import Guard
from moderation.outgoing.post import Poster
from moderation.privacy.vault import Vault
from moderation.services import Services
from moderation.statuses import DeliveryFailure, DeliveryOutcome, Occasion, Status
from moderation.webhooks import LEASE, WebhookSender
from moderation.worker import Worker
from tests.doubles import NOON, Clock
from tests.factories import make_comment, make_site
from tests.flow.notices.owners import deliveries, make_owner, make_webhook
from tests.servers import wait_until
from tests.together import together
from tests.webhook_server import Receiver, receiver

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def endpoint(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with receiver(certificate) as received:
        yield received


@pytest.fixture
def overrides(endpoint: Receiver) -> dict[str, Any]:
    return {"WEBHOOK_ALLOW": "127.0.0.1", "WEBHOOK_PORTS": f"443, {endpoint.port}"}


@pytest.fixture
def owner(database: Database) -> Moderator:
    with database.transaction() as session:
        return make_owner(session)


@pytest.fixture
def webhook(
    database: Database, owner: Moderator, services: Services, endpoint: Receiver
) -> tuple[Webhook, str]:
    """One that leads to the receiver, and its secret."""
    with database.transaction() as session:
        return make_webhook(session, owner, services.vault, url=endpoint.url)


@pytest.fixture
def sender(services: Services) -> WebhookSender:
    """As the app wires it; a test calls it, nothing runs by itself."""
    return services.webhooks


@pytest.fixture
def run(app: Flask) -> Callable[..., Result]:
    """Runs `flask …`."""
    return lambda *words: app.test_cli_runner().invoke(args=words)


def tell(database: Database, count: int = 1) -> None:
    with database.transaction() as session:
        for _ in range(count):
            announce(session, Occasion.SCORER_DOWN, site_id=None, now=NOON)


def counted(outcome: str) -> float:
    return WEBHOOKS.labels(outcome)._value.get()


def test_what_happens_arrives_signed(
    database: Database,
    webhook: tuple[Webhook, str],
    sender: WebhookSender,
    endpoint: Receiver,
    clock: Clock,
    written: io.StringIO,
) -> None:
    before = counted("delivered")
    assert not sender()
    tell(database)
    clock.forward(7)
    assert sender()
    assert not sender()

    [request] = endpoint.requests
    [done] = deliveries(database)
    assert request.path == "/hook?key=zqkey"
    assert json.loads(request.body) == {
        "type": "scorer.down",
        "timestamp": NOON.isoformat(),
        "data": {"site": None, "held": 0, "link": "http://127.0.0.1:8000/queue"},
    }
    wanted = headers_for(done.public_id, request.body, [webhook[1]], now=clock())
    assert wanted.items() <= request.headers.items()
    assert done.outcome is DeliveryOutcome.DELIVERED
    assert counted("delivered") == before + 1


@pytest.mark.parametrize("hidden_share, findings", [(0, ["toxicity"]), (100, [])])
def test_what_the_machine_holds_is_told_with_its_reasons_but_for_a_hidden_score(
    hidden_share: int,
    findings: list[str],
    database: Database,
    webhook: tuple[Webhook, str],
    worker: Worker,
    sender: WebhookSender,
    endpoint: Receiver,
) -> None:
    with database.transaction() as session:
        site = make_site(session, hidden_score_share=hidden_share)
        make_comment(session, site, status=Status.PROCESSING)
        held = make_comment(session, site, status=Status.PROCESSING, body="You idiot.")
    worker.tick()
    while sender():
        pass
    [told] = [json.loads(request.body) for request in endpoint.requests]
    assert told["type"] == "comment.held"
    assert told["data"]["comment"] == held.public_id
    assert told["data"]["findings"] == findings
    assert told["data"]["link"] == f"http://127.0.0.1:8000/queue/{held.public_id}"


def test_the_log_holds_ids_only(
    database: Database,
    webhook: tuple[Webhook, str],
    sender: WebhookSender,
    endpoint: Receiver,
    written: io.StringIO,
) -> None:
    endpoint.statuses = [500]
    tell(database, 2)
    sender()
    with database.transaction() as session:
        session.get_one(Webhook, webhook[0].id).rests_until = None
    sender()
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    tried = [line for line in lines if line["event"] == "webhook_tried"]
    assert [(line["outcome"], line["status"]) for line in tried] == [
        ("failed", 500),
        ("delivered", 204),
    ]
    assert all(line["webhook"] == webhook[0].id and line["delivery"] for line in tried)
    for secret in ("zqkey", "/hook", "127.0.0.1", webhook[1], "v1,"):
        assert secret not in written.getvalue()


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


@sqlite
def test_after_a_new_secret_both_sign(
    database: Database,
    owner: Moderator,
    services: Services,
    webhook: tuple[Webhook, str],
    sender: WebhookSender,
    endpoint: Receiver,
) -> None:
    with database.transaction() as session:
        found = find_to_change(session, webhook[0].id, owner)
        renew_secret(session, found, by=owner, vault=services.vault, now=NOON)
    tell(database)
    sender()
    [request] = endpoint.requests
    by_old = headers_for(
        request.headers["webhook-id"], request.body, [webhook[1]], now=services.clock()
    )["webhook-signature"]
    assert request.headers["webhook-signature"].split(" ")[1] == by_old


def test_nothing_is_sent_in_a_transaction(
    database: Database,
    services: Services,
    webhook: tuple[Webhook, str],
    clock: Clock,
) -> None:
    open_now: list[int] = []
    event.listen(database.engine, "begin", lambda _: open_now.append(1))
    for end in ("commit", "rollback"):
        event.listen(database.engine, end, lambda _: open_now.pop())

    class Watching(Poster):
        def post(self, *arguments: Any) -> int:
            assert open_now == []
            return 200

    sender = WebhookSender(
        database, services.vault, Watching(guard=Guard()), public_url="", clock=clock
    )
    tell(database)
    assert sender()
    assert deliveries(database)[0].outcome is DeliveryOutcome.DELIVERED


def test_two_senders_send_each_once(
    database: Database,
    services: Services,
    webhook: tuple[Webhook, str],
    sender: WebhookSender,
    endpoint: Receiver,
) -> None:
    other = WebhookSender(
        database,
        services.vault,
        Poster(guard=services.guard),
        public_url=services.settings.public_url,
        clock=services.clock,
    )
    tell(database, 8)

    def drain(one: WebhookSender) -> None:
        while one():
            pass

    raised = together(lambda: drain(sender), lambda: drain(other))
    drain(sender)

    assert raised == [None, None]
    ids = [request.headers["webhook-id"] for request in endpoint.requests]
    assert sorted(ids) == sorted(each.public_id for each in deliveries(database))
    assert {each.outcome for each in deliveries(database)} == {DeliveryOutcome.DELIVERED}


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


def test_the_serving_process_runs_it_and_the_housekeeper_forgets(
    database: Database, services: Services, webhook: tuple[Webhook, str], clock: Clock
) -> None:
    assert services.webhooks in services.backgrounds
    tell(database)
    services.webhooks()
    clock.forward(8 * 86_400)
    services.housekeeper()
    assert deliveries(database) == []


@sqlite
def test_the_settings_say_where_it_may_go(services: Services, endpoint: Receiver) -> None:
    assert services.guard == Guard(
        networks=(ipaddress.ip_network("127.0.0.1"),), ports=frozenset({443, endpoint.port})
    )


@sqlite
def test_the_commands_list_and_try(
    run: Callable[..., Result],
    database: Database,
    owner: Moderator,
    services: Services,
    endpoint: Receiver,
    webhook: tuple[Webhook, str],
) -> None:
    tell(database)
    number = str(webhook[0].id)
    listed = run("webhook", "list")
    occasions = "urgent,held,waiting,scorer_down,surge"
    assert listed.output.rstrip("\n").split("\t") == [
        number,
        "all sites",
        "on",
        "1 waiting",
        occasions,
        endpoint.url,
    ]
    done = run("webhook", "test", number)
    assert (done.exit_code, done.output) == (0, "The endpoint answered 204.\n")
    assert json.loads(endpoint.requests[0].body)["type"] == "webhook.test"
    assert len(deliveries(database)) == 1, "a test by hand leaves no row"

    endpoint.statuses = [404]
    done = run("webhook", "test", number)
    assert (done.exit_code, "answered 404" in done.output) == (1, True)
    with database.transaction() as session:
        other, _ = make_webhook(session, owner, services.vault)  # on a port that nobody allowed
    with database.transaction() as session:
        session.get_one(Webhook, other.id).url_ciphertext = services.vault.encrypt(
            "https://127.0.0.1:1/", row=f"webhook:{other.id}"
        )
    done = run("webhook", "test", str(other.id))
    assert "WEBHOOK_ALLOW" in done.output
    assert "There is no webhook 99" in run("webhook", "test", "99").output
