"""Endpoints that fail: tried again, rested, given up, switched off."""

import datetime as dt
import json
from typing import Any

import pytest

from moderation.db import Database
from moderation.flow.notices import sending
from moderation.flow.notices.sending import (
    JITTER,
    PAUSES,
    Answer,
)
from moderation.flow.notices.webhooks import (
    find_to_change,
    send_test,
    switch_off,
    switch_on,
)
from moderation.models import Delivery, Moderator, Webhook
from moderation.privacy.vault import Vault
from moderation.statuses import Change, DeliveryFailure, DeliveryOutcome, WebhookOff
from tests.doubles import NOON, Clock
from tests.flow.notices.owners import acts, deliveries, make_webhook
from tests.flow.notices.sending.line import BROKEN, DOWN, TAKEN, End, Take, Tell, read

DAY = 86_400


@pytest.mark.parametrize("status", [199, 301, 302, 400, 404, 429, 500, 503])
def test_all_but_200_to_299_is_tried_again(
    database: Database, webhook: Webhook, tell: Tell, take: Take, end: End, status: int
) -> None:
    tell()
    assert end(take(), Answer(status)) is None
    [waiting] = deliveries(database)
    assert (waiting.outcome, waiting.status_code) == (None, status)
    assert waiting.run_after > NOON


def test_it_is_tried_again_by_the_schedule_under_the_same_id_and_then_given_up(
    database: Database, webhook: Webhook, tell: Tell, take: Take, end: End, clock: Clock
) -> None:
    tell()
    sent = []
    for pause in PAUSES:
        outgoing = take()
        assert outgoing is not None
        sent.append((outgoing.message_id, outgoing.body))
        assert end(outgoing, DOWN) is None
        [waiting] = deliveries(database)
        assert pause <= waiting.run_after - clock() <= pause * (1 + JITTER)
        clock.forward(pause.total_seconds() - 1)
        assert take() is None, "too early"
        clock.forward(pause.total_seconds() * JITTER + 601)
    sent.append(((last := take()).message_id, last.body))  # type: ignore[union-attr]
    assert end(last, DOWN) is DeliveryOutcome.GIVEN_UP
    assert len(sent) == 10
    assert len(set(sent)) == 1
    assert take() is None
    assert deliveries(database)[0].failure is DeliveryFailure.NO_CONNECTION


def test_pauses_are_spread(
    database: Database, webhook: Webhook, tell: Tell, take: Take, end: End, clock: Clock
) -> None:
    tell(5)
    for _ in range(5):
        outgoing = take()
        end(outgoing, BROKEN)
        clock.forward(0)
        with database.transaction() as session:
            session.get_one(Webhook, webhook.id).rests_until = None
    assert len({each.run_after for each in deliveries(database)}) == 5


def test_an_endpoint_that_fails_rests_as_a_whole(
    database: Database, webhook: Webhook, tell: Tell, take: Take, end: End, clock: Clock
) -> None:
    """A thousand that wait for a dead endpoint cost one try now and then, and no try of others."""
    tell(100)
    tries, until = 0, clock() + dt.timedelta(hours=1)
    while clock() < until:
        outgoing = take()
        if outgoing is not None:
            tries += 1
            end(outgoing, DOWN)
        clock.forward(5)
    assert 10 <= tries <= 25
    assert max(each.attempts for each in deliveries(database)) <= 3

    clock.forward(600)
    assert end(take()) is DeliveryOutcome.DELIVERED
    assert take() is not None, "all others go as soon as one arrived"
    assert read(database, webhook).failing_since is None


def test_a_slow_or_dead_endpoint_keeps_no_other_waiting(
    database: Database,
    webhook: Webhook,
    owner: Moderator,
    vault: Vault,
    tell: Tell,
    take: Take,
    end: End,
    clock: Clock,
) -> None:
    tell(50)  # for the one alone
    with database.transaction() as session:
        other, _ = make_webhook(session, owner, vault)
    tell(2)
    order = []
    for _ in range(5):
        outgoing = take()
        assert outgoing is not None
        order.append(outgoing.webhook_id)
        clock.forward(10)
        end(outgoing)
    assert order[:4] in (
        [webhook.id, other.id, webhook.id, other.id],
        [other.id, webhook.id, other.id, webhook.id],
    )


def test_an_endpoint_that_failed_goes_after_the_others_for_five_minutes(
    database: Database,
    webhook: Webhook,
    owner: Moderator,
    vault: Vault,
    tell: Tell,
    take: Take,
    end: End,
    clock: Clock,
) -> None:
    """It may hang for as long as an answer may take; and starves behind none that is busy."""
    tell()
    end(take(), DOWN)
    with database.transaction() as session:
        other, _ = make_webhook(session, owner, vault)
    tell(40)
    turns = []
    for second in range(0, 615, 15):  # each try takes as long as it may
        outgoing = take()
        assert outgoing is not None
        clock.forward(15)
        if outgoing.webhook_id == webhook.id:
            turns.append(second)
        end(outgoing, DOWN if outgoing.webhook_id == webhook.id else TAKEN)
    assert turns == [300], "though it rested for seconds only, and something is due for the other"

    clock.forward(600)
    outgoing = take()
    assert outgoing is not None and outgoing.webhook_id == webhook.id
    end(outgoing)
    assert read(database, webhook).failures == 0, "well again, it is one of many"
    for _ in range(2):
        outgoing = take()
        end(outgoing)
    assert outgoing is not None and outgoing.webhook_id == webhook.id


