"""A moderator masks passages of a comment's name and text, and can take it back for some time.

Status, score and queue stay. What it said before is kept in a row of its own, until it can no
longer be undone: flow/personal/ takes it out then, or at once where the comment is emptied.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from moderation.errors import NothingToUndo
from moderation.flow.articles import policy_of_article
from moderation.flow.locks import lock_comment
from moderation.flow.review import conflict_about
from moderation.flow.standing.forgetting import forget_standing_of
from moderation.flow.store import touch_article
from moderation.flow.submit import text_hash
from moderation.models import Comment, Event, Moderator, Redaction, Site
from moderation.policy.masking import find_spans, mask
from moderation.policy.personal_data import find_passages
from moderation.statuses import DECIDABLE, Actor, Change, Status


def find_suspects(session: Session, comment: Comment) -> list[str]:
    """Passages that look like personal data, each once, as the comment has them."""
    site = session.get_one(Site, comment.site_id)
    language = policy_of_article(site, comment.article).language
    text = f"{comment.name}\n{comment.body}"
    spans = (
        span
        for passage in find_passages(text, language=language)
        for span in find_spans(text, [passage])[:1]
    )
    return list(dict.fromkeys(text[start:end] for start, end in spans))


def redact(
    session: Session,
    comment_id: int,
    passages: Sequence[str],
    *,
    version_seen: int,
    moderator: Moderator,
    now: dt.datetime,
) -> Redaction | None:
    """Mask every occurrence of the passages; None where nothing of them stands there.

    Raises VersionConflict when the comment moved since it was seen.
    """
    comment = _find(session, comment_id, version_seen)
    name, in_name = mask(comment.name, passages)
    body, in_body = mask(comment.body, passages)
    if not in_name + in_body:
        return None
    made = Redaction(
        comment_id=comment.id,
        version=comment.version + 1,
        name=comment.name,
        body=comment.body,
        masked_hash=_hash(name, body),
        created_at=now,
    )
    session.add(made)
    _rewrite(session, comment, name, body)
    forget_standing_of(session, comment.id, moderator=moderator, now=now)
    session.flush()
    data = {"redaction": made.id, "passages": in_name + in_body}
    _record(session, comment, Change.REDACTED, moderator, now, data)
    return made


def undo_redaction(
    session: Session,
    comment_id: int,
    *,
    version_seen: int,
    moderator: Moderator,
    now: dt.datetime,
) -> None:
    """Give the comment the name and text back that it had before it was last masked.

    Raises VersionConflict when the comment moved since it was seen, and NothingToUndo where
    `find_undoable` finds none.
    """
    comment = _find(session, comment_id, version_seen)
    last = find_undoable(session, comment)
    if last is None:
        raise NothingToUndo("no original of this text is kept, or nobody approved it")
    _rewrite(session, comment, last.name, last.body)
    forget_standing_of(session, comment.id, moderator=moderator, now=now)
    session.delete(last)
    _record(session, comment, Change.REDACTION_UNDONE, moderator, now, {"redaction": last.id})


def find_undoable(session: Session, comment: Comment) -> Redaction | None:
    """The last redaction, while it can be undone.

    Not where the text is another one by now; nor where the comment is public because the masked
    text was approved: nobody ever passed the original.
    """
    query = select(Redaction).where(Redaction.comment_id == comment.id)
    last = session.scalar(query.order_by(Redaction.id.desc()).limit(1))
    if last is None or last.masked_hash != _hash(comment.name, comment.body):
        return None
    if comment.status is Status.APPROVED and _was_approved_since(session, last):
        return None
    return last


def is_redacted(session: Session, comment: Comment) -> bool:
    """Whether something of the comment is masked, for good or not: the log knows."""
    count = func.sum(case((Event.change == Change.REDACTED, 1), else_=-1))
    query = select(count).where(
        Event.comment_id == comment.id,
        Event.change.in_((Change.REDACTED, Change.REDACTION_UNDONE)),
    )
    return (session.scalar(query) or 0) > 0


def _was_approved_since(session: Session, redaction: Redaction) -> bool:
    query = select(Event.id).where(
        Event.comment_id == redaction.comment_id,
        Event.to_status == Status.APPROVED,
        Event.change != Change.UNDONE,  # which approves nothing anew
        Event.version > redaction.version,
    )
    return bool(session.scalar(select(query.exists())))


def _find(session: Session, comment_id: int, version_seen: int) -> Comment:
    comment = lock_comment(session, comment_id)
    if comment.version != version_seen or comment.status not in DECIDABLE:
        raise conflict_about(session, comment)
    return comment


def _rewrite(session: Session, comment: Comment, name: str, body: str) -> None:
    """Another name and text, and all that is derived from them; triggers keep the search."""
    comment.name, comment.body = name, body
    comment.text_hash = text_hash(body)
    comment.version += 1  # nobody decides about it who has not seen this text
    if comment.score is not None:
        comment.score.spans = None  # offsets in another text: the explainer looks anew
    if comment.status is Status.APPROVED:
        touch_article(session, comment.article_id)


def _hash(name: str, body: str) -> bytes:
    return hashlib.sha256(f"{name}\n{body}".encode()).digest()


def _record(
    session: Session,
    comment: Comment,
    change: Change,
    moderator: Moderator,
    now: dt.datetime,
    data: dict[str, int],
) -> None:
    session.add(
        Event(
            site_id=comment.site_id,
            comment_id=comment.id,
            moderator_id=moderator.id,
            change=change,
            actor=Actor.MODERATOR,
            version=comment.version,
            data=data,
            created_at=now,
        )
    )
    session.flush()
