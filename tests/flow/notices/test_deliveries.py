"""What endpoints are to be told: written with what causes it, bounded, and nothing personal."""

import json
import threading
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from moderation.db import Database
from moderation.flow.notices.announce import announce
from moderation.flow.notices.deliveries import queue_deliveries, who_wants
from moderation.flow.notices.webhooks import (
    add_webhook,
    find_to_change,
    remove_webhook,
    switch_off,
)
from moderation.models import (
    Comment,
    Delivery,
    Event,
    FindingRow,
    Moderator,
    Site,
    Webhook,
)
from moderation.privacy.vault import Vault
from moderation.statuses import (
    Code,
    DeliveryOutcome,
    Occasion,
    Status,
    Urgency,
    Verdict,
    WebhookOff,
)
from tests.doubles import NOON
from tests.factories import make_comment, make_site
from tests.flow.notices.owners import ALL, URL, deliveries, make_owner, make_webhook
from tests.together import together

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
PLACE = "news.example.com/trees"


@pytest.fixture
def owner(database: Database) -> Moderator:
    with database.transaction() as session:
        return make_owner(session)


def tell(session: Session, occasion: Occasion, site: Site | None, **about: Any) -> None:
    """It happened, as of noon."""
    known = {"comment": None, "article": None, **about}
    site_id = site.id if site else None
    queue_deliveries(session, occasion, site_id=site_id, now=NOON, **known)


def hold(database: Database, site: Site, **changes: object) -> Comment:
    """A comment comes to be held, and that is announced."""
    with database.transaction() as session:
        comment = make_comment(session, site, **changes)  # type: ignore[arg-type]
        tell(session, Occasion.HELD, site, comment=comment)
    return comment


def test_a_held_comment_is_told_by_ids_codes_and_addresses(
    database: Database, site: Site, owner: Moderator, vault: Vault
) -> None:
    with database.transaction() as session:
        make_webhook(session, owner, vault)
        comment = make_comment(session, site, email="ada@example.com", vault=vault)
        comment.article.url += "?to=ada@example.com&say=insult"
        comment.article.key += "?say=insult&to=ada@example.com"
        moved = session.scalars(select(Event.id).where(Event.comment_id == comment.id)).first()
        for code in (Code.TOXICITY, Code.TOXICITY, Code.LINKS):
            session.add(
                FindingRow(
                    comment_id=comment.id,
                    event_id=moved,
                    code=code,
                    verdict=Verdict.HOLD,
                    detail="a secret word",
                )
            )
        comment.urgent = Urgency.THREAT_TO_LIFE
        announce(session, Occasion.URGENT, site_id=site.id, comment=comment, now=NOON)

    [told] = deliveries(database)
    assert told.data == {
        "site": "news",
        "comment": comment.public_id,
        "status": "held",
        "urgency": "threat_to_life",
        "reports": 0,
        "findings": ["links", "toxicity"],
        "article": comment.article_id,
        "place": PLACE,
    }
    assert told.occasion is Occasion.URGENT
    assert (told.created_at, told.run_after, told.ended_at) == (NOON, NOON, None)
    whole = json.dumps({**told.data, "comment": ""})  # its id may hold three letters by chance
    for personal in ("Ada", "ada@example.com", "insult", "lovely", "secret word", "Trees"):
        assert personal not in whole


def test_what_is_about_no_comment_tells_how_many_wait(
    database: Database, site: Site, owner: Moderator, vault: Vault
) -> None:
    with database.transaction() as session:
        make_webhook(session, owner, vault)
        other = make_site(session, "other")
        first = make_comment(session, site)
        make_comment(session, site)
        make_comment(session, other)
        article = first.article
        tell(session, Occasion.SCORER_DOWN, None)
        tell(session, Occasion.SURGE, site, article=article)

    assert [each.data for each in deliveries(database)] == [
        {"site": None, "held": 3},
        {"site": "news", "held": 2, "article": article.id, "place": PLACE},
    ]


def test_whoever_has_one_site_is_told_how_many_wait_there(
    database: Database, site: Site, owner: Moderator, vault: Vault
) -> None:
    with database.transaction() as session:
        other = make_site(session, "other")
        make_webhook(session, owner, vault, other)
        make_webhook(session, owner, vault)
        for each in (site, site, other):
            make_comment(session, each)
        tell(session, Occasion.SCORER_DOWN, None)
    assert [each.data["held"] for each in deliveries(database)] == [1, 3]


