"""The owners' side of the stage: webhooks in every state, which send nothing meanwhile."""

import datetime as dt
from typing import Any

from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.flow.notices.message import new_message_id
from moderation.flow.notices.webhooks import add_webhook, renew_secret
from moderation.models import Delivery, Moderator, Site, Webhook
from moderation.statuses import DeliveryFailure, DeliveryOutcome, Occasion, Role, WebhookOff
from moderation.sweep import now
from tests.browser.stage import Stage

LONG = "https://hooks.example/services/T0123456789/B0123456789/a-path-without-any-place-to-break-it"
HOUR = dt.timedelta(hours=1)


def fill_webhooks(stage: Stage) -> None:
    """Put them there: one that does well, one that fails, one that is off."""
    vault = stage.services.vault
    with stage.services.database.transaction() as session:
        owner = session.scalars(select(Moderator).where(Moderator.role == Role.OWNER)).first()
        site = session.scalars(select(Site).where(Site.key == "news")).one()
        assert owner is not None

        def add(url: str, where: Site | None, *occasions: Occasion) -> Webhook:
            return add_webhook(
                session,
                url,
                site=where,
                occasions=occasions,
                open_max=1_000,
                by=owner,
                vault=vault,
                now=now(),
            )[0]

        well = add(LONG, None, Occasion.URGENT, Occasion.SCORER_DOWN)
        failing = add("https://newsroom.example/comments", site, *Occasion)
        off = add("https://old.example/hook", site, Occasion.SURGE)
        renew_secret(session, well, by=owner, vault=vault, now=now())
        failing.failing_since, failing.failures = now() - 30 * HOUR, 9
        well.rests_until = failing.rests_until = now() + dt.timedelta(days=3_000)
        off.off_at, off.off_reason = now() - HOUR, WebhookOff.FAILING
        _tell(session, well, Occasion.URGENT, outcome=DeliveryOutcome.DELIVERED, status_code=204)
        _tell(session, well, None, outcome=DeliveryOutcome.DELIVERED, status_code=200)
        _tell(session, failing, Occasion.HELD, attempts=6, status_code=503)
        _tell(session, failing, Occasion.SURGE, attempts=2, failure=DeliveryFailure.CERTIFICATE)
        _tell(session, failing, Occasion.HELD, outcome=DeliveryOutcome.LEFT_OUT)
        _tell(session, off, Occasion.SURGE, outcome=DeliveryOutcome.SWITCHED_OFF, attempts=9)


def _tell(session: Session, webhook: Webhook, occasion: Occasion | None, **facts: Any) -> None:
    session.add(
        Delivery(
            public_id=new_message_id(),
            webhook_id=webhook.id,
            occasion=occasion,
            data={"site": "news", "held": 0},
            created_at=now() - 2 * HOUR,
            run_after=now() + HOUR,
            ended_at=now() if "outcome" in facts else None,
            **facts,
        )
    )


def visit_all(page: Page, stage: Stage, article: str) -> None:
    """Every webhook with all that can be done about it."""
    page.goto(f"{stage.url}/webhooks")
    for summary in page.locator("summary").all():
        summary.click()


def visit_added(page: Page, stage: Stage, article: str) -> None:
    """One is added and gone again, so that there is no end to their number."""
    page.goto(f"{stage.url}/webhooks")
    page.get_by_label("Address of the endpoint").fill("https://new.example/hook")
    page.get_by_label("a comment is urgent").check()
    page.get_by_role("button", name="Add").click()
    page.get_by_text("Shown this once").wait_for()
    with stage.services.database.transaction() as session:
        newest = session.scalars(select(Webhook).order_by(Webhook.id.desc())).first()
        session.delete(newest)


def visit_added_badly(page: Page, stage: Stage, article: str) -> None:
    """Neither address nor occasion will do."""
    page.goto(f"{stage.url}/webhooks")
    page.get_by_label("Address of the endpoint").fill("https://10.0.0.1/hook")
    page.get_by_role("button", name="Add").click()
    page.get_by_text("This address is not public.").wait_for()
