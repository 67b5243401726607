"""Webhooks: what is still to be told to owners' endpoints.

Written in the transaction of what causes it: told if that happened, and only then. What is more
than a webhook may have waiting is written as left out, so that its owner sees how many.
"""

import datetime as dt
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from moderation.flow.notices.message import new_message_id
from moderation.flow.notices.places import place_of
from moderation.flow.queue.sampling import codes_to_tell
from moderation.models import Article, Comment, Delivery, QueueDelta, Site, Webhook
from moderation.statuses import DeliveryOutcome, Occasion, Queue


def queue_deliveries(
    session: Session,
    occasion: Occasion,
    *,
    site_id: int | None,
    comment: Comment | None,
    article: Article | None,
    now: dt.datetime,
) -> None:
    """Write one for each who wants to hear of this. `site_id` None: it concerns all sites."""
    webhooks = who_wants(session, occasion, site_id)
    if not webhooks:
        return
    data = _facts(session, site_id, comment, article)
    for webhook in webhooks:
        held = {} if comment else {"held": _count_held(session, site_id or webhook.site_id)}
        is_too_many = _count_open(session, webhook) >= webhook.open_max
        session.add(
            Delivery(
                public_id=new_message_id(),
                webhook_id=webhook.id,
                occasion=occasion,
                data=data | held,
                created_at=now,
                run_after=now,
                ended_at=now if is_too_many else None,
                outcome=DeliveryOutcome.LEFT_OUT if is_too_many else None,
            )
        )


def who_wants(session: Session, occasion: Occasion, site_id: int | None) -> list[Webhook]:
    """The webhooks to be told; until the transaction ends none of them is removed."""
    query = select(Webhook).where(Webhook.off_at.is_(None)).order_by(Webhook.id)
    if site_id is not None:
        query = query.where(or_(Webhook.site_id.is_(None), Webhook.site_id == site_id))
    query = query.with_for_update(read=True, key_share=True)
    return [webhook for webhook in session.scalars(query) if occasion in webhook.occasions]


def _count_open(session: Session, webhook: Webhook) -> int:
    """How many wait, as far as it matters: in a flood this is asked for each comment."""
    waiting = select(Delivery.id).where(
        Delivery.webhook_id == webhook.id, Delivery.ended_at.is_(None)
    )
    return (
        session.scalar(select(func.count()).select_from(waiting.limit(webhook.open_max).subquery()))
        or 0
    )


def _facts(
    session: Session, site_id: int | None, comment: Comment | None, article: Article | None
) -> dict[str, Any]:
    """Ids, codes, and host and path of the article: no text, no name, no title and no query.

    Whoever comments may have made up title and query. The path, too, though on the site's own
    host; receivers want to know where it is.
    """
    facts: dict[str, Any] = {"site": None}
    if site_id is not None:
        facts["site"] = session.get_one(Site, site_id).key
    if comment is not None:
        article = article or comment.article
        facts |= {
            "comment": comment.public_id,
            "status": comment.status.value,
            "urgency": comment.urgent.value if comment.urgent else None,
            "reports": comment.reports,
            "findings": sorted(code.value for code in codes_to_tell(session, comment)),
        }
    if article is not None:
        facts |= {"article": article.id, "place": place_of(article)}
    return facts


def _count_held(session: Session, site_id: int | None) -> int:
    """How many comments wait for a person, on the site or on all."""
    query = select(func.sum(QueueDelta.delta)).where(QueueDelta.queue == Queue.HELD)
    if site_id is not None:
        query = query.where(QueueDelta.site_id == site_id)
    return int(session.scalar(query) or 0)
