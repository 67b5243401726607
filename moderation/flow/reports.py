"""Readers report a published comment: counted, and brought to people where that is enough.

What a person approved since no number of strangers takes back: they do not outvote who has looked.
"""

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.flow.articles import policy_of
from moderation.flow.decide import codes_of
from moderation.flow.notices.announce import announce
from moderation.flow.numbers.window import Window
from moderation.flow.queue.calls import escalate, report
from moderation.flow.queue.cards import last_event
from moderation.flow.store import change_status
from moderation.models import Comment, Event, FindingRow, Site
from moderation.policy.context import Finding
from moderation.policy.rules import weigh_reports
from moderation.statuses import (
    Actor,
    Change,
    Occasion,
    ReportReason,
    Status,
    Urgency,
    Verdict,
)

URGENCY_OF = {
    ReportReason.THREAT: Urgency.THREAT_TO_LIFE,
    ReportReason.SELF_HARM: Urgency.SELF_HARM,
    ReportReason.CHILD_ABUSE: Urgency.CHILD_ABUSE,
    ReportReason.PERSONAL_DATA: Urgency.PERSONAL_DATA,
}
# Of so many urgent comments a day and site moderators are told at once because of a report. More
# go to the urgent queue without a mail, so that nobody can wake people all night by reporting.
TOLD_A_DAY = 10
# How the machine came to its last word about the text, which stays true beside the reports.
_OF_THE_SCORE = ("model", "model_version", "normaliser", "preset", "thresholds")


def take_report(
    session: Session, comment: Comment, reason: ReportReason, *, range_hash: bytes, now: dt.datetime
) -> None:
    """Count the report of a reader (see `calls.report`), and have people look where it is due.

    An urgent reason puts the comment into the urgent queue, once for what it says now, whoever
    approved it; as many distinct readers as `report_holds` says take it back to the queue.
    """
    if report(session, comment, reason, range_hash=range_hash, now=now) is None:
        return
    kind = URGENCY_OF.get(reason)
    if kind is not None and comment.urgent is None and not _was_urgent(session, comment, kind):
        tells = _count_told(session, comment.site_id, now) < TOLD_A_DAY
        escalate(session, comment, kind, moderator=None, now=now, tells=tells)
    if is_passed_by_a_person(comment):
        return
    limit = policy_of(session.get_one(Site, comment.site_id)).report_holds
    for finding in weigh_reports(comment.reports, limit):
        _hold(session, comment, finding, now)


def is_passed_by_a_person(comment: Comment) -> bool:
    """Whether a person looked at what stands there now and left it public."""
    return comment.decided_by in (Actor.MODERATOR, Actor.OPERATOR)


def _was_urgent(session: Session, comment: Comment, kind: Urgency) -> bool:
    """Whether the text of now was urgent for this before: then a person knows, and has said."""
    query = select(Event.id).where(
        Event.comment_id == comment.id,
        Event.change == Change.ESCALATED,
        Event.reason == kind,
        Event.created_at >= comment.said_at,
    )
    return session.scalar(query.limit(1)) is not None


def _count_told(session: Session, site_id: int, now: dt.datetime) -> int:
    """How many comments of the site readers made urgent today."""
    query = select(func.count()).where(
        Event.change == Change.ESCALATED,
        Event.actor == Actor.MACHINE,
        *Window(now, 1, site_id).events(),
    )
    return session.scalar(query) or 0


def _hold(session: Session, comment: Comment, finding: Finding, now: dt.datetime) -> None:
    """Take it back to the queue, with what the machine found before."""
    before = last_event(session, comment, Event.change == Change.DECIDED)
    known = before.data if before else {}
    event = change_status(
        session,
        comment,
        Status.HELD,
        change=Change.DECIDED,
        actor=Actor.MACHINE,
        now=now,
        data={
            **{name: known[name] for name in _OF_THE_SCORE if name in known},
            "verdict": Verdict.HOLD,
            "findings": [*known.get("findings", ()), codes_of(finding)],
        },
    )
    session.add(
        FindingRow(
            comment_id=comment.id, event_id=event.id, status=comment.status, **finding._asdict()
        )
    )
    session.flush()
    announce(session, Occasion.HELD, site_id=comment.site_id, comment=comment, now=now)
