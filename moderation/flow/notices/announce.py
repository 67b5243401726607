"""Something happened that people want to be told of: written with what causes it, sent later."""

import datetime as dt

from sqlalchemy.orm import Session

from moderation.flow.notices.deliveries import queue_deliveries
from moderation.flow.notices.letters import write_notices
from moderation.models import Article, Comment
from moderation.statuses import Occasion


def announce(
    session: Session,
    occasion: Occasion,
    *,
    site_id: int | None,
    now: dt.datetime,
    comment: Comment | None = None,
    article: Article | None = None,
) -> None:
    """Write what is to be sent to everybody who wants to hear of it, in the caller's transaction.

    `site_id` is None for what concerns all sites (the scorer is down).
    """
    write_notices(session, occasion, site_id=site_id, comment=comment, article=article, now=now)
    queue_deliveries(session, occasion, site_id=site_id, comment=comment, article=article, now=now)
