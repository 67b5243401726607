"""Surges: very many comments under one article, or held ones, have a person approve everything.

A surge begins with the comment that fills the site's measure, goes on while more come, and ends by
itself or by hand. `flow/articles.py:policy_under` says what it does while it is in force.

Nobody waits here: whoever finds the article locked leaves it to the next comment to count again.
"""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, contains_eager

from moderation.flow.articles import has_surge, policy_of
from moderation.flow.notices.announce import announce
from moderation.flow.store import touch_article
from moderation.models import (
    Article,
    Comment,
    CommentAddress,
    Event,
    FindingRow,
    Moderator,
    Site,
    Surge,
)
from moderation.policy.context import Finding, Policy
from moderation.statuses import Actor, Change, Code, Occasion, Publishing, Status, Verdict

# So many different people, at least: else one alone could have everybody's comments wait. As many
# as no reader plays by hand in ten minutes, and fewer than write 30 comments in any real surge.
PEOPLE = 5
PROLONG_AFTER = dt.timedelta(minutes=1)  # not with each comment: it is counted anew each time
# Findings that say nothing against a comment: nobody can judge it, or a person looks anyway. The
# holds of a surge must not prolong it, and a scorer that is down is no surge.
SAY_NOTHING = (
    Code.SCORER_UNAVAILABLE,
    Code.SCORER_LATE,
    Code.TEXT_TOO_LONG,
    Code.LANGUAGE_UNSUPPORTED,
    Code.LANGUAGE_UNKNOWN,
    Code.FIRST_COMMENT,
    Code.HUMAN_REVIEW,
    Code.ARTICLE_CLOSED,
    Code.PARENT_HIDDEN,
    Code.UNDER_REVIEW,
    Code.REPORTED,  # or a few who report could have everything wait
    Code.RULE_FAILED,
)


class Crowd(NamedTuple):
    """What came lately: how many comments, how many of them were held, each by how many people."""

    comments: int
    people: int
    holds: int
    people_held: int

    def is_surge(self, policy: Policy) -> bool:
        """Whether it fills the site's measure."""
        for number, people, most in (
            (self.comments, self.people, policy.surge_comments),
            (self.holds, self.people_held, policy.surge_holds),
        ):
            if most and number >= most and people >= PEOPLE:
                return True
        return False


def tell_against(findings: Iterable[Finding]) -> bool:
    """Whether the comment with these findings counts as a hold.

    Not where a standing decision rejects it: a moderator has dealt with that wave.
    """
    told = [(finding.code, finding.verdict) for finding in findings]
    if (Code.STANDING_REJECTED, Verdict.REJECT) in told:
        return False
    return any(code not in SAY_NOTHING and verdict is not Verdict.APPROVE for code, verdict in told)


def watch(session: Session, article: Article, *, now: dt.datetime) -> None:
    """A comment came, or one was held: begin a surge or prolong it, where the measure is full."""
    policy = policy_of(session.get_one(Site, article.site_id))
    publishing = article.publishing or policy.publishing
    if publishing in (Publishing.HUMAN, Publishing.CLOSED) or _is_fresh(article, policy, now):
        return
    if not count_crowd(session, article, policy, now=now).is_surge(policy):
        return
    if not _lock(session, article) or _is_fresh(article, policy, now):
        return
    crowd = count_crowd(session, article, policy, now=now)  # since an end that came in between
    if crowd.is_surge(policy):
        _begin_or_prolong(session, article, crowd, policy, now)


def count_crowd(session: Session, article: Article, policy: Policy, *, now: dt.datetime) -> Crowd:
    """What came under the article within the policy's minutes, and after the last surge's end.

    A person is a commenter or, without an email, the network that they wrote from.
    """
    since = now - dt.timedelta(minutes=policy.surge_minutes)
    if article.surge is not None and article.surge.ended_at is not None:
        since = max(since, article.surge.ended_at)
    is_against = _has_finding(
        FindingRow.code.not_in(SAY_NOTHING), FindingRow.verdict != Verdict.APPROVE
    ) & ~_has_finding(
        FindingRow.code == Code.STANDING_REJECTED, FindingRow.verdict == Verdict.REJECT
    )
    rows = session.execute(
        select(Comment.commenter_id, CommentAddress.range_hash, is_against)
        .outerjoin(CommentAddress, CommentAddress.comment_id == Comment.id)
        .where(
            # All states are named so that an index finds the minutes.
            Comment.site_id == article.site_id,
            Comment.status.in_(list(Status)),
            Comment.created_at >= since,
            Comment.article_id == article.id,
        )
    ).all()
    came = [commenter or address for commenter, address, _ in rows]
    held = [commenter or address for commenter, address, against in rows if against]
    return Crowd(len(came), len({*came} - {None}), len(held), len({*held} - {None}))