def test_410_switches_the_webhook_off(
    database: Database, webhook: Webhook, tell: Tell, take: Take, end: End
) -> None:
    tell(3)
    assert end(take(), Answer(410)) is DeliveryOutcome.SWITCHED_OFF
    found = read(database, webhook)
    assert (found.off_at, found.off_reason) == (NOON, WebhookOff.GONE)
    assert {each.outcome for each in deliveries(database)} == {DeliveryOutcome.SWITCHED_OFF}
    assert acts(database)[1:] == [(Change.WEBHOOK_CHANGED, "gone")]
    assert take() is None


def test_five_days_of_failures_switch_it_off(
    database: Database, webhook: Webhook, tell: Tell, take: Take, end: End, clock: Clock
) -> None:
    tell(3)
    end(take(), DOWN)
    for _ in range(4):
        clock.forward(DAY)
        end(take(), DOWN)
    clock.forward(DAY - 1)
    end(take(), DOWN)
    assert read(database, webhook).off_at is None
    clock.forward(600)
    end(take(), DOWN)
    found = read(database, webhook)
    assert (found.off_at, found.off_reason) == (clock(), WebhookOff.FAILING)
    assert acts(database)[1:] == [(Change.WEBHOOK_CHANGED, "failing")]
    assert {each.outcome for each in deliveries(database)} == {DeliveryOutcome.SWITCHED_OFF}


def test_what_failed_long_ago_does_not_count(
    database: Database, webhook: Webhook, tell: Tell, take: Take, end: End, clock: Clock
) -> None:
    """Nothing was sent since the last one was given up: it may have been well for weeks."""
    tell()
    for pause in PAUSES:
        end(take(), DOWN)
        clock.forward(pause.total_seconds() * (1 + JITTER) + 1)
    assert end(take(), DOWN) is DeliveryOutcome.GIVEN_UP
    failed = read(database, webhook)
    assert (failed.failing_since, failed.failures) == (NOON, 10), "as long as it is tried"

    clock.forward(14 * DAY)
    tell()
    assert end(take(), DOWN) is None
    found = read(database, webhook)
    assert (found.off_at, found.failing_since, found.failures) == (None, clock(), 1)


def test_an_answer_in_between_begins_the_days_anew(
    database: Database, webhook: Webhook, tell: Tell, take: Take, end: End, clock: Clock
) -> None:
    tell(4)
    for answer in (DOWN, DOWN, DOWN, DOWN, TAKEN, DOWN, DOWN, DOWN):
        end(take(), answer)
        clock.forward(DAY)
    assert read(database, webhook).off_at is None


def test_switched_on_again_it_starts_afresh(
    database: Database,
    webhook: Webhook,
    owner: Moderator,
    tell: Tell,
    take: Take,
    end: End,
) -> None:
    tell()
    end(take(), BROKEN)
    with database.transaction() as session:
        found = find_to_change(session, webhook.id, owner)
        assert switch_off(session, found, WebhookOff.OWNER, by=owner, now=NOON)
        assert not switch_off(session, found, WebhookOff.OWNER, by=owner, now=NOON)
        assert not send_test(session, found, by=owner, now=NOON)
        assert switch_on(session, found, by=owner, now=NOON)
        assert not switch_on(session, found, by=owner, now=NOON)
    assert take() is None, "what waited when it was switched off is over"
    tell()
    assert end(take()) is DeliveryOutcome.DELIVERED
    assert acts(database)[1:] == [(Change.WEBHOOK_CHANGED, "off"), (Change.WEBHOOK_CHANGED, "on")]


def test_a_test_goes_at_once_also_to_one_that_rests(
    database: Database, webhook: Webhook, owner: Moderator, tell: Tell, take: Take, end: End
) -> None:
    tell()
    end(take(), BROKEN)
    assert take() is None
    with database.transaction() as session:
        assert send_test(session, find_to_change(session, webhook.id, owner), by=owner, now=NOON)
    outgoing = take()
    assert outgoing is not None
    assert json.loads(outgoing.body) == {
        "type": "webhook.test",
        "timestamp": NOON.isoformat(),
        "data": {"webhook": webhook.id},
    }


def test_a_test_goes_before_all_that_waits(
    database: Database,
    webhook: Webhook,
    owner: Moderator,
    vault: Vault,
    tell: Tell,
    take: Take,
) -> None:
    tell(3)
    with database.transaction() as session:
        make_webhook(session, owner, vault)
    tell(1)
    with database.transaction() as session:
        send_test(session, find_to_change(session, webhook.id, owner), by=owner, now=NOON)
    outgoing = take()
    assert outgoing is not None and b"webhook.test" in outgoing.body


def test_what_was_being_written_as_it_was_switched_off_is_over_when_it_is_on_again(
    database: Database, webhook: Webhook, owner: Moderator, tell: Tell, take: Take
) -> None:
    with database.transaction() as session:
        found = find_to_change(session, webhook.id, owner)
        switch_off(session, found, WebhookOff.OWNER, by=owner, now=NOON)
    with database.transaction() as session:  # by somebody who saw it on
        session.add(
            Delivery(
                public_id="msg_1", webhook_id=webhook.id, data={}, created_at=NOON, run_after=NOON
            )
        )
    with database.transaction() as session:
        switch_on(session, find_to_change(session, webhook.id, owner), by=owner, now=NOON)
    assert take() is None
    assert deliveries(database)[0].outcome is DeliveryOutcome.SWITCHED_OFF
    tell()
    assert take() is not None


def test_the_schedule_is_that_of_the_specification() -> None:
    seconds: Any = [each.total_seconds() for each in PAUSES]

    assert seconds == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert sending.FAILING_FOR > sum(PAUSES, dt.timedelta()), "given up before it is switched off"
