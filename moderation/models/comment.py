"""A comment, what a model and the rules said of it, and the job that will score it."""

import datetime as dt
from typing import Literal

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    false,
    func,
    literal,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.db import Base
from moderation.models.columns import BigId, Json, enum_of
from moderation.models.commenter import Commenter
from moderation.models.site import Article
from moderation.statuses import Actor, Code, Reason, Status, Urgency, Verdict

PER_REPORTER = 100  # thousandths of risk: a reader's report weighs as much as 10 % of a score


class Comment(Base):
    """What a reader sent. Only flow/store.py changes `status`, `version` and `decided_by`."""

    __tablename__ = "comments"
    __table_args__ = (UniqueConstraint("site_id", "submission_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id"))
    commenter_id: Mapped[int | None] = mapped_column(ForeignKey("commenters.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("moderators.id"))  # who wrote as staff
    # Eight bytes a level, this comment's own id last: sorts a thread depth first.
    path: Mapped[bytes] = mapped_column(LargeBinary)

    name: Mapped[str] = mapped_column(Text)  # raw text: escape when rendering
    body: Mapped[str] = mapped_column(Text)  # raw text: escape when rendering

    status: Mapped[Status] = mapped_column(enum_of(Status), default=Status.PROCESSING)
    version: Mapped[int] = mapped_column(default=1)
    decided_by: Mapped[Actor | None] = mapped_column(enum_of(Actor))
    reason: Mapped[Reason | None] = mapped_column(enum_of(Reason))
    decided_at: Mapped[dt.datetime | None]

    # What the queue is ordered and searched by; flow/queue/ says how.
    risk: Mapped[int] = mapped_column(default=-1, server_default="-1")  # see flow/scores.py
    language: Mapped[str | None] = mapped_column(Text)  # of its score
    urgent: Mapped[Urgency | None] = mapped_column(enum_of(Urgency))  # until a person decides
    reports: Mapped[int] = mapped_column(default=0, server_default="0")  # open ones
    # Approved by the machine and drawn for a look, until a person decides: flow/queue/sampling.py.
    sampled: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Its commenter wants the rejection looked at again, until it is answered: flow/own/appeals.py.
    appealed: Mapped[bool] = mapped_column(default=False, server_default=false())

    submission_id: Mapped[str] = mapped_column(Text)
    submission_hash: Mapped[bytes] = mapped_column(LargeBinary)  # of the fields: a retry or not
    text_hash: Mapped[bytes] = mapped_column(LargeBinary)  # of the folded body: said before or not
    signals: Mapped[list[str]] = mapped_column(Json)  # codes seen at submission (honeypot, …)
    link_version: Mapped[int] = mapped_column(default=1)  # moves to revoke the private link
    created_at: Mapped[dt.datetime]
    # When the article appeared, as the page of this comment said: it may be false, and counts here.
    article_published_at: Mapped[dt.datetime | None]
    published_at: Mapped[dt.datetime | None]  # when readers could see it first
    edited_at: Mapped[dt.datetime | None]  # when its commenter last gave it another text
    emptied_at: Mapped[dt.datetime | None]  # when name and text were taken out for good

    article: Mapped[Article] = relationship()
    commenter: Mapped[Commenter | None] = relationship()
    parent: Mapped["Comment | None"] = relationship(remote_side=[id])
    score: Mapped["Score | None"] = relationship(back_populates="comment")

    @hybrid_property
    def said_at(self) -> dt.datetime:
        """Since when it says what its commenter made it say; also for the WHERE of a query."""
        return self.edited_at or self.created_at

    @said_at.inplace.expression
    @classmethod
    def _said_at(cls) -> ColumnElement[dt.datetime]:
        return func.coalesce(cls.edited_at, cls.created_at)

    @hybrid_property
    def weight(self) -> int:
        """Score and reports together, in thousandths; also for the ORDER BY of a query."""
        return self.risk + PER_REPORTER * self.reports

    @weight.inplace.expression
    @classmethod
    def _weight(cls) -> ColumnElement[int]:
        # Written out: SQLite finds an index by its expression's text, in which nothing is bound.
        return cls.risk + literal(PER_REPORTER, literal_execute=True) * cls.reports


Index("ix_comments_thread", Comment.article_id, Comment.status, Comment.path)
Index("ix_comments_queue", Comment.status, Comment.id)
Index("ix_comments_late", Comment.status, Comment.created_at)
Index("ix_comments_decided", Comment.status, Comment.decided_at)
Index("ix_comments_text", Comment.article_id, Comment.text_hash)
Index("ix_comments_site", Comment.site_id, Comment.status, Comment.created_at)
Index("ix_comments_risk", Comment.status, Comment.risk, Comment.id)
Index("ix_comments_commenter", Comment.commenter_id, Comment.status, Comment.created_at)
Index("ix_comments_language", Comment.status, Comment.language, Comment.created_at)
Index("ix_comments_reason", Comment.status, Comment.reason, Comment.id)
# Few comments are in these queues at a time.
_URGENT, _REPORTED = Comment.urgent.is_not(None), Comment.reports > 0
Index(
    "ix_comments_weight",
    Comment.weight,
    Comment.id,
    sqlite_where=_REPORTED,
    postgresql_where=_REPORTED,
)
_SAMPLED = Comment.sampled.is_(True)
Index("ix_comments_urgent", Comment.created_at, sqlite_where=_URGENT, postgresql_where=_URGENT)
Index(
    "ix_comments_reported", Comment.created_at, sqlite_where=_REPORTED, postgresql_where=_REPORTED
)
Index("ix_comments_sampled", Comment.created_at, sqlite_where=_SAMPLED, postgresql_where=_SAMPLED)
_APPEALED = Comment.appealed.is_(True)
Index(
    "ix_comments_appealed", Comment.created_at, sqlite_where=_APPEALED, postgresql_where=_APPEALED
)
# Feeds, and what is new in a thread.
_PUBLISHED = Comment.published_at.is_not(None)
for _place in (Comment.site_id, Comment.article_id):
    Index(
        f"ix_comments_{_place.key}_published_at",
        _place,
        Comment.published_at,
        sqlite_where=_PUBLISHED,
        postgresql_where=_PUBLISHED,
    )


class Score(Base):
    """A model's numbers for the text as it stands now, 0 to 1 for each of Detoxify's attributes."""

    __tablename__ = "scores"

    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    model: Mapped[str] = mapped_column(Text)
    checkpoint: Mapped[str] = mapped_column(Text)  # its sha256, first 12 hex digits
    graph: Mapped[str] = mapped_column(Text)  # int8 or float: what the checkpoint was compiled to
    normaliser: Mapped[int]  # how the text was read; 0: before there was a normaliser
    # In force when the machine decided by this score; None: none was, or it decided nothing.
    preset: Mapped[str | None] = mapped_column(Text)
    attributes: Mapped[dict[str, float]] = mapped_column(Json)
    complete: Mapped[bool]  # False: the text was longer than what was scored
    language: Mapped[str | None] = mapped_column(Text)
    languages: Mapped[list[str]] = mapped_column(Json)  # those the model knows
    has_words: Mapped[bool]
    # Offsets [start, end] in the comment's text of the words that raised the score; empty where no
    # words stand out, False where looking for them failed, None while nobody has looked.
    spans: Mapped[list[list[int]] | Literal[False] | None] = mapped_column(Json)
    created_at: Mapped[dt.datetime]

    comment: Mapped[Comment] = relationship(back_populates="score")

    @property
    def model_version(self) -> str:
        """Checkpoint and graph in one word, as the log and the workers have it."""
        return f"{self.checkpoint}-{self.graph}"


class FindingRow(Base):
    """One rule's evidence for the machine decision that `event_id` records."""

    __tablename__ = "findings"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    code: Mapped[Code] = mapped_column(enum_of(Code))
    verdict: Mapped[Verdict] = mapped_column(enum_of(Verdict))
    attribute: Mapped[str | None] = mapped_column(Text)
    value: Mapped[float | None]
    threshold: Mapped[float | None]
    detail: Mapped[str | None] = mapped_column(Text)  # may quote the reader: erasure reaches it
    # The comment's, so that a queue can be filtered by rule without looking at all others.
    status: Mapped[Status | None] = mapped_column(enum_of(Status))


Index("ix_findings_comment", FindingRow.comment_id, FindingRow.code)
Index(
    "ix_findings_filter",
    FindingRow.code,
    FindingRow.status,
    FindingRow.attribute,
    FindingRow.comment_id,
)
# What each standing decision decided: few of all findings.
_STANDING = FindingRow.code.in_((Code.STANDING_REJECTED, Code.STANDING_APPROVED))
Index("ix_findings_standing", FindingRow.value, sqlite_where=_STANDING, postgresql_where=_STANDING)


class Job(Base):
    """One comment waiting for its score. Deleted in the transaction that decides the comment."""

    __tablename__ = "jobs"

    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    created_at: Mapped[dt.datetime]
    run_after: Mapped[dt.datetime] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    lease: Mapped[str | None] = mapped_column(Text)  # the claim that may settle this job
    leased_until: Mapped[dt.datetime | None]


class WorkerRow(Base):
    """A scoring thread or process that showed itself lately: what /readyz and the sweep look at."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    model: Mapped[str] = mapped_column(Text)
    model_version: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)  # a stable code, None while it can score
    seen_at: Mapped[dt.datetime]
