"""What a queue is narrowed to: each filter as a condition, and as the ids that an index finds."""

import datetime as dt
from dataclasses import dataclass, fields

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import Select

from moderation.flow.queue.queues import CRITERIA, STATUS_IN
from moderation.flow.queue.search import found_ids, is_found, words_of
from moderation.models import Comment, FindingRow
from moderation.statuses import Code, Queue

FEW = 1_000  # up to so many comments a filtered queue is counted exactly
UNKNOWN = "unknown"  # a language that nobody could tell


@dataclass(frozen=True, kw_only=True)
class Filters:
    """All empty: the whole queue. `words` is what was typed into the search."""

    site_id: int | None = None
    article_id: int | None = None
    commenter_id: int | None = None
    code: Code | None = None
    attribute: str | None = None
    language: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    words: str = ""

    def __bool__(self) -> bool:
        """Whether anything is filtered."""
        return any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True)
class Narrowing:
    """One filter. `condition` tests a comment; `ids` finds those in question by an index.

    `ids` may find comments of other queues as well: `condition` does not repeat the queue's own.
    """

    condition: ColumnElement[bool]
    ids: Select[int]


def narrow(session: Session, queue: Queue, filters: Filters) -> list[Narrowing]:
    """The filters that are set, for this queue."""
    of_comment: list[ColumnElement[bool]] = []
    if filters.site_id is not None:
        of_comment.append(Comment.site_id == filters.site_id)
    if filters.article_id is not None:
        of_comment.append(Comment.article_id == filters.article_id)
    if filters.commenter_id is not None:
        of_comment.append(Comment.commenter_id == filters.commenter_id)
    if filters.language == UNKNOWN:
        of_comment.append(Comment.language.is_(None))
    elif filters.language:
        of_comment.append(Comment.language == filters.language)
    if filters.since is not None:
        of_comment.append(Comment.created_at >= filters.since)
    if filters.until is not None:
        of_comment.append(Comment.created_at < filters.until)
    found = [Narrowing(one, select(Comment.id).where(CRITERIA[queue], one)) for one in of_comment]
    if filters.code or filters.attribute:
        found.append(_by_finding(queue, filters.code, filters.attribute))
    if words := words_of(filters.words):
        found.append(Narrowing(is_found(session, words), found_ids(session, words)))
    return found


def _by_finding(queue: Queue, code: Code | None, attribute: str | None) -> Narrowing:
    of_finding = [FindingRow.code == (code or Code.TOXICITY)]
    if attribute:
        of_finding.append(FindingRow.attribute == attribute)
    if queue in STATUS_IN:
        of_finding.append(FindingRow.status == STATUS_IN[queue])
    return Narrowing(
        exists().where(FindingRow.comment_id == Comment.id, *of_finding),
        select(FindingRow.comment_id).where(*of_finding).distinct(),
    )