def end_surge(
    session: Session, article: Article, *, moderator: Moderator, now: dt.datetime
) -> bool:
    """End it by hand; False where none is in force. What it held stays in the queue.

    The caller keeps the article (flow/article_acts.py:find_visible_article).
    """
    surge = _refreshed(session, article)
    if surge is None or not surge.is_in_force(now):
        return False
    _end(session, surge, now, moderator)
    return True


def resume_surge(
    session: Session, article: Article, *, moderator: Moderator, now: dt.datetime
) -> bool:
    """Take back that this moderator ended it; False where it is over anyway, or another's act."""
    surge = _refreshed(session, article)
    is_theirs = surge is not None and surge.moderator_id == moderator.id
    if surge is None or not is_theirs or surge.ended_at is None or surge.until <= now:
        return False
    surge.ended_at = surge.moderator_id = None
    _note(session, surge, Change.SURGE_BEGAN, now, moderator)
    return True


def end_over(session: Session, *, now: dt.datetime) -> None:
    """Write down that surges are over whose time has come."""
    over = select(Article).join(Surge).where(Surge.ended_at.is_(None), Surge.until <= now)
    for article in session.scalars(over.order_by(Article.id)).all():
        surge = _refreshed(session, article) if _lock(session, article) else None
        if surge is not None and surge.ended_at is None and surge.until <= now:
            _end(session, surge, now)


def read_surges(session: Session, moderator: Moderator, *, now: dt.datetime) -> list[Article]:
    """The articles of this moderator's sites under which a surge is in force, the oldest first."""
    query = (
        select(Article)
        .join(Article.surge)
        .options(contains_eager(Article.surge))
        .where(Surge.ended_at.is_(None), Surge.until > now)
        .order_by(Surge.began_at, Article.id)
    )
    if moderator.site_id is not None:
        query = query.where(Article.site_id == moderator.site_id)
    return list(session.scalars(query))


def _begin_or_prolong(
    session: Session, article: Article, crowd: Crowd, policy: Policy, now: dt.datetime
) -> None:
    surge = article.surge
    is_new = surge is None or not surge.is_in_force(now)
    if surge is not None and is_new and surge.ended_at is None:
        _end(session, surge, now)  # its time was over, and nobody had written so
    if surge is None:
        surge = Surge(article_id=article.id, site_id=article.site_id)
        session.add(surge)
    surge.comments, surge.holds = crowd.comments, crowd.holds
    surge.until = now + dt.timedelta(hours=policy.surge_hours)
    if is_new:
        surge.began_at, surge.ended_at, surge.moderator_id = now, None, None
        _note(session, surge, Change.SURGE_BEGAN, now)
        announce(session, Occasion.SURGE, site_id=article.site_id, article=article, now=now)
    session.flush()
    session.expire(article, ["surge"])


def _end(
    session: Session, surge: Surge, now: dt.datetime, moderator: Moderator | None = None
) -> None:
    surge.ended_at = now
    surge.moderator_id = moderator.id if moderator else None
    _note(session, surge, Change.SURGE_ENDED, now, moderator)


def _note(
    session: Session,
    surge: Surge,
    change: Change,
    now: dt.datetime,
    moderator: Moderator | None = None,
) -> None:
    touch_article(session, surge.article_id)  # readers are told while it is in force
    session.add(
        Event(
            site_id=surge.site_id,
            moderator_id=moderator.id if moderator else None,
            change=change,
            actor=Actor.MODERATOR if moderator else Actor.MACHINE,
            data={"article": surge.article_id, "comments": surge.comments, "holds": surge.holds},
            created_at=now,
        )
    )
    session.flush()


def _has_finding(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(FindingRow.comment_id == Comment.id, *which)


def _is_fresh(article: Article, policy: Policy, now: dt.datetime) -> bool:
    """Whether a surge is in force that was begun or prolonged a moment ago."""
    if article.surge is None or not has_surge(article, now):
        return False
    left = article.surge.until - now
    return left > dt.timedelta(hours=policy.surge_hours) - PROLONG_AFTER


def _lock(session: Session, article: Article) -> bool:
    """Keep the article, unless somebody has it; comments may still come in meanwhile."""
    locked = session.scalar(
        select(Article.id)
        .where(Article.id == article.id)
        .with_for_update(skip_locked=True, key_share=True)
    )
    _refreshed(session, article)
    return locked is not None


def _refreshed(session: Session, article: Article) -> Surge | None:
    """The surge as it is by now."""
    session.expire(article, ["surge"])
    return session.scalar(
        select(Surge)
        .where(Surge.article_id == article.id)
        .execution_options(populate_existing=True)
    )
