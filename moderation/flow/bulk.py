"""Step `review`, many at once: each comment by the version seen, and all of it undone as one."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from moderation.errors import (
    AppealUnanswered,
    NothingToUndo,
    OwnAppeal,
    UnknownBatch,
    VersionConflict,
)
from moderation.flow.locks import keep_all
from moderation.flow.review import decide_by_hand, undo
from moderation.flow.store import new_public_id
from moderation.models import Batch, BatchItem, Comment, Event, Moderator
from moderation.statuses import Change, Reason

AT_ONCE = 50  # comments a transaction, so that readers' comments wait only shortly on SQLite
MOST = 1_000  # comments an act: what fits into one form
T = TypeVar("T")


class Choice(NamedTuple):
    """One comment of a selection, by the version seen."""

    public_id: str
    version: int


@dataclass(frozen=True)
class LeftOut:
    """A comment that somebody moved in between: where it stands now, and who moved it.

    `by` is empty where nobody did: its commenter appealed, and that is judged on its own.
    """

    public_id: str
    status: str
    by: str


@dataclass
class Outcome:
    """What became of an act on many comments."""

    moved: int = 0
    left_out: list[LeftOut] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """Count what another portion of the same act did."""
        self.moved += other.moved
        self.left_out += other.left_out


def portions(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """The items in portions of AT_ONCE, each for a transaction of its own."""
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]


def start_batch(
    session: Session, moderator: Moderator, *, now: dt.datetime, name: str | None = None
) -> Batch:
    """A new act on many comments, empty so far; or the one of this name, sent once more."""
    name = name or new_public_id()
    try:
        with session.begin_nested():
            batch = Batch(public_id=name, moderator_id=moderator.id, created_at=now)
            session.add(batch)
            session.flush()
    except IntegrityError:
        return find_batch(session, name, moderator)
    return batch


def name_of_act(
    moderator: Moderator, change: Change, reason: Reason | None, choices: Iterable[Choice]
) -> str:
    """The same for the same form sent twice, and for nothing else: versions move with each act."""
    chosen = sorted(choices)
    parts = [
        str(moderator.id),
        change,
        reason or "",
        *(f"{c.public_id}.{c.version}" for c in chosen),
    ]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def count_moved(session: Session, batch: Batch) -> int:
    """How many comments stand as this act left them."""
    query = (
        select(func.count())
        .select_from(BatchItem)
        .join(Comment, Comment.id == BatchItem.comment_id)
        .where(BatchItem.batch_id == batch.id, BatchItem.version == Comment.version)
    )
    return session.scalar(query) or 0


def count_undone(session: Session, batch: Batch) -> int:
    """How many comments stand as undoing this act left them, by however many clicks."""
    query = (
        select(func.count())
        .select_from(BatchItem)
        .join(Comment, Comment.id == BatchItem.comment_id)
        .join(Event, (Event.comment_id == Comment.id) & (Event.version == Comment.version))
        .where(
            BatchItem.batch_id == batch.id,
            BatchItem.version + 1 == Comment.version,
            Event.change == Change.UNDONE,
            Event.moderator_id == batch.moderator_id,  # a colleague's is left out and listed
        )
    )
    return session.scalar(query) or 0


def decide_portion(
    session: Session,
    batch_id: int,
    choices: Sequence[Choice],
    change: Change,
    *,
    moderator: Moderator,
    now: dt.datetime,
    reason: Reason | None = None,
    words: str = "",
) -> Outcome:
    """Decide about some comments (AT_ONCE, say) of this moderator's sites.

    What moved since it was seen is left out. Ids that are unknown or of other sites are ignored,
    and so is what is decided so already. `words` tell the commenters why, see decide_by_hand.
    """
    outcome, known = Outcome(), _known(session, choices, moderator)
    keep_all(session, [comment_id for comment_id, _ in known])
    for comment_id, choice in known:
        try:
            event = decide_by_hand(
                session,
                comment_id,
                change,
                version_seen=choice.version,
                moderator=moderator,
                now=now,
                reason=reason,
                words=words,
                data={"batch": batch_id},
            )
        except VersionConflict as conflict:
            left = LeftOut(choice.public_id, conflict.status, conflict.by)
            outcome.left_out.append(left)
            continue
        except (OwnAppeal, AppealUnanswered):
            status = session.get_one(Comment, comment_id).status
            outcome.left_out.append(LeftOut(choice.public_id, status, ""))
            continue
        if event is not None:
            assert event.version is not None
            session.add(BatchItem(batch_id=batch_id, comment_id=comment_id, version=event.version))
            outcome.moved += 1
    session.flush()
    return outcome


def find_batch(session: Session, public_id: str, moderator: Moderator) -> Batch:
    """An act of this moderator's own. Raises UnknownBatch."""
    batch = session.scalar(
        select(Batch).where(Batch.public_id == public_id, Batch.moderator_id == moderator.id)
    )
    if batch is None:
        raise UnknownBatch("no such act of this moderator")
    return batch


def items_of(session: Session, batch: Batch, moderator: Moderator) -> list[tuple[int, int]]:
    """What a batch moved of this moderator's sites: comments by id, and their versions then."""
    rows = (
        select(BatchItem.comment_id, BatchItem.version)
        .where(BatchItem.batch_id == batch.id)
        .order_by(BatchItem.comment_id)
    )
    if moderator.site_id is not None:  # somebody's sites may change
        rows = rows.join(Comment).where(Comment.site_id == moderator.site_id)
    return [(comment_id, version) for comment_id, version in session.execute(rows)]


def undo_portion(
    session: Session,
    items: Sequence[tuple[int, int]],
    *,
    moderator: Moderator,
    now: dt.datetime,
) -> Outcome:
    """Take back what a batch did to these comments; what somebody moved since is left out."""
    outcome = Outcome()
    keep_all(session, [comment_id for comment_id, _ in items])
    for comment_id, version in items:
        try:
            event = undo(session, comment_id, version_seen=version, moderator=moderator, now=now)
        except (VersionConflict, NothingToUndo) as moved:
            comment = session.get_one(Comment, comment_id)
            by = moved.by if isinstance(moved, VersionConflict) else "somebody"
            outcome.left_out.append(LeftOut(comment.public_id, comment.status, by))
            continue
        outcome.moved += event is not None
    return outcome


def _known(
    session: Session, choices: Sequence[Choice], moderator: Moderator
) -> list[tuple[int, Choice]]:
    """Those of this moderator's sites, by id."""
    query = select(Comment.id, Comment.public_id).where(
        Comment.public_id.in_([choice.public_id for choice in choices])
    )
    if moderator.site_id is not None:
        query = query.where(Comment.site_id == moderator.site_id)
    by_name = {choice.public_id: choice for choice in choices}
    return [(row.id, by_name[row.public_id]) for row in session.execute(query.order_by(Comment.id))]
