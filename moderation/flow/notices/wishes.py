"""What moderators want to be told by mail: chosen by each, sensible where nobody chose."""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.flow.notices.hours import next_digest
from moderation.flow.team.record import record
from moderation.models import Moderator, NoticeWishes
from moderation.statuses import Change, HeldNotice, Occasion, Role

WAITING_HOURS = 4
DIGEST_HOUR = 8


def default_wishes(moderator: Moderator) -> NoticeWishes:
    """What somebody is told who chose nothing; not added to any session.

    Only what lets somebody act in time: urgent comments for all, a queue that is left lying and
    surges for those who decide, the scorer for owners. No digest: who wants to be reminded of a
    queue that is worked on says so, as mails that nobody asked for are soon read by nobody.
    """
    decides = moderator.role.may(Role.MODERATOR)
    return NoticeWishes(
        moderator_id=moderator.id,
        urgent=True,
        held=HeldNotice.NEVER,
        digest_hour=DIGEST_HOUR,
        waiting_hours=WAITING_HOURS if decides else None,
        scorer_down=moderator.role.may(Role.OWNER),
        surge=decides,
        quiet_from=None,
        quiet_until=None,
        time_zone="UTC",
        next_digest_at=None,
    )


def wishes_of(session: Session, moderator: Moderator) -> NoticeWishes:
    """What this person wants, chosen or not."""
    return session.get(NoticeWishes, moderator.id) or default_wishes(moderator)


def save_wishes(
    session: Session, moderator: Moderator, wishes: NoticeWishes, *, now: dt.datetime
) -> None:
    """Keep what somebody chose; the log tells whether they are still told of what is urgent."""
    wishes.moderator_id = moderator.id
    wishes.next_digest_at = next_digest(wishes, now)
    session.merge(wishes)
    urgent = "on" if wishes.urgent else "off"
    record(session, Change.NOTICES_CHANGED, about=moderator, by=moderator, now=now, urgent=urgent)


def wanting(
    session: Session, occasion: Occasion, *, site_id: int | None
) -> list[tuple[Moderator, NoticeWishes]]:
    """Who wants to be told of this on this site (None: what concerns all sites), with what."""
    query = select(Moderator, NoticeWishes).outerjoin(
        NoticeWishes, NoticeWishes.moderator_id == Moderator.id
    )
    query = query.where(Moderator.is_active)
    if site_id is not None:
        query = query.where((Moderator.site_id == site_id) | Moderator.site_id.is_(None))
    found = [
        (moderator, wishes or default_wishes(moderator))
        for moderator, wishes in session.execute(query.order_by(Moderator.id))
    ]
    return [(moderator, wishes) for moderator, wishes in found if wants(wishes, occasion)]


def wants(wishes: NoticeWishes, occasion: Occasion) -> bool:
    """Whether these wishes ask for a mail on this occasion."""
    return {
        Occasion.URGENT: wishes.urgent,
        Occasion.HELD: wishes.held is HeldNotice.AT_ONCE,
        Occasion.WAITING: wishes.waiting_hours is not None,
        Occasion.SCORER_DOWN: wishes.scorer_down,
        Occasion.SURGE: wishes.surge,
    }[occasion]
