"""Deliveries are claimed, sent and settled: at least once, and none is forgotten."""

import json

from sqlalchemy import select

from moderation.db import Database
from moderation.flow.notices.deliveries import queue_deliveries
from moderation.flow.notices.sending import (
    KEEP_ENDED,
    any_due,
    claim,
    forget_ended,
    prepare,
)
from moderation.flow.notices.webhooks import (
    find_to_change,
    remove_webhook,
)
from moderation.models import Delivery, Moderator, Site, Webhook
from moderation.privacy.vault import Vault
from moderation.statuses import DeliveryOutcome, Occasion
from tests.doubles import NOON, Clock
from tests.factories import make_comment
from tests.flow.notices.owners import URL, deliveries
from tests.flow.notices.sending.line import BROKEN, LEASE, End, Take, Tell, read
from tests.together import together


def test_it_is_sent_with_a_link_and_then_is_over(
    database: Database, webhook: Webhook, site: Site, take: Take, end: End, clock: Clock
) -> None:
    with database.transaction() as session:
        comment = make_comment(session, site)
        queue_deliveries(
            session, Occasion.HELD, site_id=site.id, comment=comment, article=None, now=NOON
        )
    clock.forward(3)
    outgoing = take()
    assert outgoing is not None
    assert outgoing.url == URL
    body = json.loads(outgoing.body)
    assert (body["type"], body["timestamp"]) == ("comment.held", NOON.isoformat())
    assert body["data"]["link"] == f"https://c.example/queue/{comment.public_id}"
    assert take() is None, "claimed twice"

    assert end(outgoing) is DeliveryOutcome.DELIVERED
    [done] = deliveries(database)
    assert (done.outcome, done.ended_at) == (DeliveryOutcome.DELIVERED, clock())
    assert (done.status_code, done.failure, done.lease, done.attempts) == (200, None, None, 1)
    assert take() is None


def test_what_is_about_an_article_links_to_its_part_of_the_queue(
    database: Database, webhook: Webhook, site: Site, take: Take
) -> None:
    with database.transaction() as session:
        article = make_comment(session, site).article
        queue_deliveries(
            session, Occasion.SURGE, site_id=site.id, comment=None, article=article, now=NOON
        )
    outgoing = take()
    assert outgoing is not None
    data = json.loads(outgoing.body)["data"]
    assert data["link"] == f"https://c.example/queue?article={article.id}"


def test_secrets_and_address_are_in_no_repr(webhook: Webhook, tell: Tell, take: Take) -> None:
    tell()
    shown = repr(take())

    assert "whsec_" not in shown
    assert "hooks.example" not in shown


def test_a_dead_senders_claim_is_taken_again_with_the_same_id(
    database: Database, webhook: Webhook, tell: Tell, take: Take, end: End, clock: Clock
) -> None:
    tell()
    first = take()
    clock.forward(LEASE.total_seconds() - 1)
    assert take() is None
    clock.forward(1)
    again = take()

    assert first is not None and again is not None
    assert (again.message_id, again.body) == (first.message_id, first.body)
    assert end(again) is DeliveryOutcome.DELIVERED
    assert end(first, BROKEN) is None, "a claim that is over settles nothing"
    [done] = deliveries(database)
    assert (done.outcome, done.status_code, done.attempts) == (DeliveryOutcome.DELIVERED, 200, 2)
    assert read(database, webhook).failures == 0


def test_a_webhook_that_was_removed_meanwhile_is_settled_by_nobody(
    database: Database, webhook: Webhook, owner: Moderator, tell: Tell, take: Take, end: End
) -> None:
    tell(2)
    outgoing, other = take(), take()
    with database.transaction() as session:
        remove_webhook(session, find_to_change(session, webhook.id, owner), by=owner, now=NOON)

    assert end(outgoing) is DeliveryOutcome.DELIVERED, "which is what the log then says"
    assert end(other, BROKEN) is None
    assert deliveries(database) == []


def test_two_senders_never_take_the_same(
    database: Database, webhook: Webhook, tell: Tell, take: Take
) -> None:
    tell(6)

    taken = together(*[take] * 6)

    assert not [each for each in taken if isinstance(each, Exception)]
    ids = [each.delivery_id for each in taken if each]
    assert len(ids) == len(set(ids))
    while rest := take():
        ids.append(rest.delivery_id)
    assert sorted(ids) == [each.id for each in deliveries(database)]


def test_of_two_that_settle_at_once_one_does(
    database: Database, webhook: Webhook, tell: Tell, take: Take, end: End, clock: Clock
) -> None:
    tell()
    first = take()
    clock.forward(LEASE.total_seconds())
    second = take()

    together(lambda: end(first, BROKEN), lambda: end(second))

    [done] = deliveries(database)
    assert (done.outcome, done.status_code) == (DeliveryOutcome.DELIVERED, 200)


def test_without_its_key_it_is_not_sent_and_not_forgotten(
    database: Database, webhook: Webhook, tell: Tell, clock: Clock
) -> None:
    stranger = Vault(vault_key="eHh4" + "A" * 39 + "=", index_key="aW4" + "B" * 40)
    tell()
    with database.transaction() as session:
        claimed = claim(session, now=clock(), lease_for=LEASE)
        assert claimed is not None
        found = prepare(session, claimed, vault=stranger, public_url="", now=clock())
    assert (found.url, found.signing) == (None, [])


def test_what_ended_long_ago_is_forgotten_and_nothing_else(
    database: Database, webhook: Webhook, tell: Tell, take: Take, end: End, clock: Clock
) -> None:
    tell(4)
    for _ in range(3):
        end(take())
    clock.forward(KEEP_ENDED.total_seconds())
    with database.transaction() as session:
        assert forget_ended(session, now=clock(), limit=2) == 0
    clock.forward(1)
    with database.transaction() as session:
        assert forget_ended(session, now=clock(), limit=2) == 2
        assert forget_ended(session, now=clock(), limit=2) == 1
    assert [each.ended_at for each in deliveries(database)] == [None]


def test_whether_there_is_something_due_is_what_a_claim_finds(
    database: Database, webhook: Webhook, tell: Tell, take: Take, end: End, clock: Clock
) -> None:
    def due() -> bool:
        with database.reading() as session:
            return any_due(session, now=clock())

    assert not due()
    tell()
    assert due()
    outgoing = take()
    assert not due()
    end(outgoing, BROKEN)
    assert not due()
    clock.forward(10)
    assert due()
    with database.reading() as session:
        assert session.scalar(select(Delivery.attempts)) == 1
