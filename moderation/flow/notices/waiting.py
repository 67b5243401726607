"""Comments that wait for too long: told once, and again when that lasts for a day."""

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.flow.notices.announce import announce
from moderation.flow.notices.letters import write_notice
from moderation.flow.notices.tellings import begin, end
from moderation.flow.notices.wishes import WAITING_HOURS, wanting
from moderation.models import Comment, Moderator, Site
from moderation.statuses import MailKind, Occasion, Status

AGAIN_AFTER = dt.timedelta(hours=24)


def tell_waiting(session: Session, *, now: dt.datetime) -> None:
    """Tell endpoints, by WAITING_HOURS, and moderators, each by hours of their own."""
    oldest = oldest_by_site(session)
    for site_id, since in oldest.items():
        if _is_news(session, f"waiting:site:{site_id}", since, WAITING_HOURS, now):
            announce(session, Occasion.WAITING, site_id=site_id, now=now)
    for moderator, wishes in wanting(session, Occasion.WAITING, site_id=None):
        since = oldest_of(oldest, moderator)
        hours = wishes.waiting_hours or WAITING_HOURS
        if _is_news(session, f"waiting:moderator:{moderator.id}", since, hours, now):
            write_notice(
                session, moderator.id, MailKind.WAITING, now=now, site_id=moderator.site_id
            )


def oldest_by_site(session: Session) -> dict[int, dt.datetime | None]:
    """When the oldest held comment of each site came; a step through an index for each."""
    return {
        site_id: session.scalar(
            select(func.min(Comment.created_at)).where(
                Comment.site_id == site_id, Comment.status == Status.HELD
            )
        )
        for site_id in session.scalars(select(Site.id).order_by(Site.id)).all()
    }


def oldest_of(oldest: dict[int, dt.datetime | None], person: Moderator) -> dt.datetime | None:
    """The oldest of all sites that this person sees."""
    return min(
        (at for site_id, at in oldest.items() if at and person.site_id in (None, site_id)),
        default=None,
    )


def _is_news(
    session: Session, name: str, since: dt.datetime | None, hours: int, now: dt.datetime
) -> bool:
    if since is not None and now - since > dt.timedelta(hours=hours):
        return begin(session, name, now=now, again_after=AGAIN_AFTER)
    end(session, name)
    return False
