"""A person's data on one site, as they may have it (GDPR, article 15 and 20)."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from moderation.errors import UndecryptableEmail
from moderation.flow.commenters import open_email
from moderation.flow.personal.erasure import pending_erasure
from moderation.models import Comment, Commenter, CommenterEmail, Event, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change


def export_commenter(
    session: Session, commenter: Commenter, *, vault: Vault, actor: Actor, now: dt.datetime
) -> dict[str, Any]:
    """Everything stored that is of this person, in plain values; notes the export in the log.

    Bans and legal holds are left out: whoever is banned is not told, and a hold may serve an
    investigation (GDPR, article 15 (4)).
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
        "erasure_at": _moment(wish.run_after) if wish else None,
        "comments": [_comment(comment) for comment in _comments(session, commenter)],
    }


def _comments(session: Session, commenter: Commenter) -> Iterable[Comment]:
    return session.scalars(
        select(Comment)
        .where(Comment.commenter_id == commenter.id)
        .options(joinedload(Comment.article), joinedload(Comment.parent), joinedload(Comment.score))
        .order_by(Comment.id)
    )


def _comment(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.public_id,
        "article": comment.article.url,
        "reply_to": comment.parent.public_id if comment.parent else None,
        "name": comment.name,
        "text": comment.body,
        "written_at": comment.created_at.isoformat(),
        "state": comment.status.value,
        "reason": comment.reason.value if comment.reason else None,
        "decided_at": _moment(comment.decided_at),
        "decided_by": comment.decided_by.value if comment.decided_by else None,
        "scores": dict(comment.score.attributes) if comment.score else None,
        "language": comment.score.language if comment.score else None,
    }


def _email(session: Session, commenter: Commenter, vault: Vault) -> str | None:
    try:
        return open_email(session.get(CommenterEmail, commenter.id), vault)
    except UndecryptableEmail:
        return None


def _moment(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment else None
