"""Mails to moderators as rows: who gets one for what happened. What they say is read when they are
sent (flow/notices/facts.py), so a mail that waits covers what happens meanwhile."""

import datetime as dt

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session

from moderation.flow.notices.wishes import wanting
from moderation.models import Article, Comment, Mail, Moderator, NoticeWishes
from moderation.statuses import HeldNotice, MailKind, Occasion

# Of these one that waits to be sent says all there is to say.
COALESCED = (MailKind.HELD, MailKind.DIGEST, MailKind.WAITING, MailKind.SCORER_DOWN)
# Not WAITING: each has hours of their own, so flow/notices/waiting.py writes these mails.
KIND_OF = {
    Occasion.URGENT: MailKind.URGENT,
    Occasion.SCORER_DOWN: MailKind.SCORER_DOWN,
    Occasion.SURGE: MailKind.SURGE,
}


def write_notices(
    session: Session,
    occasion: Occasion,
    *,
    site_id: int | None,
    comment: Comment | None,
    article: Article | None,
    now: dt.datetime,
) -> None:
    """Write a mail for each moderator who wants to hear of this."""
    if occasion is Occasion.HELD:
        for moderator in _untold_of_held(session, site_id, now):
            write_notice(session, moderator.id, MailKind.HELD, now=now, site_id=moderator.site_id)
        return
    if occasion not in KIND_OF:
        return
    for moderator, _ in wanting(session, occasion, site_id=site_id):
        write_notice(
            session,
            moderator.id,
            KIND_OF[occasion],
            now=now,
            site_id=site_id,
            comment_id=comment.id if comment else None,
            article_id=article.id if article and not comment else None,
        )


def write_notice(
    session: Session,
    moderator_id: int,
    kind: MailKind,
    *,
    now: dt.datetime,
    site_id: int | None = None,
    comment_id: int | None = None,
    article_id: int | None = None,
) -> None:
    """Write one mail, unless one waits that will say the same. Its sender names it."""
    if kind in COALESCED:
        waiting = _hold_waiting(kind, now).where(
            Mail.moderator_id == moderator_id, Mail.site_id.is_not_distinct_from(site_id)
        )
        if session.scalar(waiting.limit(1)) is not None:
            return
    session.add(
        Mail(
            site_id=site_id,
            moderator_id=moderator_id,
            comment_id=comment_id,
            article_id=article_id,
            kind=kind,
            message_id="",
            created_at=now,
            run_after=now,
        )
    )
    session.flush()


def _hold_waiting(kind: MailKind, now: dt.datetime) -> Select[int | None]:
    """To whom mails wait that no sender has in hand, who has read what to say.

    No sender takes those that are found before this transaction ends, as it would not see what
    came; one that a sender is just taking is not found. A lease that ended means that the mail is
    read anew.
    """
    return (
        select(Mail.moderator_id)
        .where(
            Mail.kind == kind,
            Mail.ended_at.is_(None),
            or_(Mail.leased_until.is_(None), Mail.leased_until <= now),
        )
        .with_for_update(read=True, skip_locked=True)
    )


def _untold_of_held(session: Session, site_id: int | None, now: dt.datetime) -> list[Moderator]:
    """Who wants to be told of held comments at once and for whom no such mail waits.

    The one query that each held comment costs; in a flood it finds nobody.
    """
    # One about a site that somebody left will be dropped.
    waiting = (
        _hold_waiting(MailKind.HELD, now)
        .where(or_(Mail.site_id.is_(None), Mail.site_id == site_id))
        .cte("waiting")
    )
    query = (
        select(Moderator)
        .join(NoticeWishes, NoticeWishes.moderator_id == Moderator.id)
        .where(
            NoticeWishes.held == HeldNotice.AT_ONCE,
            Moderator.is_active,
            or_(Moderator.site_id.is_(None), Moderator.site_id == site_id),
            ~exists().where(waiting.c.moderator_id == Moderator.id),
        )
        .order_by(Moderator.id)
    )
    return list(session.scalars(query))
