"""The sender of webhooks against a real receiver over https on loopback."""

import io
import json
from typing import Any

import pytest
from sqlalchemy import event

from moderation.db import Database
from moderation.flow.notices.message import headers_for
from moderation.flow.notices.webhooks import find_to_change, renew_secret
from moderation.models import Moderator, Webhook
from moderation.outgoing.guard import Guard
from moderation.outgoing.post import Poster
from moderation.services import Services
from moderation.statuses import DeliveryOutcome, Status
from moderation.webhooks import WebhookSender
from moderation.worker import Worker
from tests.doubles import NOON, Clock
from tests.factories import make_comment, make_site
from tests.flow.notices.owners import deliveries
from tests.together import together
from tests.webhook_server import Receiver
from tests.webhooks.telling import counted, tell

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


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


def test_the_serving_process_runs_it_and_the_housekeeper_forgets(
    database: Database, services: Services, webhook: tuple[Webhook, str], clock: Clock
) -> None:
    assert services.webhooks in services.backgrounds
    tell(database)
    services.webhooks()
    clock.forward(8 * 86_400)
    services.housekeeper()
    assert deliveries(database) == []
