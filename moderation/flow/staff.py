"""Step `submit` for the team: what they write as staff is public by their own decision."""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from moderation.errors import ArticleClosed, NotAllowed, TokenReused
from moderation.flow.articles import is_closed, policy_of, policy_under
from moderation.flow.store import change_status, new_public_id, store_staff_comment
from moderation.flow.submit import anchor, find_parent, text_hash
from moderation.models import Article, Comment, Event, Moderator, Site
from moderation.statuses import Actor, Change, Role, Status


def may_write(moderator: Moderator, site: Site) -> bool:
    """Whether this person may write as staff on the site."""
    return moderator.role.may(Role.MODERATOR) and moderator.site_id in (None, site.id)


def write_as_staff(
    session: Session,
    site: Site,
    article: Article,
    body: str,
    *,
    parent: str = "",
    form_id: str,
    moderator: Moderator,
    now: dt.datetime,
) -> tuple[Comment, Event | None]:
    """Store a comment under the moderator's name and approve it, in the caller's transaction.

    No commenter, address or score belongs to it. `parent` is a public id, `form_id` tells a form
    that is sent twice: then the event is None. Raises NotAllowed, ArticleClosed, UnknownParent, or
    TokenReused where the form was sent before with another text.
    """
    if not may_write(moderator, site):
        raise NotAllowed("writing as staff needs a moderator of the site")
    submission_id = f"staff-{moderator.id}-{form_id}"
    if stored := _find_stored(session, site, submission_id, body):
        return stored, None
    if is_closed(policy_under(site, article, now), article, None, now):
        raise ArticleClosed("this article takes no more comments")
    answered = find_parent(session, article, parent)
    comment = Comment(
        public_id=new_public_id(),
        site_id=site.id,
        article_id=article.id,
        parent_id=answered.id if answered else None,
        staff_id=moderator.id,
        name=moderator.name,
        body=body,
        status=Status.HELD,
        submission_id=submission_id,
        submission_hash=b"",  # nobody's fields: the text itself is compared
        text_hash=text_hash(body),
        signals=[],
        created_at=now,
    )
    try:
        with session.begin_nested():
            depth = policy_of(site).reply_depth
            store_staff_comment(session, comment, parent=anchor(session, answered, depth))
    except IntegrityError:  # the same form arrived twice at once and the other was faster
        if stored := _find_stored(session, site, submission_id, body):
            return stored, None
        raise
    event = change_status(
        session,
        comment,
        Status.APPROVED,
        change=Change.APPROVED,
        actor=Actor.MODERATOR,
        now=now,
        moderator_id=moderator.id,
        data={"staff": True},
    )
    return comment, event


def _find_stored(session: Session, site: Site, submission_id: str, body: str) -> Comment | None:
    stored = session.scalar(
        select(Comment).where(Comment.site_id == site.id, Comment.submission_id == submission_id)
    )
    if stored is not None and stored.body != body:
        raise TokenReused("this form was already sent, with another text")
    return stored
