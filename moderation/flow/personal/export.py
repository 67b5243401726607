"""A person's data on one site, as they may have it (GDPR, article 15 and 20)."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from moderation.errors import UndecryptableEmail
from moderation.flow.commenters import open_email
from moderation.flow.personal.erasure import pending_erasure
from moderation.models import (
    Appeal,
    Comment,
    Commenter,
    CommenterEmail,
    CommentWishes,
    Event,
    Explanation,
    MailWishes,
    Note,
    Redaction,
    Site,
)
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, Mailing, Status

# What there is of a comment that was emptied; see personal/taking_down.py.
EMPTIED: dict[str, Any] = {
    "name": "",
    "text": "",
    "explanations": [],
    "appeal": None,
    "mails_wished": {},
    "scores": None,
    "language": None,
    "before_masking": [],
    "notes": [],
}


def export_commenter(
    session: Session, commenter: Commenter, *, vault: Vault, actor: Actor, now: dt.datetime
) -> dict[str, Any]:
    """Everything stored that is of this person, in plain values; notes the export in the log.

    Bans and legal holds are left out: whoever is banned is not told, and a hold may serve an
    investigation (GDPR, article 15 (4)). So is what only a hold keeps: a deleted comment looks as
    if it were empty.
    """
    site = session.get_one(Site, commenter.site_id)
    wish = pending_erasure(session, commenter)
    session.add(
        Event(
            site_id=site.id,
            change=Change.EXPORTED,
            actor=actor,
            data={"commenter": commenter.id},
            created_at=now,
        )
    )
    return {
        "site": site.name,
        "made_at": now.isoformat(),
        "email": _email(session, commenter, vault),
        "email_proven_at": _moment(commenter.confirmed_at),
        "known_since": commenter.created_at.isoformat(),
        "trusted_since": _moment(commenter.trusted_at),
        "erasure_at": _moment(wish.run_after) if wish else None,
        "mails_wished": _wished(session.get(MailWishes, commenter.id)),
        "notes": _notes(session, Note.commenter_id == commenter.id),
        "comments": [_comment(session, comment) for comment in _comments(session, commenter)],
    }


def _comments(session: Session, commenter: Commenter) -> Iterable[Comment]:
    return session.scalars(
        select(Comment)
        .where(Comment.commenter_id == commenter.id)
        .options(joinedload(Comment.article), joinedload(Comment.parent), joinedload(Comment.score))
        .order_by(Comment.id)
    )


def _comment(session: Session, comment: Comment) -> dict[str, Any]:
    stored = {
        "id": comment.public_id,
        "article": comment.article.url,
        "reply_to": comment.parent.public_id if comment.parent else None,
        "name": comment.name,
        "text": comment.body,
        "written_at": comment.created_at.isoformat(),
        "edited_at": _moment(comment.edited_at),
        "state": comment.status.value,
        "reason": comment.reason.value if comment.reason else None,
        "explanations": _explanations(session, comment),
        "appeal": _appeal(session, comment),
        "mails_wished": _wished(session.get(CommentWishes, comment.id)),
        "decided_at": _moment(comment.decided_at),
        "decided_by": comment.decided_by.value if comment.decided_by else None,
        "scores": dict(comment.score.attributes) if comment.score else None,
        "language": comment.score.language if comment.score else None,
        "before_masking": _originals(session, comment),
        "notes": _notes(session, Note.comment_id == comment.id),
    }
    return stored | EMPTIED if comment.status is Status.DELETED else stored


def _originals(session: Session, comment: Comment) -> list[dict[str, str]]:
    """What the comment said each time before a moderator masked something, while it is kept."""
    query = select(Redaction).where(Redaction.comment_id == comment.id).order_by(Redaction.id)
    return [
        {"name": each.name, "text": each.body, "masked_at": each.created_at.isoformat()}
        for each in session.scalars(query)
    ]


def _explanations(session: Session, comment: Comment) -> list[dict[str, str]]:
    """What a moderator told them of a rejection, also while it is kept for an undo alone."""
    query = select(Explanation).where(Explanation.comment_id == comment.id)
    return [
        {"text": each.text, "written_at": each.created_at.isoformat()}
        for each in session.scalars(query.order_by(Explanation.version))
    ]


def _appeal(session: Session, comment: Comment) -> dict[str, str | None] | None:
    found = session.get(Appeal, comment.id)
    if found is None:
        return None
    return {
        "text": found.text,
        "written_at": found.created_at.isoformat(),
        "outcome": found.outcome.value if found.outcome else None,
        "answered_at": _moment(found.answered_at),
    }


def _wished(wishes: MailWishes | CommentWishes | None) -> dict[str, bool | None]:
    """Which mails they want; of all comments, null says that nothing was said."""
    return {mailing.value: getattr(wishes, mailing.value) for mailing in Mailing} if wishes else {}


def _notes(session: Session, where: ColumnElement[bool]) -> list[dict[str, str]]:
    """What moderators noted of the person: opinions about somebody are data of theirs (CJEU,
    C-434/16, Nowak). Without who wrote it (GDPR, article 15 (4))."""
    return [
        {"text": note.text, "written_at": note.created_at.isoformat()}
        for note in session.scalars(select(Note).where(where).order_by(Note.id))
    ]


def _email(session: Session, commenter: Commenter, vault: Vault) -> str | None:
    try:
        return open_email(session.get(CommenterEmail, commenter.id), vault)
    except UndecryptableEmail:
        return None


def _moment(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment else None
