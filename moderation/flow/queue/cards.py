"""What a moderator needs to decide about a comment, read for many comments at once."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from moderation.errors import UnknownComment
from moderation.flow.bans.force import bans_on
from moderation.flow.notes import Shown, read_notes
from moderation.flow.own.appeals import OpenAppeal, read_open_appeals
from moderation.flow.queue.lacking import Lack, find_lacks
from moderation.flow.queue.sampling import hides_score
from moderation.flow.queue.similar import find_alike
from moderation.flow.texts import Texts, read_texts
from moderation.models import Ban, Comment, Event, FindingRow, Moderator, Report, Score
from moderation.statuses import DECISIONS, Change, Code, ReportReason, Status

TOXIC = (Code.TOXICITY, Code.BANNED_WORD)
MOVED = Event.to_status.is_not(None)
MASKED = Event.change.in_((Change.REDACTED, Change.REDACTION_UNDONE))


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
    history: dict[Status, int]
    """How many comments of the same commenter stand where, this one included."""
    reports: dict[ReportReason, int]
    """Why readers want it looked at: how many for each reason, the most frequent first."""
    appeal: OpenAppeal | None
    """Of its commenter, while it waits to be answered."""
    alike: list[Comment]
    """Held comments around it with the same text, or nearly the same."""
    texts: Texts
    """What the people of its site wrote to tell commenters, and moderators."""
    notes: list[Shown]
    """Of colleagues, about it and about who wrote it."""
    bans: list[Ban]
    """In force, of who wrote it or where it came from."""
    parent_is_toxic: bool
    masked_by: int
    """The newest entry of the log that masked something in it or took that back; 0: none."""
    masked_since_score: int
    """How many maskings the text has that the score does not know; below 0: was scored masked."""

    @property
    def lacks(self) -> list[Lack]:
        """What did not run, and why."""
        return find_lacks(self.comment, self.comment.score, self.shown_findings)

    @property
    def is_score_hidden(self) -> bool:
        """Whether nobody may see what the model says of it before they decide."""
        return hides_score(self.comment, self.comment.article.site)

    @property
    def shown_findings(self) -> list[FindingRow]:
        """The findings, without those of a score that is hidden."""
        hidden = {Code.TOXICITY} if self.is_score_hidden else set()
        return [finding for finding in self.findings if finding.code not in hidden]

    @property
    def is_toxic(self) -> bool:
        """Whether it reached a limit or holds a banned word, or may, where that is hidden."""
        if self.is_score_hidden:
            return True
        score, limits = self.comment.score, self.limits
        values = score.attributes if score else {}
        return any(finding.code in TOXIC for finding in self.findings) or any(
            value >= limits[attribute] for attribute, value in values.items() if attribute in limits
        )

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
    def moved_by(self) -> str:
        """Who moved it last, in words."""
        return self.last_moderator or f"the {self.last_event.actor}"

    @property
    def can_undo(self) -> bool:
        """Whether the last change was a moderator's decision that can be taken back."""
        return can_take_back(self.last_event, self.masked_by)


def can_take_back(last: Event, masked_by: int) -> bool:
    """Whether `last`, the newest change of a status, is a decision that can be undone.

    Not where that publishes a text which was masked or unmasked after it: nobody passed that one.
    """
    is_other_text = masked_by > last.id and last.from_status is Status.APPROVED
    return last.change in DECISIONS and not is_other_text


def last_masking(session: Session, comment: Comment) -> int:
    """The newest entry of the log that masked something in it or took that back; 0: none."""
    query = select(func.max(Event.id)).where(Event.comment_id == comment.id, MASKED)
    return session.scalar(query) or 0


def find_for_review(session: Session, public_id: str, moderator: Moderator) -> Comment:
    """The comment, if this moderator's sites include it. Raises UnknownComment."""
    query = select(Comment).where(Comment.public_id == public_id)
    if moderator.site_id is not None:
        query = query.where(Comment.site_id == moderator.site_id)
    comment = session.scalar(query)
    if comment is None:
        raise UnknownComment("no such comment")
    return comment


