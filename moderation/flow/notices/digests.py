"""Digests: how many comments wait, by the hour or once a day."""

import datetime as dt

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from moderation.flow.notices.hours import next_digest
from moderation.flow.notices.letters import write_notice
from moderation.models import Moderator, NoticeWishes
from moderation.statuses import MailKind


def write_digests(session: Session, *, now: dt.datetime) -> None:
    """Write those that are due: one for each person, however long nobody looked."""
    due = session.execute(
        select(NoticeWishes, Moderator.site_id)
        .join(Moderator, Moderator.id == NoticeWishes.moderator_id)
        .where(NoticeWishes.next_digest_at <= now, Moderator.is_active)
        .order_by(NoticeWishes.moderator_id)
    ).all()
    for wishes, site_id in due:
        # Of two processes one moves it.
        moved = session.scalar(
            update(NoticeWishes)
            .where(
                NoticeWishes.moderator_id == wishes.moderator_id,
                NoticeWishes.next_digest_at <= now,
            )
            .values(next_digest_at=next_digest(wishes, now))
            .returning(NoticeWishes.moderator_id)
            .execution_options(synchronize_session=False)
        )
        if moved is not None:
            write_notice(session, moved, MailKind.DIGEST, now=now, site_id=site_id)
