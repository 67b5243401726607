"""What a mail to a moderator says, read when it is sent: counts, codes, times and places.

No text, no name and no email of a commenter, and no title, which a reader typed: an article is told
by its host and path.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.flow.jobs import any_scorer
from moderation.flow.notices.hours import zone_of
from moderation.flow.notices.links import MailedLinks, make_link
from moderation.flow.notices.places import place_of
from moderation.flow.notices.scorer import missed_since
from moderation.flow.notices.waiting import oldest_by_site
from moderation.flow.queue.queues import CRITERIA, read_counts
from moderation.flow.queue.sampling import codes_to_tell, hides_score
from moderation.models import Article, Comment, Mail, Moderator, NoticeWishes, Site
from moderation.statuses import Code, MailKind, Queue, Role, Status, Urgency


@dataclass(frozen=True, kw_only=True)
class SiteQueue:
    """How many comments of a site wait, and since when the oldest does."""

    name: str
    count: int
    oldest: dt.datetime


@dataclass(frozen=True, kw_only=True)
class OneComment:
    """A comment as a mail tells of it."""

    public_id: str
    place: str
    came_at: dt.datetime
    is_public: bool
    urgency: Urgency | None
    codes: tuple[Code, ...]
    """Why the machine held it, but for a score that is hidden."""
    is_score_hidden: bool
    links: MailedLinks | None
    """What decides about it in the mail; None: nothing does."""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """The facts of one mail; which are there depends on its kind."""

    zone: dt.tzinfo
    """What its reader's clock shows."""
    queues: tuple[SiteQueue, ...] = ()
    comment: OneComment | None = None
    urgent: int = 0
    reported: int = 0
    appeals: int = 0
    hours: int = 0
    since: dt.datetime | None = None
    place: str = ""
    article_id: int | None = None
    count: int = 0


Reader = Callable[[Session, Mail, Moderator, NoticeWishes, dt.datetime], Notice | None]


def _urgent(
    session: Session, mail: Mail, person: Moderator, wishes: NoticeWishes, now: dt.datetime
) -> Notice | None:
    comment = session.get(Comment, mail.comment_id) if mail.comment_id else None
    if comment is None or comment.urgent is None or person.site_id not in (None, comment.site_id):
        return None
    return Notice(
        zone=zone_of(wishes), comment=_about(session, mail, comment, person, now), urgent=1
    )


def _held(
    session: Session, mail: Mail, person: Moderator, wishes: NoticeWishes, now: dt.datetime
) -> Notice | None:
    queues = read_queues(session, person)
    if not queues:
        return None
    one = _only_one(session, person) if sum(queue.count for queue in queues) == 1 else None
    about = _about(session, mail, one, person, now) if one else None
    return Notice(zone=zone_of(wishes), queues=queues, comment=about)


def _digest(
    session: Session, mail: Mail, person: Moderator, wishes: NoticeWishes, now: dt.datetime
) -> Notice | None:
    counts, queues = read_counts(session, person), read_queues(session, person)
    urgent, reported, appeals = (
        counts[queue] for queue in (Queue.URGENT, Queue.REPORTED, Queue.APPEALS)
    )
    if not (queues or urgent or reported or appeals):
        return None
    return Notice(
        zone=zone_of(wishes), queues=queues, urgent=urgent, reported=reported, appeals=appeals
    )


def _waiting(
    session: Session, mail: Mail, person: Moderator, wishes: NoticeWishes, now: dt.datetime
) -> Notice | None:
    hours = wishes.waiting_hours or 0
    late = tuple(
        queue
        for queue in read_queues(session, person)
        if now - queue.oldest > dt.timedelta(hours=hours)
    )
    return Notice(zone=zone_of(wishes), queues=late, hours=hours) if late else None


def _scorer_down(
    session: Session, mail: Mail, person: Moderator, wishes: NoticeWishes, now: dt.datetime
) -> Notice | None:
    since = missed_since(session)
    if since is None or any_scorer(session, now=now):
        return None
    return Notice(zone=zone_of(wishes), since=since)


def _scorer_back(
    session: Session, mail: Mail, person: Moderator, wishes: NoticeWishes, now: dt.datetime
) -> Notice | None:
    return Notice(zone=zone_of(wishes))


def _surge(
    session: Session, mail: Mail, person: Moderator, wishes: NoticeWishes, now: dt.datetime
) -> Notice | None:
    article = session.get(Article, mail.article_id) if mail.article_id else None
    if article is None or article.surge is None or not article.surge.is_in_force(now):
        return None
    waiting = select(func.count()).where(
        Comment.article_id == article.id, Comment.status == Status.HELD
    )
    return Notice(
        zone=zone_of(wishes),
        place=place_of(article),
        article_id=article.id,
        since=article.surge.began_at,
        count=session.scalar(waiting) or 0,
    )


READERS: dict[MailKind, Reader] = {
    MailKind.URGENT: _urgent,
    MailKind.HELD: _held,
    MailKind.DIGEST: _digest,
    MailKind.WAITING: _waiting,
    MailKind.SCORER_DOWN: _scorer_down,
    MailKind.SCORER_BACK: _scorer_back,
    MailKind.SURGE: _surge,
}


def read_queues(session: Session, person: Moderator) -> tuple[SiteQueue, ...]:
    """The held comments of this person's sites, those without any left out."""
    found = []
    for site_id, oldest in oldest_by_site(session).items():
        if oldest is None or person.site_id not in (None, site_id):
            continue
        count = session.scalar(
            select(func.count()).where(Comment.site_id == site_id, CRITERIA[Queue.HELD])
        )
        name = session.get_one(Site, site_id).name
        found.append(SiteQueue(name=name, count=count or 0, oldest=oldest))
    return tuple(found)


def _only_one(session: Session, person: Moderator) -> Comment | None:
    query = select(Comment).where(CRITERIA[Queue.HELD])
    if person.site_id is not None:
        query = query.where(Comment.site_id == person.site_id)
    return session.scalar(query.limit(1))


def _about(
    session: Session, mail: Mail, comment: Comment, person: Moderator, now: dt.datetime
) -> OneComment:
    decides = person.role.may(Role.MODERATOR)
    return OneComment(
        public_id=comment.public_id,
        place=place_of(comment.article),
        came_at=comment.created_at,
        is_public=comment.status is Status.APPROVED,
        urgency=comment.urgent,
        codes=tuple(codes_to_tell(session, comment)),
        is_score_hidden=hides_score(comment, comment.article.site),
        links=make_link(session, mail, comment, person, now=now) if decides else None,
    )