def test_nothing_is_told_of_what_did_not_happen(
    database: Database, site: Site, owner: Moderator, vault: Vault
) -> None:
    with database.transaction() as session:
        make_webhook(session, owner, vault)
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        tell(session, Occasion.SCORER_DOWN, None)
        assert session.scalar(select(func.count()).select_from(Delivery)) == 1
        raise ZeroDivisionError
    assert deliveries(database) == []


def test_each_hears_of_its_own_site_and_of_its_occasions(
    database: Database, site: Site, owner: Moderator, vault: Vault
) -> None:
    with database.transaction() as session:
        other = make_site(session, "other")
        everywhere, _ = make_webhook(session, owner, vault)
        here, _ = make_webhook(session, owner, vault, site)
        there, _ = make_webhook(session, owner, vault, other)
        make_webhook(session, owner, vault, site, occasions=[Occasion.SURGE])
        off, _ = make_webhook(session, owner, vault, site)
        switch_off(session, off, WebhookOff.OWNER, by=owner, now=NOON)
    hold(database, site)
    assert [each.webhook_id for each in deliveries(database)] == [everywhere.id, here.id]

    with database.transaction() as session:
        tell(session, Occasion.SCORER_DOWN, None)
    assert [each.webhook_id for each in deliveries(database)][2:] == [
        everywhere.id,
        here.id,
        there.id,
    ]
    assert len({each.public_id for each in deliveries(database)}) == 5


def test_beyond_so_many_waiting_they_are_left_out_and_counted(
    database: Database, site: Site, owner: Moderator, vault: Vault
) -> None:
    with database.transaction() as session:
        few, _ = make_webhook(session, owner, vault, open_max=2)
        many, _ = make_webhook(session, owner, vault)
    for _ in range(4):
        hold(database, site)
    of_few = [each for each in deliveries(database) if each.webhook_id == few.id]
    assert [each.outcome for each in of_few] == [
        None,
        None,
        DeliveryOutcome.LEFT_OUT,
        DeliveryOutcome.LEFT_OUT,
    ]
    assert [each.ended_at for each in of_few][2:] == [NOON, NOON]
    assert not any(e.ended_at for e in deliveries(database) if e.webhook_id == many.id)

    with database.transaction() as session:
        session.get_one(Delivery, of_few[0].id).ended_at = NOON
    hold(database, site)
    last = [each for each in deliveries(database) if each.webhook_id == few.id][-1]
    assert last.ended_at is None


@sqlite
def test_where_nobody_has_a_webhook_a_comment_costs_one_statement(
    database: Database, site: Site
) -> None:
    with database.transaction() as session:
        comment = make_comment(session, site, status=Status.HELD)
        session.flush()
        said: list[str] = []
        event.listen(database.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
        tell(session, Occasion.HELD, site, comment=comment)
    assert [each for each in said if "webhooks" not in each] == []
    assert len(said) == 1


@postgresql
def test_a_webhook_that_is_removed_meanwhile_spoils_no_decision(
    database: Database, site: Site, owner: Moderator, vault: Vault
) -> None:
    """Whoever writes a delivery finishes first; the removal waits and takes it along."""
    with database.transaction() as session:
        webhook, _ = make_webhook(session, owner, vault)
    written, removed = threading.Event(), threading.Event()

    def decide() -> None:
        with database.transaction() as session:
            comment = make_comment(session, site)
            assert who_wants(session, Occasion.HELD, site.id)
            written.set()
            assert not removed.wait(0.3), "removed while a delivery for it is being written"
            tell(session, Occasion.HELD, site, comment=comment)

    def remove() -> None:
        assert written.wait(10)
        with database.transaction() as session:
            remove_webhook(session, find_to_change(session, webhook.id, owner), by=owner, now=NOON)
        removed.set()

    assert together(decide, remove) == [None, None]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Comment)) == 1
        assert session.scalar(select(func.count()).select_from(Webhook)) == 0
    assert deliveries(database) == []


def test_a_stolen_database_neither_reaches_an_endpoint_nor_signs(
    database: Database, owner: Moderator, vault: Vault
) -> None:
    with database.transaction() as session:
        webhook, secret = add_webhook(
            session, URL, site=None, occasions=ALL, open_max=1, by=owner, vault=vault, now=NOON
        )
    with database.reading() as session:
        row = session.execute(select(Webhook.__table__).where(Webhook.id == webhook.id)).one()
    assert "hooks.example" not in repr(row)
    assert secret not in repr(row) and secret.removeprefix("whsec_") not in repr(row)
