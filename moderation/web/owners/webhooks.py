"""Webhooks: an owner's endpoints, what they were told last, and all that becomes of them."""

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from moderation.errors import TooManyWebhooks
from moderation.flow.notices import webhooks as acts
from moderation.flow.notices.shown import read_shown
from moderation.flow.sites import visible_sites
from moderation.flow.team.reach import take_charge
from moderation.models import Moderator, Webhook
from moderation.services import services
from moderation.statuses import WebhookOff
from moderation.web.errors import ANSWERS
from moderation.web.forms.webhooks import FAILURES, OCCASIONS, WebhookForm
from moderation.web.gate import current_moderator
from moderation.web.owners import owners

DONE = "webhook_done"  # what a form did, shown once


@owners.get("/webhooks")
def webhooks() -> str:
    """The endpoints that this owner manages."""
    return _show(done=session.pop(DONE, None))


@owners.post("/webhooks")
def add_webhook() -> ResponseReturnValue:
    """Add one; its secret is shown this once."""
    form = _form()
    if not form.validate_on_submit():
        return _show(form=form), 400
    found = services()
    try:
        with found.database.transaction() as db:
            made, secret = acts.add_webhook(
                db,
                form.url.data,
                site=form.where,
                occasions=form.wanted,
                open_max=form.open_max.data,
                by=take_charge(db, current_moderator()),
                vault=found.vault,
                now=found.clock(),
            )
    except TooManyWebhooks:
        return _show(form=form, problem=ANSWERS[TooManyWebhooks][1]), 409
    return _show(secret=secret, secret_of=made.id)


@owners.post("/webhooks/<row:webhook_id>/secret")
def renew_webhook_secret(webhook_id: int) -> str:
    """A new secret, shown this once; the one so far signs as well for a day."""
    found = services()
    with found.database.transaction() as db:
        owner = take_charge(db, current_moderator())
        webhook = acts.find_to_change(db, webhook_id, owner)
        secret = acts.renew_secret(db, webhook, by=owner, vault=found.vault, now=found.clock())
    return _show(secret=secret, secret_of=webhook_id, is_renewed=True)


@owners.post("/webhooks/<row:webhook_id>/test")
def test_webhook(webhook_id: int) -> Response:
    """Have a test sent."""

    def act(db: Session, webhook: Webhook, owner: Moderator) -> str:
        if acts.send_test(db, webhook, by=owner, now=services().clock()):
            return "A test is on its way. Reload this page to see what came of it."
        return "This webhook is off. Switch it on first."

    return _act(webhook_id, act)


@owners.post("/webhooks/<row:webhook_id>/off")
def switch_webhook_off(webhook_id: int) -> Response:
    """Tell it nothing any more."""

    def act(db: Session, webhook: Webhook, owner: Moderator) -> str:
        acts.switch_off(db, webhook, WebhookOff.OWNER, by=owner, now=services().clock())
        return "The webhook is off. What waited for it is not sent any more."

    return _act(webhook_id, act)


@owners.post("/webhooks/<row:webhook_id>/on")
def switch_webhook_on(webhook_id: int) -> Response:
    """Tell it of things again."""

    def act(db: Session, webhook: Webhook, owner: Moderator) -> str:
        acts.switch_on(db, webhook, by=owner, now=services().clock())
        return "The webhook is on: it is told what happens from now on."

    return _act(webhook_id, act)


@owners.post("/webhooks/<row:webhook_id>/remove")
def remove_webhook(webhook_id: int) -> Response:
    """Delete it with its deliveries."""

    def act(db: Session, webhook: Webhook, owner: Moderator) -> str:
        acts.remove_webhook(db, webhook, by=owner, now=services().clock())
        return "The webhook is removed."

    return _act(webhook_id, act)


def _act(webhook_id: int, act: Callable[[Session, Webhook, Moderator], str]) -> Response:
    """Do something to a webhook that this owner manages, all in one transaction."""
    with services().database.transaction() as db:
        owner = take_charge(db, current_moderator())
        session[DONE] = act(db, acts.find_to_change(db, webhook_id, owner), owner)
    return redirect(url_for("owners.webhooks"), 303)


def _form(**known: Any) -> WebhookForm:
    owner = current_moderator()
    with services().database.reading() as db:
        sites = visible_sites(db, owner)
    return WebhookForm(sites, services().guard, everywhere=owner.site_id is None, **known)


def _show(**changes: Any) -> str:
    owner, found = current_moderator(), services()
    with found.database.reading() as db:
        shown = read_shown(db, owner, vault=found.vault)
    return render_template(
        "owners/webhooks.html",
        **{
            "shown": shown,
            "form": changes.pop("form", None) or _form(formdata=None),
            "FAILURES": FAILURES,
            "OCCASIONS": OCCASIONS,
            "now": found.clock(),
            **changes,
        },
    )
