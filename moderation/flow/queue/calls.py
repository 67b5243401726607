"""Calls for a look that lie across the queues: readers report, moderators escalate, and samples."""

import datetime as dt
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from moderation.errors import UnknownComment
from moderation.flow.locks import keep
from moderation.flow.notices.announce import announce
from moderation.flow.own.appeals import renew_appeal
from moderation.flow.queue.queues import count_move, queues_of
from moderation.models import Comment, Event, Moderator, Report
from moderation.statuses import Actor, Change, Occasion, ReportReason, Status, Urgency


def report(
    session: Session, comment: Comment, reason: ReportReason, *, range_hash: bytes, now: dt.datetime
) -> int | None:
    """Note that a reader asks for a look at a public comment; answers how many do by now.

    Of one range of addresses (`range_hash`) only the first report of what its commenter has it
    say now counts; then None is answered, and where the comment is not public.
    """
    keep(session, comment)
    known = session.scalar(
        select(Report).where(Report.comment_id == comment.id, Report.range_hash == range_hash)
    )
    is_known = known is not None and known.created_at >= comment.said_at
    if comment.status is not Status.APPROVED or is_known:
        return None
    before = queues_of(comment)
    # One row a range: what it reported before an edit, open or closed, becomes this report.
    found = known or Report(comment_id=comment.id, range_hash=range_hash)
    found.reason, found.created_at, found.closed_at = reason, now, None
    session.add(found)
    session.flush()
    comment.reports = (
        session.scalar(
            select(func.count()).where(Report.comment_id == comment.id, Report.closed_at.is_(None))
        )
        or 0
    )
    _note(
        session, comment, Change.REPORTED, Actor.COMMENTER, now, data={"reports": comment.reports}
    )
    count_move(session, comment, before)
    session.flush()
    return comment.reports


def escalate(
    session: Session,
    comment: Comment,
    kind: Urgency,
    *,
    moderator: Moderator | None,
    now: dt.datetime,
    tells: bool = True,
) -> None:
    """Put the comment into the urgent queue; it stays as public or hidden as it was.

    `moderator` is None where a reader's report does it; `tells` whether moderators hear of it at
    once. Its version moves: nobody decides about it who has not seen that it is urgent. Raises
    UnknownComment where it is deleted.
    """
    keep(session, comment)
    if comment.status is Status.DELETED:
        raise UnknownComment("it was deleted meanwhile")
    before = queues_of(comment)
    comment.urgent = kind
    comment.version += 1
    actor = Actor.MODERATOR if moderator else Actor.MACHINE
    _note(session, comment, Change.ESCALATED, actor, now, reason=kind, moderator=moderator)
    count_move(session, comment, before)
    session.flush()
    if tells:
        announce(session, Occasion.URGENT, site_id=comment.site_id, comment=comment, now=now)


def settle_calls(session: Session, comment: Comment, *, now: dt.datetime) -> dict[str, Any]:
    """A person decided about the comment, or it is gone: nobody calls for a look any more.

    Answers what the entry of the log has to keep so that `renew_calls` can take it back.
    """
    kept: dict[str, Any] = {"urgent": str(comment.urgent)} if comment.urgent else {}
    if comment.sampled:
        kept["sampled"] = True
    comment.urgent, comment.sampled = None, False
    _close_reports(session, comment, now)
    return kept


def renew_calls(session: Session, comment: Comment, undone: Event, *, now: dt.datetime) -> None:
    """The decision `undone` was taken back: what called for a look before it does so again.

    What was escalated since stays so. Reports are about public comments, and those that reports
    brought back to the queue.
    """
    before = queues_of(comment)
    if kind := undone.data.get("urgent"):
        comment.urgent = Urgency(kind)
    renew_appeal(session, comment, undone)
    settled = session.scalars(
        select(Report.id).where(
            Report.comment_id == comment.id, Report.closed_at == undone.created_at
        )
    ).all()
    if comment.status is Status.APPROVED:
        comment.sampled = undone.data.get("sampled", False)
    else:
        _close_reports(session, comment, now)
    if comment.status in (Status.APPROVED, Status.HELD):
        session.execute(update(Report).where(Report.id.in_(settled)).values(closed_at=None))
        comment.reports += len(settled)
    count_move(session, comment, before)
    session.flush()


def _close_reports(session: Session, comment: Comment, now: dt.datetime) -> None:
    if not comment.reports:
        return
    comment.reports = 0
    session.execute(
        update(Report)
        .where(Report.comment_id == comment.id, Report.closed_at.is_(None))
        .values(closed_at=now)
    )


def _note(
    session: Session,
    comment: Comment,
    change: Change,
    actor: Actor,
    now: dt.datetime,
    *,
    reason: str | None = None,
    moderator: Moderator | None = None,
    data: dict[str, int] | None = None,
) -> None:
    session.add(
        Event(
            site_id=comment.site_id,
            comment_id=comment.id,
            moderator_id=moderator.id if moderator else None,
            change=change,
            actor=actor,
            version=comment.version if change is Change.ESCALATED else None,
            reason=reason,
            data=data or {},
            created_at=now,
        )
    )
