"""The scoring jobs as rows: claim, settle, give back; and the sweep that keeps promise 1."""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from moderation.flow.decide import Presets, decide, is_open_to_machine
from moderation.flow.locks import lock_comment
from moderation.flow.scores import replace_score
from moderation.models import Comment, Job, Score, WorkerRow
from moderation.statuses import Code, Status

# A text that breaks its scorer is tried ever more rarely; a scorer that mends itself is noticed
# within this time.
LONGEST_PAUSE = dt.timedelta(minutes=5)
WORKER_SEEN = dt.timedelta(seconds=15)  # a scorer that said nothing for longer counts as gone


@dataclass(frozen=True)
class Claimed:
    """A comment one worker may score now, as it stood at the claim."""

    comment_id: int
    version: int
    name: str
    body: str
    attempts: int


@dataclass(frozen=True)
class Claim:
    """What one worker took, under one lease."""

    lease: str
    comments: tuple[Claimed, ...]


def claim(session: Session, *, now: dt.datetime, lease_for: dt.timedelta, limit: int) -> Claim:
    """Take up to `limit` due jobs, oldest first, that nobody holds. One conditional UPDATE."""
    lease = secrets.token_hex(8)
    due = (
        select(Job.comment_id)
        .where(_is_due(now))
        .order_by(Job.run_after, Job.comment_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        # A CTE that locks runs once; PostgreSQL may run a plain subquery again for each row,
        # and then takes more than `limit`.
        .cte("due")
    )
    taken = session.scalars(
        update(Job)
        .where(Job.comment_id.in_(select(due.c.comment_id)))
        .values(lease=lease, leased_until=now + lease_for, attempts=Job.attempts + 1)
        .returning(Job.comment_id)
        .execution_options(synchronize_session=False)
    ).all()
    rows = session.execute(
        select(Comment.id, Comment.version, Comment.name, Comment.body, Job.attempts)
        .join(Job, Job.comment_id == Comment.id)
        .where(Comment.id.in_(taken))
        .order_by(Comment.id)
    )
    comments = tuple(Claimed(*row) for row in rows)
    _space_out(session, comments, now)
    return Claim(lease, comments)


def any_due(session: Session, *, now: dt.datetime) -> bool:
    """Whether there is a job that `claim` would take."""
    return bool(session.scalar(select(exists().where(_is_due(now)))))


def _is_due(now: dt.datetime) -> ColumnElement[bool]:
    return and_(Job.run_after <= now, or_(Job.leased_until.is_(None), Job.leased_until <= now))


def _space_out(session: Session, comments: Sequence[Claimed], now: dt.datetime) -> None:
    """A text whose claims run out unsettled may be what kills its workers: it comes up ever more
    rarely, so that the server is there in between."""
    for comment in comments:
        if comment.attempts > 1:
            session.execute(
                update(Job)
                .where(Job.comment_id == comment.comment_id)
                .values(run_after=now + pause_after(comment.attempts))
            )


def renew(
    session: Session,
    lease: str,
    claimed: Sequence[Claimed],
    *,
    now: dt.datetime,
    lease_for: dt.timedelta,
) -> list[Claimed]:
    """Lease what is left of a claim for as long again; answers those that are still ours.

    Where the lease ended before, another worker may have taken some.
    """
    kept = session.scalars(
        update(Job)
        .where(Job.comment_id.in_([comment.comment_id for comment in claimed]), Job.lease == lease)
        .values(leased_until=now + lease_for)
        .returning(Job.comment_id)
        .execution_options(synchronize_session=False)
    ).all()
    return [comment for comment in claimed if comment.comment_id in kept]


def settle(
    session: Session,
    claimed: Claimed,
    lease: str,
    score: Score,
    *,
    now: dt.datetime,
    presets: Presets,
    readings: tuple[str, ...],
    repeat_window: dt.timedelta,
) -> bool:
    """Store the score and decide, if claim and version still match; answers whether they did.

    A comment that a human decided meanwhile keeps their decision and only gains the score.
    """
    comment = _lock(session, claimed, lease)
    if comment is None:
        return False
    if comment.version != claimed.version:
        session.execute(
            update(Job)
            .where(Job.comment_id == comment.id)
            .values(lease=None, leased_until=None, run_after=now)
        )
        return False
    replace_score(session, comment, score)
    if is_open_to_machine(comment):
        decide(
            session,
            comment,
            now=now,
            presets=presets,
            readings=readings,
            repeat_window=repeat_window,
        )
    session.execute(delete(Job).where(Job.comment_id == comment.id, Job.lease == lease))
    return True


def give_back(
    session: Session,
    claimed: Claimed,
    lease: str,
    *,
    now: dt.datetime,
    pause: dt.timedelta,
    repeat_window: dt.timedelta,
) -> None:
    """Say that scoring failed: the comment is held for it, and tried again after a pause."""
    comment = _lock(session, claimed, lease)
    if comment is None:
        return
    session.execute(
        update(Job)
        .where(Job.comment_id == comment.id)
        .values(lease=None, leased_until=None, run_after=now + pause)
    )
    if comment.status is Status.PROCESSING:
        _hold_unscored(session, comment, Code.SCORER_UNAVAILABLE, now, repeat_window)


def pause_after(attempts: int) -> dt.timedelta:
    """How long a failed text rests: seconds at first, doubling up to LONGEST_PAUSE."""
    return min(dt.timedelta(seconds=2 ** min(attempts, 12)), LONGEST_PAUSE)


def hold_late(
    session: Session,
    *,
    now: dt.datetime,
    deadline: dt.timedelta,
    repeat_window: dt.timedelta,
    limit: int = 20,
) -> int:
    """Hold what waited for its score beyond `deadline`; answers how many. The jobs stay."""
    failure = Code.SCORER_LATE if any_scorer(session, now=now) else Code.SCORER_UNAVAILABLE
    late = session.scalars(
        select(Comment)
        .where(Comment.status == Status.PROCESSING, Comment.said_at <= now - deadline)
        .order_by(Comment.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for comment in late:
        _hold_unscored(session, comment, failure, now, repeat_window)
    return len(late)


def wake_waiting(session: Session, *, now: dt.datetime) -> None:
    """A scorer is back: what rests because of a failure is due at once."""
    # What another worker has locked is in its hands, and waiting for it could deadlock.
    # What still carries a lease was not given back: it may have killed its worker.
    resting = (
        select(Job.comment_id)
        .where(Job.run_after > now, Job.lease.is_(None))
        .with_for_update(skip_locked=True)
    )
    session.execute(
        update(Job)
        .where(Job.comment_id.in_(resting))
        .values(run_after=now)
        .execution_options(synchronize_session=False)
    )


def count_waiting(session: Session) -> int:
    """How many comments wait for their score."""
    return session.scalar(select(func.count()).select_from(Job)) or 0


def report_worker(session: Session, row: WorkerRow) -> None:
    """Say that a scorer is alive (or why it cannot score), and forget those long gone."""
    session.merge(row)
    gone = row.seen_at - dt.timedelta(days=1)
    session.execute(delete(WorkerRow).where(WorkerRow.seen_at < gone))


def live_workers(session: Session, *, now: dt.datetime) -> Sequence[WorkerRow]:
    """The scorers that showed themselves lately."""
    return session.scalars(
        select(WorkerRow).where(WorkerRow.seen_at >= now - WORKER_SEEN).order_by(WorkerRow.id)
    ).all()


def any_scorer(session: Session, *, now: dt.datetime) -> bool:
    """Whether some scorer is alive and able."""
    return any(worker.error is None for worker in live_workers(session, now=now))


def _hold_unscored(
    session: Session, comment: Comment, failure: Code, now: dt.datetime, repeat_window: dt.timedelta
) -> None:
    # Nobody read beneath disguises either: that takes long, and it is held anyway.
    decide(
        session,
        comment,
        now=now,
        presets={},
        readings=(),
        failure=failure,
        repeat_window=repeat_window,
    )


def _lock(session: Session, claimed: Claimed, lease: str) -> Comment | None:
    """The claimed comment under a row lock, or None where the lease is no longer ours."""
    job = session.scalar(
        select(Job)
        .where(Job.comment_id == claimed.comment_id, Job.lease == lease)
        .with_for_update()
    )
    if job is None:
        return None
    return lock_comment(session, claimed.comment_id)
