"""What a ban would have hit lately, for who is about to set it; writes nothing."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from moderation.flow.bans.force import is_in_force
from moderation.flow.bans.targets import Target
from moderation.models import Ban, Comment, CommentAddress, CommenterEmail, Site
from moderation.policy.words import find_words
from moderation.statuses import BanKind, Status

DAYS = 30
SHOWN = 5
SCANNED = 20_000  # comments looked through for a word, about a second; the newest first


@dataclass(frozen=True)
class Foresight:
    """The comments of the last days that the ban names: how many, by whom, the newest.

    `scanned` is set where a word was looked for in so many of the newest comments only.
    """

    counts: dict[Status, int]
    commenters: int
    newest: list[Comment]
    scanned: int | None = None

    @property
    def total(self) -> int:
        """How many comments."""
        return sum(self.counts.values())


def foresee(session: Session, site: Site | None, target: Target, *, now: dt.datetime) -> Foresight:
    """What the ban would have hit in the last DAYS on a site, or on all.

    Words are found where they stand plainly: what a disguise hides only a model's reading tells.
    """
    lately = [Comment.created_at >= now - dt.timedelta(days=DAYS)]
    if site is not None:
        lately.append(Comment.site_id == site.id)
    if target.word is not None:
        return _foresee_word(session, target.word, lately)
    where = [*lately, _is_named(target, everywhere=site is None)]
    counts = session.execute(
        select(Comment.status, func.count()).where(*where).group_by(Comment.status)
    )
    newest = select(Comment).where(*where).order_by(Comment.id.desc()).limit(SHOWN)
    return Foresight(
        counts={status: count for status, count in counts},
        commenters=session.scalar(select(func.count(Comment.commenter_id.distinct())).where(*where))
        or 0,
        newest=list(session.scalars(newest.options(joinedload(Comment.article)))),
    )


def find_standing(
    session: Session, site: Site | None, target: Target, *, now: dt.datetime
) -> Ban | None:
    """The ban in force that the new one would replace, if any."""
    return session.scalar(
        select(Ban).where(
            Ban.site_id == site.id if site else Ban.site_id.is_(None),
            Ban.word == target.word if target.word else Ban.lookup_hash.in_(target.hashes),
            is_in_force(now),
        )
    )


def _is_named(target: Target, *, everywhere: bool) -> ColumnElement[bool]:
    if target.kind is BanKind.ADDRESS:
        query = select(CommentAddress.comment_id)
        return Comment.id.in_(query.where(CommentAddress.range_hash.in_(target.hashes)))
    column = CommenterEmail.anywhere_hash if everywhere else CommenterEmail.lookup_hash
    if target.kind is BanKind.DOMAIN:
        column = CommenterEmail.domain_hash
    return Comment.commenter_id.in_(
        select(CommenterEmail.commenter_id).where(column.in_(target.hashes))
    )


def _foresee_word(session: Session, word: str, lately: list[ColumnElement[bool]]) -> Foresight:
    rows = session.execute(
        select(Comment.id, Comment.status, Comment.commenter_id, Comment.name, Comment.body)
        .where(*lately, Comment.emptied_at.is_(None))
        .order_by(Comment.id.desc())
        .limit(SCANNED),
        execution_options={"yield_per": 1_000},  # texts are let go as they are read
    )
    counts: Counter[Status] = Counter()
    people: set[int | None] = set()
    newest: list[int] = []
    scanned = 0
    for comment_id, status, commenter_id, name, body in rows:
        scanned += 1
        if find_words(name, (word,)) or find_words(body, (word,)):
            counts[status] += 1
            people.add(commenter_id)
            newest += [comment_id] if len(newest) < SHOWN else []
    shown = select(Comment).where(Comment.id.in_(newest)).order_by(Comment.id.desc())
    return Foresight(
        counts=dict(counts),
        commenters=len(people - {None}),
        newest=list(session.scalars(shown.options(joinedload(Comment.article)))),
        scanned=scanned if scanned == SCANNED else None,
    )
