"""Step `review`, the looking: the queue, one comment with its history, the log."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, joinedload

from moderation.errors import UnknownComment
from moderation.models import Comment, Event, FindingRow, Moderator
from moderation.statuses import DECISIONS, Change, Status


@dataclass(frozen=True)
class Card:
    """One comment with what the moderator needs to decide.

    `machine_event` is the newest decision of the machine: model, preset and thresholds in force.
    """

    comment: Comment
    findings: list[FindingRow]
    last_event: Event
    last_moderator: str | None
    machine_event: Event | None

    @property
    def limits(self) -> dict[str, float]:
        """The thresholds that this very score was decided by, by attribute.

        Empty where the newest decision was made by a score of another model or version.
        """
        score, data = self.comment.score, self.machine_event.data if self.machine_event else {}
        if score is None or score.model_version != data.get("model_version"):
            return {}
        limits: dict[str, float] = data["thresholds"]
        return limits

    @property
    def can_undo(self) -> bool:
        """Whether the last change was a moderator's decision."""
        return self.last_event.change in DECISIONS


@dataclass(frozen=True)
class QueuePage:
    """Comments of one status; `next_after` is the keyset of the following page or None."""

    status: Status
    cards: list[Card]
    total: int
    next_after: int | None


def find_for_review(session: Session, public_id: str, moderator: Moderator) -> Comment:
    """The comment, if this moderator's sites include it. Raises UnknownComment."""
    query = _visible_to(select(Comment), moderator).where(Comment.public_id == public_id)
    comment = session.scalar(query)
    if comment is None:
        raise UnknownComment("no such comment")
    return comment


def read_queue(
    session: Session,
    moderator: Moderator,
    status: Status = Status.HELD,
    *,
    after: int | None = None,
    size: int = 25,
) -> QueuePage:
    """The comments of one status that this moderator may see; `after` is the last id seen.

    Held ones come oldest first (waiting is what harms), decided ones newest first.
    """
    of_status = _visible_to(select(Comment), moderator).where(Comment.status == status)
    query = of_status.options(
        joinedload(Comment.article),
        joinedload(Comment.commenter),
        joinedload(Comment.parent),
        joinedload(Comment.score),
    ).limit(size + 1)
    if status is Status.HELD:
        query = query.where(Comment.id > (after or 0)).order_by(Comment.id)
    else:
        query = query.order_by(Comment.id.desc())
        query = query if after is None else query.where(Comment.id < after)
    rows = session.scalars(query).all()
    page = list(rows[:size])
    return QueuePage(
        status=status,
        cards=read_cards(session, page),
        total=session.scalar(select(func.count()).select_from(of_status.subquery())) or 0,
        next_after=page[-1].id if len(rows) > size else None,
    )


def read_cards(session: Session, comments: list[Comment]) -> list[Card]:
    """The comments with their findings and events; three queries for any number."""
    ids = [comment.id for comment in comments]
    findings: dict[int, list[FindingRow]] = {}
    for row in session.scalars(
        select(FindingRow).where(FindingRow.comment_id.in_(ids)).order_by(FindingRow.id)
    ):
        findings.setdefault(row.comment_id, []).append(row)
    newest = _newest_events(session, ids, Event.to_status.is_not(None))
    machine = _newest_events(session, ids, Event.change == Change.DECIDED)
    return [
        Card(
            comment=comment,
            findings=findings.get(comment.id, []),
            last_event=newest[comment.id][0],
            last_moderator=newest[comment.id][1],
            machine_event=machine.get(comment.id, (None, None))[0],
        )
        for comment in comments
    ]


def _newest_events(
    session: Session, ids: list[int], *where: ColumnElement[bool]
) -> dict[int, tuple[Event, str | None]]:
    newest = (
        select(func.max(Event.id))
        .where(Event.comment_id.in_(ids), *where)
        .group_by(Event.comment_id)
    )
    rows = session.execute(
        select(Event, Moderator.name)
        .outerjoin(Moderator, Moderator.id == Event.moderator_id)
        .where(Event.id.in_(newest))
    )
    return {event.comment_id or 0: (event, name) for event, name in rows}


def last_event(session: Session, comment: Comment) -> Event | None:
    """The newest entry of the log that moved this comment; a legal hold, say, moves none."""
    query = (
        select(Event)
        .where(Event.comment_id == comment.id, Event.to_status.is_not(None))
        .order_by(Event.id.desc())
    )
    return session.scalar(query.limit(1))


def read_history(session: Session, comment: Comment) -> list[tuple[Event, str | None]]:
    """All entries of the log about this comment with the moderators' names, oldest first."""
    rows = session.execute(
        select(Event, Moderator.name)
        .outerjoin(Moderator, Moderator.id == Event.moderator_id)
        .where(Event.comment_id == comment.id)
        .order_by(Event.id)
    )
    return [(event, name) for event, name in rows]


def read_log(
    session: Session, moderator: Moderator, *, before: int | None = None, size: int = 50
) -> list[tuple[Event, str | None, str | None]]:
    """The log, newest first: entry, who, and the comment's public id. `before` is an event's id."""
    query = (
        select(Event, Moderator.name, Comment.public_id)
        .outerjoin(Moderator, Moderator.id == Event.moderator_id)
        .outerjoin(Comment, Comment.id == Event.comment_id)
        .order_by(Event.id.desc())
        .limit(size)
    )
    if before is not None:
        query = query.where(Event.id < before)
    if moderator.site_id is not None:
        query = query.where(Event.site_id == moderator.site_id)
    return [(event, name, public_id) for event, name, public_id in session.execute(query)]


def _visible_to(query: Select[Comment], moderator: Moderator) -> Select[Comment]:
    if moderator.site_id is None:
        return query
    return query.where(Comment.site_id == moderator.site_id)
