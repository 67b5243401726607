"""Webhooks: owners add, test, switch, renew and remove them; every act stands in the log.

Address and secrets are sealed for their row: whoever has the database alone neither reaches an
endpoint nor signs for us.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, joinedload

from moderation.errors import TooManyWebhooks, UndecryptableEmail, UnknownWebhook
from moderation.flow.notices.message import new_message_id, new_secret
from moderation.models import Delivery, Event, Moderator, Site, Webhook
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, DeliveryOutcome, Occasion, WebhookOff

WEBHOOKS_MAX = 20  # of one site, or of all
PREVIOUS_FOR = dt.timedelta(hours=24)  # a secret that was replaced still signs as well


def add_webhook(
    session: Session,
    url: str,
    *,
    site: Site | None,
    occasions: Iterable[Occasion],
    open_max: int,
    by: Moderator,
    vault: Vault,
    now: dt.datetime,
) -> tuple[Webhook, str]:
    """A new webhook of the site (None: all), and its secret. Raises TooManyWebhooks.

    `url` must have passed the guard (moderation/outgoing).
    """
    site_id = site.id if site else None
    same = select(func.count()).where(Webhook.site_id.is_not_distinct_from(site_id))
    if (session.scalar(same) or 0) >= WEBHOOKS_MAX:
        raise TooManyWebhooks(f"there are {WEBHOOKS_MAX} already")
    webhook = Webhook(
        site_id=site_id,
        occasions=[occasion.value for occasion in Occasion if occasion in set(occasions)],
        open_max=open_max,
        url_ciphertext=b"",
        secret_ciphertext=b"",
        created_by=by.id,
        created_at=now,
    )
    session.add(webhook)
    session.flush()  # what is sealed names the row
    secret = new_secret()
    webhook.url_ciphertext = vault.encrypt(url, row=_row(webhook))
    webhook.secret_ciphertext = vault.encrypt(secret, row=_row(webhook))
    _record(session, webhook, Change.WEBHOOK_ADDED, by=by, now=now)
    return webhook, secret


def renew_secret(
    session: Session, webhook: Webhook, *, by: Moderator, vault: Vault, now: dt.datetime
) -> str:
    """A new secret; the one so far signs beside it for PREVIOUS_FOR."""
    secret = new_secret()
    webhook.previous_ciphertext = webhook.secret_ciphertext
    webhook.previous_until = now + PREVIOUS_FOR
    webhook.secret_ciphertext = vault.encrypt(secret, row=_row(webhook))
    _record(session, webhook, Change.WEBHOOK_CHANGED, by=by, now=now, reason="secret")
    return secret


def switch_on(session: Session, webhook: Webhook, *, by: Moderator, now: dt.datetime) -> bool:
    """Tell it of things again, from now on; False where it is on."""
    if webhook.off_at is None:
        return False
    # What others were writing as it was switched off, and no one saw.
    _end_waiting(session, webhook, now)
    webhook.off_at = webhook.off_reason = None
    webhook.failures, webhook.failing_since, webhook.rests_until = 0, None, None
    _record(session, webhook, Change.WEBHOOK_CHANGED, by=by, now=now, reason="on")
    return True


def switch_off(
    session: Session,
    webhook: Webhook,
    why: WebhookOff,
    *,
    by: Moderator | None,
    now: dt.datetime,
) -> bool:
    """Tell it nothing any more; what still waits ends untold. False where it is off.

    `by` None: the machine does, because of what the endpoint answers.
    """
    if webhook.off_at is not None:
        return False
    webhook.off_at, webhook.off_reason = now, why
    _end_waiting(session, webhook, now)
    reason = "off" if why is WebhookOff.OWNER else why.value
    _record(session, webhook, Change.WEBHOOK_CHANGED, by=by, now=now, reason=reason)
    return True


def send_test(session: Session, webhook: Webhook, *, by: Moderator, now: dt.datetime) -> bool:
    """Have it told of a test; False where it is off."""
    if webhook.off_at is not None:
        return False
    webhook.rests_until = None  # whoever tests has mended something, and waits for the answer
    session.add(
        Delivery(
            public_id=new_message_id(),
            webhook_id=webhook.id,
            occasion=None,
            data={"webhook": webhook.id},
            created_at=now,
            run_after=now,
        )
    )
    _record(session, webhook, Change.WEBHOOK_TESTED, by=by, now=now)
    return True


def remove_webhook(session: Session, webhook: Webhook, *, by: Moderator, now: dt.datetime) -> None:
    """Delete it with all that it was told and is still to be told."""
    _record(session, webhook, Change.WEBHOOK_REMOVED, by=by, now=now)
    # Behind all who are writing a delivery for it just now: see `who_wants` in deliveries.py.
    session.refresh(webhook, with_for_update=True)
    session.execute(delete(Delivery).where(Delivery.webhook_id == webhook.id))
    session.delete(webhook)


def find_to_change(session: Session, number: int, owner: Moderator) -> Webhook:
    """A webhook that this owner manages, held until the end. Raises UnknownWebhook."""
    query = select(Webhook).where(Webhook.id == number).with_for_update(key_share=True)
    webhook = session.scalar(query)
    if webhook is None or owner.site_id not in (None, webhook.site_id):
        raise UnknownWebhook("none that this owner manages")
    return webhook


def read_webhooks(session: Session, owner: Moderator | None) -> Sequence[Webhook]:
    """The webhooks that this owner manages, the oldest first; None: the operator sees all."""
    query = select(Webhook).options(joinedload(Webhook.site)).order_by(Webhook.id)
    if owner is not None and owner.site_id is not None:
        query = query.where(Webhook.site_id == owner.site_id)
    return session.scalars(query).all()


def url_of(webhook: Webhook, vault: Vault) -> str | None:
    """Where it sends to; None where no key here opens it."""
    return _opened(webhook, webhook.url_ciphertext, vault)


def signing_secrets(webhook: Webhook, vault: Vault, *, now: dt.datetime) -> list[str]:
    """What to sign with now, the newest first; empty where no key here opens the newest."""
    newest = _opened(webhook, webhook.secret_ciphertext, vault)
    if newest is None:
        return []
    is_previous_valid = webhook.previous_until is not None and now < webhook.previous_until
    before = webhook.previous_ciphertext if is_previous_valid else None
    previous = _opened(webhook, before, vault) if before else None
    return [newest, previous] if previous else [newest]


def reseal(webhook: Webhook, vault: Vault) -> bool:
    """Seal with the newest key what older ones sealed; False where some is opened by none."""
    is_all = True
    for name in ("url_ciphertext", "secret_ciphertext", "previous_ciphertext"):
        ciphertext = getattr(webhook, name)
        if ciphertext is None:
            continue
        plain = _opened(webhook, ciphertext, vault)
        if plain is None:
            is_all = False
        else:
            setattr(webhook, name, vault.encrypt(plain, row=_row(webhook)))
    return is_all


def _end_waiting(session: Session, webhook: Webhook, now: dt.datetime) -> None:
    waiting = update(Delivery).where(Delivery.webhook_id == webhook.id, Delivery.ended_at.is_(None))
    session.execute(
        waiting.values(
            outcome=DeliveryOutcome.SWITCHED_OFF, ended_at=now, lease=None, leased_until=None
        )
    )


def _opened(webhook: Webhook, ciphertext: bytes, vault: Vault) -> str | None:
    try:
        return vault.decrypt(ciphertext, row=_row(webhook))
    except UndecryptableEmail:
        return None


def _row(webhook: Webhook) -> str:
    return f"webhook:{webhook.id}"


def _record(
    session: Session,
    webhook: Webhook,
    change: Change,
    *,
    by: Moderator | None,
    now: dt.datetime,
    reason: str | None = None,
) -> None:
    session.add(
        Event(
            site_id=webhook.site_id,
            moderator_id=by.id if by else None,
            change=change,
            actor=Actor.MODERATOR if by else Actor.MACHINE,
            reason=reason,
            data={"webhook": webhook.id},
            created_at=now,
        )
    )
