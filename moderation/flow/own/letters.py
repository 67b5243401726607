"""Mails to commenters as rows: which are written for what happened to a comment.

What they say, and whether their recipient (still) wants them, is read when they are sent:
flow/own/facts.py.
"""

import datetime as dt

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from moderation.models import Comment, CommentWishes, Event, Mail, MailWishes
from moderation.statuses import Actor, Mailing, MailKind, Status

DECIDED = (Status.APPROVED, Status.REJECTED)


def write_letters(session: Session, comment: Comment, event: Event, *, now: dt.datetime) -> None:
    """A comment's status changed: tell its commenter, and whom it answers, where they wish so."""
    if event.to_status in DECIDED and _is_news(session, comment, event):
        write_letter(session, MailKind.DECISION, comment, now=now)
    # Once for each reply: not when it comes back after an edit or an undo.
    if event.to_status is Status.APPROVED and comment.published_at == now and comment.parent:
        _tell_of_reply(session, comment, comment.parent, now)


def wants(session: Session, comment: Comment, mailing: Mailing) -> bool:
    """Whether its commenter wishes such mails about this comment, or about all of theirs."""
    for_all = _for_all(session, comment, mailing)
    return for_all if for_all is not None else _for_this(session, comment, mailing)


def write_letter(session: Session, kind: MailKind, comment: Comment, *, now: dt.datetime) -> None:
    """Write one mail to a proven address about its comment, unless one waits that says the same.

    One that a sender has in hand has been read already, so it does not count.
    """
    if comment.commenter is None or comment.commenter.confirmed_at is None:
        return
    waiting = (
        select(Mail.id)
        .where(
            Mail.commenter_id == comment.commenter_id,
            Mail.comment_id == comment.id,
            Mail.kind == kind,
            Mail.ended_at.is_(None),
            or_(Mail.leased_until.is_(None), Mail.leased_until <= now),
        )
        .with_for_update(read=True, skip_locked=True)  # as in flow/notices/letters.py
    )
    if session.scalar(waiting.limit(1)) is not None:
        return
    session.add(
        Mail(
            site_id=comment.site_id,
            commenter_id=comment.commenter_id,
            comment_id=comment.id,
            kind=kind,
            message_id="",
            created_at=now,
            run_after=now,
        )
    )
    session.flush()


def _is_news(session: Session, comment: Comment, event: Event) -> bool:
    if comment.commenter_id is None or not wants(session, comment, Mailing.DECISIONS):
        return False
    # What the machine publishes at once its commenter sees: told only where it was wished of this
    # very comment, thus later.
    is_at_once = (
        event.actor is Actor.MACHINE
        and event.from_status is Status.PROCESSING
        and event.to_status is Status.APPROVED
    )
    return not is_at_once or _for_this(session, comment, Mailing.DECISIONS)


def _tell_of_reply(session: Session, reply: Comment, parent: Comment, now: dt.datetime) -> None:
    if parent.commenter_id is None or parent.commenter_id == reply.commenter_id:
        return
    if wants(session, parent, Mailing.REPLIES):
        write_letter(session, MailKind.REPLIES, parent, now=now)


def _for_all(session: Session, comment: Comment, mailing: Mailing) -> bool | None:
    if comment.commenter_id is None:
        return False
    found = session.get(MailWishes, comment.commenter_id)
    return getattr(found, mailing.value) if found else None


def _for_this(session: Session, comment: Comment, mailing: Mailing) -> bool:
    found = session.get(CommentWishes, comment.id)
    return getattr(found, mailing.value) if found else False
