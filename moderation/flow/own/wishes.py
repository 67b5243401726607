"""What commenters want to be mailed, and what follows from it once their address is proven.

What is wished on the private page of a comment is about that comment alone: whoever typed somebody
else's address has such a page, so it neither shows nor changes what the address's owner said.
"""

import datetime as dt
from collections.abc import Collection, Mapping

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from moderation.flow.locks import keep, keep_commenter
from moderation.flow.own.letters import write_letter
from moderation.models import Comment, Commenter, CommenterEmail, CommentWishes, MailWishes
from moderation.statuses import Mailing, MailKind, Status


def wishes_about(session: Session, comment: Comment) -> CommentWishes:
    """What was wished about this comment; where nothing was, a row that is not stored."""
    return session.get(CommentWishes, comment.id) or CommentWishes(
        comment_id=comment.id, links=False, replies=False, decisions=False, version=0
    )


def wish_about(
    session: Session, comment: Comment, wanted: Collection[Mailing], *, now: dt.datetime
) -> None:
    """Note which mails are wished about one comment: in force once its address is proven."""
    if comment.commenter_id is not None:
        keep_commenter(session, comment.commenter_id)
        if wanted:
            _keep_address(session, comment.commenter_id, now)
    keep(session, comment)
    wishes = wishes_about(session, comment)
    for mailing in Mailing:
        setattr(wishes, mailing.value, mailing in wanted)
    wishes.version += 1
    wishes.changed_at = now
    session.add(wishes)
    session.flush()
    _mail_link(session, comment, wishes, now)


def any_wished(session: Session, commenter: Commenter) -> bool:
    """Whether mails about a comment with this address were wished on its private page."""
    kinds = (CommentWishes.links, CommentWishes.replies, CommentWishes.decisions)
    query = (
        select(CommentWishes.comment_id)
        .join(Comment, Comment.id == CommentWishes.comment_id)
        .where(Comment.commenter_id == commenter.id, or_(*kinds))
    )
    return bool(session.scalar(select(query.exists())))


def wishes_for_all(session: Session, commenter: Commenter) -> MailWishes:
    """What the owner of the address said for all comments; else a row that is not stored."""
    return session.get(MailWishes, commenter.id) or MailWishes(commenter_id=commenter.id)


def wish_for_all(
    session: Session,
    commenter: Commenter,
    wanted: Mapping[Mailing, bool | None],
    *,
    now: dt.datetime,
) -> None:
    """Note what the owner of a proven address says for all of their comments on this site."""
    keep_commenter(session, commenter.id)  # of two that say something at once
    wishes = wishes_for_all(session, commenter)
    for mailing, wish in wanted.items():
        setattr(wishes, mailing.value, wish)
    wishes.changed_at = now
    session.add(wishes)
    session.flush()
    if any(wanted.values()):
        _keep_address(session, commenter.id, now)


def fulfil(session: Session, commenter: Commenter, *, now: dt.datetime) -> None:
    """The address was proven just now: write what was wished before, links and decisions."""
    rows = session.execute(
        select(Comment, CommentWishes)
        .join(CommentWishes, CommentWishes.comment_id == Comment.id)
        .where(Comment.commenter_id == commenter.id, Comment.status != Status.DELETED)
        .order_by(Comment.id)
    )
    for comment, wishes in rows.all():
        _mail_link(session, comment, wishes, now)
        # What was decided before the wish stood on the page that it was wished on.
        if wishes.decisions and comment.decided_at and comment.decided_at > wishes.changed_at:
            write_letter(session, MailKind.DECISION, comment, now=now)
    session.flush()


def forget_wishes(session: Session, commenter_ids: Collection[int]) -> None:
    """Drop what these commenters wished, for all of their comments and for each."""
    theirs = select(Comment.id).where(Comment.commenter_id.in_(commenter_ids))
    session.execute(delete(CommentWishes).where(CommentWishes.comment_id.in_(theirs)))
    session.execute(delete(MailWishes).where(MailWishes.commenter_id.in_(commenter_ids)))


def join_wishes(session: Session, gone: Commenter, kept: Commenter) -> None:
    """Both are one person, who goes on as `kept`: what either no longer wants stays unwanted."""
    theirs = session.get(MailWishes, gone.id)
    if theirs is None:
        return
    wishes = wishes_for_all(session, kept)
    for mailing in Mailing:
        said = (getattr(wishes, mailing.value), getattr(theirs, mailing.value))
        setattr(wishes, mailing.value, None if said == (None, None) else False not in said)
    wishes.changed_at = theirs.changed_at
    session.add(wishes)
    session.delete(theirs)
    session.flush()


def _mail_link(session: Session, comment: Comment, wishes: CommentWishes, now: dt.datetime) -> None:
    """Once for each comment; not yet where the address is not proven."""
    is_proven = comment.commenter is not None and comment.commenter.confirmed_at is not None
    if wishes.links and wishes.linked_at is None and is_proven:
        wishes.linked_at = now
        write_letter(session, MailKind.PRIVATE_LINK, comment, now=now)


def _keep_address(session: Session, commenter_id: int, now: dt.datetime) -> None:
    """They want to be reachable: the time that the address is kept begins anew."""
    session.execute(
        update(CommenterEmail)
        .where(CommenterEmail.commenter_id == commenter_id, CommenterEmail.wanted_at < now)
        .values(wanted_at=now)
    )
