"""One page of a queue: filtered, ordered, counted; keyset pagination, so that no page is slow."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    UnaryExpression,
    and_,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.sql.selectable import Select

from moderation.flow.queue.filters import FEW, Filters, narrow
from moderation.flow.queue.queues import CRITERIA, read_counts
from moderation.models import Article, Comment, Moderator
from moderation.statuses import Queue

PAGE = 25
_PLACE = re.compile(r"(-?[0-9]{1,9})?\.([0-9]{1,18})")
NO_RISK = -1  # of what nobody scored; see flow/scores.py


class Order(StrEnum):
    """How a queue is sorted."""

    OLDEST = "oldest"
    NEWEST = "newest"
    RISKIEST = "riskiest"  # highest score first, what nobody scored last
    REPORTS = "reports"  # score and reports together


# What each queue is sorted by, the default first: holding harms nobody, waiting does.
ORDERS = {
    Queue.URGENT: (Order.OLDEST, Order.NEWEST),
    Queue.HELD: (Order.OLDEST, Order.RISKIEST, Order.NEWEST),
    Queue.REPORTED: (Order.REPORTS, Order.OLDEST),
    Queue.APPEALS: (Order.OLDEST, Order.NEWEST),
    Queue.AUDIT: (Order.OLDEST, Order.RISKIEST, Order.NEWEST),
    Queue.APPROVED: (Order.NEWEST, Order.OLDEST, Order.RISKIEST),
    Queue.REJECTED: (Order.NEWEST, Order.OLDEST),
    Queue.SPAM: (Order.NEWEST, Order.OLDEST),
}
_WEIGHTS: dict[Order, SQLColumnExpression[int]] = {
    Order.RISKIEST: Comment.risk,
    Order.REPORTS: Comment.weight,
}


@dataclass(frozen=True)
class Place:
    """Where a page ended: the weight of its last comment (None where unweighted) and its id."""

    weight: int | None
    comment_id: int

    def __str__(self) -> str:
        return f"{'' if self.weight is None else self.weight}.{self.comment_id}"

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """From the text of an address; None for any other text."""
        found = _PLACE.fullmatch(text)
        if found is None:
            return None
        weight, comment_id = found.groups()
        return cls(int(weight) if weight else None, int(comment_id))


@dataclass(frozen=True)
class QueuePage:
    """Comments of one queue in order. `is_more_than` says that `total` is only a lower bound."""

    queue: Queue
    order: Order
    comments: list[Comment]
    total: int
    is_more_than: bool
    next_after: Place | None
    counts: dict[Queue, int] = field(default_factory=dict)


def read_queue(
    session: Session,
    moderator: Moderator,
    queue: Queue = Queue.HELD,
    filters: Filters = Filters(),  # noqa: B008 (frozen)
    *,
    order: Order | None = None,
    after: Place | None = None,
    size: int = PAGE,
) -> QueuePage:
    """The next `size` comments of a queue that this moderator may see, after `after`.

    An order that the queue does not have is its default. Unfiltered totals are exact; filtered
    ones up to FEW.
    """
    order = order if order in ORDERS[queue] else ORDERS[queue][0]
    conditions = matching(session, moderator, queue, filters)
    rows = session.scalars(sorted_page(conditions, order, after, size + 1)).all()
    shown = list(rows[:size])
    counts = read_counts(session, moderator)
    total = bounded_count(session, conditions) if filters else counts[queue]
    return QueuePage(
        queue=queue,
        order=order,
        comments=shown,
        total=min(total, FEW) if filters else total,
        is_more_than=bool(filters) and total > FEW,
        next_after=place_of(shown[-1], order) if len(rows) > size else None,
        counts=counts,
    )


def matching(
    session: Session, moderator: Moderator, queue: Queue, filters: Filters
) -> list[ColumnElement[bool]]:
    """What a comment of this queue has to be, in a form that a database finds quickly.

    A filter that few comments pass is replaced by their ids: whatever the order, only these are
    looked at. What many pass is tested on the way, and soon fills a page.
    """
    conditions = []
    if moderator.site_id is not None:
        conditions.append(Comment.site_id == moderator.site_id)
    are_few = False
    for narrowing in narrow(session, queue, filters):
        few = session.scalars(narrowing.ids.limit(FEW + 1)).all()
        if len(few) <= FEW:
            conditions.append(Comment.id.in_(few))
            are_few = True
        else:
            conditions.append(narrowing.condition)
    return [_tested(queue) if are_few else CRITERIA[queue], *conditions]


def _tested(queue: Queue) -> ColumnElement[bool]:
    """The queue's criterion in a form that no index answers, for the few that are asked for.

    SQLite would else go through all of the queue, in order, until it met these.
    """
    return case((CRITERIA[queue], 1), else_=0) == 1


def bounded_count(session: Session, conditions: list[ColumnElement[bool]]) -> int:
    """How many comments pass; FEW + 1 where it is more than FEW."""
    some = select(Comment.id).where(*conditions).limit(FEW + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def place_of(comment: Comment, order: Order) -> Place:
    """Where a page ends whose last comment is this one."""
    if order is Order.RISKIEST:
        return Place(comment.risk, comment.id)
    if order is Order.REPORTS:
        return Place(comment.weight, comment.id)
    return Place(None, comment.id)


def sorted_page(
    conditions: list[ColumnElement[bool]], order: Order, after: Place | None, limit: int
) -> Select[Comment]:
    """The comments that pass, in order, with all that a card shows of them."""
    ids = sorted_ids(conditions, order, after, limit)
    # Where something is sorted after all, it is ids: what belongs to them is read for a page only.
    query = select(Comment).where(Comment.id.in_(ids.correlate(None))).order_by(*_sorted_by(order))
    return query.options(
        joinedload(Comment.article).joinedload(Article.surge),
        joinedload(Comment.commenter),
        joinedload(Comment.parent),
        joinedload(Comment.score),
    )


def sorted_ids(
    conditions: list[ColumnElement[bool]], order: Order, after: Place | None, limit: int
) -> Select[int]:
    """The ids of the comments that pass, in order."""
    ids = select(Comment.id).where(*conditions).order_by(*_sorted_by(order)).limit(limit)
    if after is not None:
        return ids.where(_comes_after(order, after))
    if order is Order.RISKIEST:
        # So it is with every comment. Said here, it has SQLite take the index of this order
        # instead of sorting all that an index of age finds.
        return ids.where(Comment.risk >= NO_RISK)
    return ids


def _sorted_by(order: Order) -> list[UnaryExpression[Any]]:
    """By age the moment comes first, so that one index serves a queue, its order and ages."""
    if order is Order.OLDEST:
        return [Comment.created_at.asc(), Comment.id.asc()]
    if order is Order.NEWEST:
        return [Comment.created_at.desc(), Comment.id.desc()]
    return [_WEIGHTS[order].desc(), Comment.id.desc()]


def _comes_after(order: Order, after: Place) -> ColumnElement[bool]:
    if order in _WEIGHTS:
        weight, older = _WEIGHTS[order], Comment.id < after.comment_id
        if after.weight is None:
            return older
        return and_(weight <= after.weight, or_(weight < after.weight, older))
    last = aliased(Comment)
    came = select(last.created_at).where(last.id == after.comment_id).scalar_subquery()
    if order is Order.OLDEST:
        later = or_(Comment.created_at > came, Comment.id > after.comment_id)
        return and_(Comment.created_at >= came, later)
    older = or_(Comment.created_at < came, Comment.id < after.comment_id)
    return and_(Comment.created_at <= came, older)
