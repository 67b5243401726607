"""Comments that wait and say the same: a wave of spam, or of one joke, is decided at once.

Texts are compared by their Indel similarity (RapidFuzz), 0 to 100, letters only: case, punctuation
and numbers do not count, as each message of a wave tends to carry others.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache

from rapidfuzz import fuzz, process
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from moderation.models import Comment
from moderation.statuses import Status
from moderation.text import fold

# How many held comments are compared: on a page of the queue, and where one asks for all.
NEAR, FAR = 200, 2_000
ALIKE = 90.0  # of 100
# What is alike begins alike: beginnings are compared first, which is several times as fast.
START, STARTS_ALIKE = 120, 75.0  # characters; of 100
COMPARED = 1_000  # characters of a text
LENGTH_MIN = 12  # letters: "Thank you!" is no wave
MOST = 100  # that are shown as alike

Held = Row[int, int, str]  # id, site and text of a comment


def letters(text: str) -> str:
    """What of a text is compared: its letters, folded as for a search, in words."""
    return re.sub(r"[\W\d_]+", " ", fold(text)).strip()


def find_alike(
    session: Session, comments: Sequence[Comment], *, among: int = NEAR
) -> dict[int, list[Comment]]:
    """For each of these comments the held ones that say (nearly) the same on its site, but itself.

    Only what is held itself has any. `among` held comments around these are compared: as many
    that came before the newest of these as after the oldest, as waves come at one time.
    """
    waiting = [comment for comment in comments if comment.status is Status.HELD]
    if not waiting:
        return {comment.id: [] for comment in comments}
    held = _held_around(session, waiting, among // 2)
    starts = process.cdist(
        [letters(comment.body[: 2 * START])[:START] for comment in waiting],
        [letters(row.body[: 2 * START])[:START] for row in held],
        scorer=fuzz.ratio,
        score_cutoff=STARTS_ALIKE,
    )
    whole = cache(lambda text: letters(text[:COMPARED]))  # of one row for many of the comments
    close = {
        comment.id: [
            row.id
            for row, score in zip(held, scores, strict=True)
            if score >= STARTS_ALIKE and _is_alike(comment, row, whole)
        ][:MOST]
        for comment, scores in zip(waiting, starts, strict=True)
    }
    found = _load(session, {other for others in close.values() for other in others})
    return {
        comment.id: [found[other] for other in close.get(comment.id, ())] for comment in comments
    }


def _held_around(session: Session, waiting: list[Comment], count: int) -> list[Held]:
    """Up to `count` held comments from the oldest of these on, and up to the newest; by age."""
    moments = [comment.created_at for comment in waiting]
    query = select(Comment.id, Comment.site_id, Comment.body).where(
        Comment.status == Status.HELD,
        Comment.site_id.in_({comment.site_id for comment in waiting}),
    )
    before = query.where(Comment.created_at <= max(moments)).order_by(Comment.created_at.desc())
    after = query.where(Comment.created_at >= min(moments)).order_by(Comment.created_at)
    found = {row.id: row for half in (before, after) for row in session.execute(half.limit(count))}
    return [found[comment_id] for comment_id in sorted(found)]


def _is_alike(comment: Comment, row: Held, whole: Callable[[str], str]) -> bool:
    if row.id == comment.id or row.site_id != comment.site_id:
        return False
    own, other = whole(comment.body), whole(row.body)
    return len(own) >= LENGTH_MIN and fuzz.ratio(own, other, score_cutoff=ALIKE) >= ALIKE


def _load(session: Session, ids: set[int]) -> dict[int, Comment]:
    return {c.id: c for c in session.scalars(select(Comment).where(Comment.id.in_(ids)))}
