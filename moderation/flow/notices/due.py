"""Whether a mail to a moderator is sent now, later or not at all: asked again each time."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.flow.notices.facts import READERS, Notice
from moderation.flow.notices.hours import quiet_until
from moderation.flow.notices.wishes import wants, wishes_of
from moderation.models import Mail, Moderator, NoticeWishes
from moderation.statuses import HeldNotice, MailKind, MailOutcome, Occasion

HELD_EVERY = dt.timedelta(minutes=15)  # one mail of held comments in such a time, at most
OCCASIONS = {
    MailKind.URGENT: Occasion.URGENT,
    MailKind.HELD: Occasion.HELD,
    MailKind.WAITING: Occasion.WAITING,
    MailKind.SCORER_DOWN: Occasion.SCORER_DOWN,
    MailKind.SCORER_BACK: Occasion.SCORER_DOWN,
    MailKind.SURGE: Occasion.SURGE,
}


@dataclass(frozen=True)
class Later:
    """Nothing is lost: the mail is looked at again then."""

    at: dt.datetime


def read_notice(
    session: Session, mail: Mail, person: Moderator, *, now: dt.datetime
) -> Notice | Later | None:
    """What to tell this person; None where there is nothing to tell, or they want it no more."""
    wishes = wishes_of(session, person)
    if not _still_wants(wishes, mail.kind):
        return None
    at = None if mail.kind is MailKind.URGENT else quiet_until(wishes, now)
    if mail.kind is MailKind.HELD:
        at = at or _too_soon(session, mail, now)
    return Later(at) if at else READERS[mail.kind](session, mail, person, wishes, now)


def _still_wants(wishes: NoticeWishes, kind: MailKind) -> bool:
    if kind is MailKind.DIGEST:
        return wishes.held in (HeldNotice.HOURLY, HeldNotice.DAILY)
    return wants(wishes, OCCASIONS[kind])


def _too_soon(session: Session, mail: Mail, now: dt.datetime) -> dt.datetime | None:
    """When the next mail of held comments may go, where the one before was just now."""
    # Of two senders with a mail each, the second waits here until it sees the first's claim.
    session.scalar(
        select(NoticeWishes.moderator_id)
        .where(NoticeWishes.moderator_id == mail.moderator_id)
        .with_for_update()
    )
    others = (
        Mail.moderator_id == mail.moderator_id,
        Mail.kind == MailKind.HELD,
        Mail.id != mail.id,
    )
    being_sent = select(Mail.id).where(*others, Mail.ended_at.is_(None), Mail.leased_until > now)
    if session.scalar(being_sent.limit(1)):
        return now + HELD_EVERY
    last = session.scalar(
        select(func.max(Mail.ended_at)).where(*others, Mail.outcome == MailOutcome.SENT)
    )
    return last + HELD_EVERY if last and last + HELD_EVERY > now else None