def read_cards(session: Session, comments: list[Comment], *, now: dt.datetime) -> list[Card]:
    """The comments with their findings, events and surroundings; at most 18 queries."""
    ids = [comment.id for comment in comments]
    findings: dict[int, list[FindingRow]] = {}
    for row in session.scalars(
        select(FindingRow).where(FindingRow.comment_id.in_(ids)).order_by(FindingRow.id)
    ):
        findings.setdefault(row.comment_id, []).append(row)
    newest = _newest_events(session, ids, Event.to_status.is_not(None))
    machine = _newest_events(session, ids, Event.change == Change.DECIDED)
    histories = _histories(session, comments)
    reports = _reports(session, comments)
    appeals = read_open_appeals(session, comments)
    alike = find_alike(session, comments)
    texts = read_texts(session, {comment.site_id for comment in comments})
    notes = read_notes(session, comments)
    bans = bans_on(session, comments, now=now)
    maskings = _maskings(session, ids)
    toxic_parents = toxic_ones(session, [c.parent_id for c in comments if c.parent_id])
    return [
        Card(
            comment=comment,
            findings=findings.get(comment.id, []),
            last_event=newest[comment.id][0],
            last_moderator=newest[comment.id][1],
            machine_event=machine.get(comment.id, (None, None))[0],
            history=histories.get(comment.commenter_id, {}),
            reports=reports.get(comment.id, {}),
            appeal=appeals.get(comment.id),
            alike=alike[comment.id],
            texts=texts[comment.site_id],
            notes=notes[comment.id],
            bans=bans[comment.id],
            parent_is_toxic=comment.parent_id in toxic_parents,
            masked_by=maskings.get(comment.id, (0, 0))[0],
            masked_since_score=maskings.get(comment.id, (0, 0))[1],
        )
        for comment in comments
    ]


def toxic_ones(session: Session, ids: Collection[int]) -> set[int]:
    """Which of these comments the machine held for what they say: for lists, which are no cards."""
    query = select(FindingRow.comment_id).where(
        FindingRow.comment_id.in_(ids), FindingRow.code.in_(TOXIC)
    )
    return set(session.scalars(query)) if ids else set()


def _maskings(session: Session, ids: list[int]) -> dict[int, tuple[int, int]]:
    """The newest entry that masked something or took it back, and how many the score misses."""
    one = case((Event.created_at < Score.created_at, 0), (Event.change == Change.REDACTED, 1))
    rows = session.execute(
        select(Event.comment_id, func.max(Event.id), func.sum(func.coalesce(one, -1)))
        .outerjoin(Score, Score.comment_id == Event.comment_id)
        .where(Event.comment_id.in_(ids), MASKED)
        .group_by(Event.comment_id)
    )
    return {comment_id or 0: (newest, count) for comment_id, newest, count in rows}


def _histories(session: Session, comments: list[Comment]) -> dict[int | None, dict[Status, int]]:
    rows = session.execute(
        select(Comment.commenter_id, Comment.status, func.count())
        .where(Comment.commenter_id.in_({c.commenter_id for c in comments if c.commenter_id}))
        .group_by(Comment.commenter_id, Comment.status)
    )
    found: dict[int | None, dict[Status, int]] = {}
    for commenter_id, status, count in rows:
        found.setdefault(commenter_id, {})[status] = count
    return found


def _reports(session: Session, comments: list[Comment]) -> dict[int, dict[ReportReason, int]]:
    """The open reports of each comment by reason; nothing is asked where none has any."""
    ids = [comment.id for comment in comments if comment.reports]
    if not ids:
        return {}
    count = func.count()
    rows = session.execute(
        select(Report.comment_id, Report.reason, count)
        .where(Report.comment_id.in_(ids), Report.closed_at.is_(None))
        .group_by(Report.comment_id, Report.reason)
        .order_by(count.desc(), Report.reason)
    )
    found: dict[int, dict[ReportReason, int]] = {}
    for comment_id, reason, number in rows:
        found.setdefault(comment_id, {})[reason] = number
    return found


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


def last_event(
    session: Session, comment: Comment, which: ColumnElement[bool] = MOVED
) -> Event | None:
    """The newest entry of the log that moved this comment; a legal hold, say, moves none.

    `which` looks for another one, such as that of a version.
    """
    query = select(Event).where(Event.comment_id == comment.id, which).order_by(Event.id.desc())
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
