"""Owners and their webhooks: within their reach, with secrets that change without a gap."""

import datetime as dt

import pytest

from moderation.db import Database
from moderation.errors import TooManyWebhooks, UnknownWebhook
from moderation.flow.keys import Turned, count_left, rotate_webhooks
from moderation.flow.notices.deliveries import queue_deliveries
from moderation.flow.notices.shown import LAST, read_shown
from moderation.flow.notices.webhooks import (
    PREVIOUS_FOR,
    WEBHOOKS_MAX,
    find_to_change,
    read_webhooks,
    remove_webhook,
    renew_secret,
    send_test,
    signing_secrets,
    url_of,
)
from moderation.models import Moderator, Site, Webhook
from moderation.privacy.vault import Vault
from moderation.statuses import Change, Occasion
from tests.doubles import NOON
from tests.factories import make_site
from tests.flow.keyring import AFTER, BEFORE, MIDDLE
from tests.flow.notices.owners import URL, acts, deliveries, later, make_owner, make_webhook

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def owner(database: Database) -> Moderator:
    with database.transaction() as session:
        return make_owner(session)


@pytest.fixture
def webhook(database: Database, owner: Moderator, vault: Vault) -> Webhook:
    with database.transaction() as session:
        return make_webhook(session, owner, vault)[0]


def test_address_and_secret_are_opened_by_the_vault_and_for_their_row_only(
    database: Database, owner: Moderator, vault: Vault
) -> None:
    with database.transaction() as session:
        first, secret = make_webhook(session, owner, vault)
        second, other = make_webhook(session, owner, vault, url="https://other.example/")
        assert (url_of(first, vault), signing_secrets(first, vault, now=NOON)) == (URL, [secret])
        assert secret != other

        second.url_ciphertext, second.secret_ciphertext = (
            first.url_ciphertext,
            first.secret_ciphertext,
        )
        assert (url_of(second, vault), signing_secrets(second, vault, now=NOON)) == (None, [])


def test_a_new_secret_signs_beside_the_old_one_for_a_day(
    database: Database, owner: Moderator, vault: Vault
) -> None:
    with database.transaction() as session:
        webhook, first = make_webhook(session, owner, vault)
        second = renew_secret(session, webhook, by=owner, vault=vault, now=NOON)

        day = PREVIOUS_FOR.total_seconds()
        assert signing_secrets(webhook, vault, now=NOON) == [second, first]
        assert signing_secrets(webhook, vault, now=later(seconds=day - 1)) == [second, first]
        assert signing_secrets(webhook, vault, now=later(seconds=day)) == [second]

        third = renew_secret(session, webhook, by=owner, vault=vault, now=later(hours=1))
        assert signing_secrets(webhook, vault, now=later(hours=1)) == [third, second]
    assert PREVIOUS_FOR == dt.timedelta(hours=24)
    assert acts(database)[1:] == [(Change.WEBHOOK_CHANGED, "secret")] * 2


def test_every_act_stands_in_the_log_with_who_did_it(
    database: Database, owner: Moderator, webhook: Webhook, vault: Vault
) -> None:
    with database.transaction() as session:
        found = find_to_change(session, webhook.id, owner)
        assert send_test(session, found, by=owner, now=NOON)
        remove_webhook(session, found, by=owner, now=NOON)

    assert [change for change, _ in acts(database)] == [
        Change.WEBHOOK_ADDED,
        Change.WEBHOOK_TESTED,
        Change.WEBHOOK_REMOVED,
    ]
    assert deliveries(database) == []


def test_owners_of_one_site_manage_those_of_their_site_only(
    database: Database, site: Site, owner: Moderator, webhook: Webhook, vault: Vault
) -> None:
    with database.transaction() as session:
        other = make_site(session, "other")
        editor = make_owner(session, site, "editor")
        here, _ = make_webhook(session, editor, vault, site)
        there, _ = make_webhook(session, owner, vault, other)
    with database.transaction() as session:
        assert [each.id for each in read_webhooks(session, editor)] == [here.id]
        assert find_to_change(session, here.id, editor).id == here.id
        for foreign in (webhook.id, there.id, 999):
            with pytest.raises(UnknownWebhook):
                find_to_change(session, foreign, editor)
        assert len(read_webhooks(session, owner)) == len(read_webhooks(session, None)) == 3
        assert find_to_change(session, here.id, owner).id == here.id


@sqlite
def test_there_are_so_many_at_most_on_a_site_and_on_all(
    database: Database, site: Site, owner: Moderator, vault: Vault
) -> None:
    with database.transaction() as session:
        for _ in range(WEBHOOKS_MAX):
            make_webhook(session, owner, vault)
        with pytest.raises(TooManyWebhooks):
            make_webhook(session, owner, vault)
        assert make_webhook(session, owner, vault, site)


def test_owners_see_what_waits_what_was_left_out_and_what_was_told_last(
    database: Database, owner: Moderator, vault: Vault
) -> None:
    with database.transaction() as session:
        make_webhook(session, owner, vault, open_max=LAST + 1)
        for _ in range(LAST + 3):
            queue_deliveries(
                session, Occasion.SCORER_DOWN, site_id=None, comment=None, article=None, now=NOON
            )
    with database.reading() as session:
        [shown] = read_shown(session, owner, vault=vault)
    assert (shown.url, shown.waiting, shown.left_out) == (URL, LAST + 1, 2)
    assert [each.id for each in shown.last] == [
        each.id for each in reversed(deliveries(database)[-LAST:])
    ]


def test_keys_are_rotated_with_everything_that_is_sealed(
    database: Database, owner: Moderator
) -> None:
    with database.transaction() as session:
        first, old = make_webhook(session, owner, BEFORE)
        new = renew_secret(session, first, by=owner, vault=BEFORE, now=NOON)
        make_webhook(session, owner, BEFORE)
        make_webhook(session, owner, MIDDLE)  # under the newest already
        assert count_left(session, MIDDLE).webhooks == 2
        assert rotate_webhooks(session, MIDDLE, after=0, limit=1) == Turned(first.id, 1, 0)
    with database.transaction() as session:
        assert rotate_webhooks(session, MIDDLE, after=first.id, limit=5) == Turned(None, 1, 0)
        assert count_left(session, MIDDLE).webhooks == 0
    with database.reading() as session:
        for each in read_webhooks(session, None):
            assert url_of(each, AFTER) == URL
        found = session.get_one(Webhook, first.id)
        assert signing_secrets(found, AFTER, now=NOON) == [new, old]


def test_what_no_key_opens_is_counted_and_stays(database: Database, owner: Moderator) -> None:
    with database.transaction() as session:
        webhook, secret = make_webhook(session, owner, BEFORE)
        assert rotate_webhooks(session, AFTER, after=0, limit=5) == Turned(None, 1, 1)
    with database.reading() as session:
        found = session.get_one(Webhook, webhook.id)
        assert signing_secrets(found, BEFORE, now=NOON) == [secret]
