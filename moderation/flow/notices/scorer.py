"""The scorer is down, and back: each told once."""

import datetime as dt

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from moderation.flow.jobs import any_scorer
from moderation.flow.notices.announce import announce
from moderation.flow.notices.letters import write_notice
from moderation.flow.notices.tellings import begin, end
from moderation.models import Mail, Telling
from moderation.statuses import MailKind, MailOutcome, Occasion

PATIENCE = dt.timedelta(minutes=5)  # a restart is no news
MISSED, TOLD = "scorer:missed", "scorer:down"  # since when nobody sees one; that it was told


def tell_scorer(session: Session, *, now: dt.datetime) -> None:
    """Tell that no scorer is alive and able (the facts of /readyz) for PATIENCE, or is again."""
    if any_scorer(session, now=now):
        end(session, MISSED)
        if told_at := end(session, TOLD):
            _tell_back(session, told_at, now)
        return
    begin(session, MISSED, now=now)
    since = missed_since(session)
    if since is not None and now - since >= PATIENCE and begin(session, TOLD, now=now):
        announce(session, Occasion.SCORER_DOWN, site_id=None, now=now)


def missed_since(session: Session) -> dt.datetime | None:
    """Since when nobody sees a scorer."""
    return session.scalar(select(Telling.told_at).where(Telling.name == MISSED))


def _tell_back(session: Session, told_at: dt.datetime, now: dt.datetime) -> None:
    """To those whom a mail reached, or is just reaching; one that still waits is dropped.

    By when it was sent: it may have been written when the scorer was down before.
    """
    reached = select(Mail.moderator_id).where(
        Mail.kind == MailKind.SCORER_DOWN,
        or_(
            and_(Mail.outcome == MailOutcome.SENT, Mail.ended_at >= told_at),
            and_(Mail.ended_at.is_(None), Mail.leased_until > now),
        ),
    )
    for moderator_id in session.scalars(reached.order_by(Mail.moderator_id)).all():
        if moderator_id is not None:
            write_notice(session, moderator_id, MailKind.SCORER_BACK, now=now)
