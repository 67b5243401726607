"""Links that decide from a mail: about one version of one comment, by one person, once, for a day.

The row says what the links of one mail may do; which of them it is, the signed token says
(privacy/links.py).
"""

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import update
from sqlalchemy.orm import Session

from moderation.errors import DecisionLinkOver, UnknownComment, UnknownDecisionLink
from moderation.flow.queue.cards import find_for_review
from moderation.flow.review import decide_by_hand
from moderation.models import Comment, DecisionLink, Event, Mail, Moderator
from moderation.statuses import DECIDABLE, Change, MailAction, Reason, Role

LINK_FOR = dt.timedelta(hours=24)
KEY_BYTES = 16
CHANGES = {
    MailAction.APPROVE: Change.APPROVED,
    MailAction.REJECT: Change.REJECTED,
    MailAction.SPAM: Change.REJECTED,
}


class LinkState(StrEnum):
    """What a link is good for."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"  # who got it may not decide here any more, or has a new password
    MOVED = "moved"  # somebody moved the comment since


@dataclass(frozen=True)
class MailedLinks:
    """What a mail says of its links."""

    key: str = field(repr=False)
    until: dt.datetime


@dataclass(frozen=True)
class OpenedLink:
    """A link with what belongs to it."""

    link: DecisionLink
    comment: Comment
    person: Moderator
    state: LinkState


def make_link(
    session: Session, mail: Mail, comment: Comment, person: Moderator, *, now: dt.datetime
) -> MailedLinks | None:
    """Have the links of this mail to `person` decide about the comment as it stands.

    None where the mail was tried before and its links are over, or about something else by now:
    they stay what they were, as that try may have arrived.
    """
    link = session.get(DecisionLink, mail.id)
    if link is None:
        link = DecisionLink(
            mail_id=mail.id,
            key=secrets.token_urlsafe(KEY_BYTES),
            comment_id=comment.id,
            version=comment.version,
            password_seen=_digest(person),
            expires_at=now + LINK_FOR,
        )
        session.add(link)
        session.flush()
    is_good = _state(session, link, comment, person, now) is LinkState.OPEN
    return MailedLinks(link.key, link.expires_at) if is_good else None


def open_link(session: Session, mail_id: int, key: str, *, now: dt.datetime) -> OpenedLink:
    """The links of this mail as they stand. Raises UnknownDecisionLink."""
    link = session.get(DecisionLink, mail_id)
    mail = session.get(Mail, mail_id)
    if link is None or mail is None or mail.moderator_id is None:
        raise UnknownDecisionLink("no links of this mail")
    if not hmac.compare_digest(link.key.encode(), key.encode()):
        raise UnknownDecisionLink("of a mail that had this number before")
    comment = session.get_one(Comment, link.comment_id)
    person = session.get_one(Moderator, mail.moderator_id)
    state = _state(session, link, comment, person, now)
    return OpenedLink(link, comment, person, state)


def decide_by_link(
    session: Session,
    mail_id: int,
    key: str,
    action: MailAction,
    *,
    now: dt.datetime,
    reason: Reason | None = None,
) -> Event | None:
    """Decide as the person whom the mail went to, and use its links up.

    None where it is decided so already. Raises UnknownDecisionLink; DecisionLinkOver where they
    are good for nothing any more; VersionConflict where the comment moved, and then they stay.
    """
    opened = open_link(session, mail_id, key, now=now)
    if opened.state not in (LinkState.OPEN, LinkState.MOVED) or not _take(
        session, mail_id, action, now
    ):
        raise DecisionLinkOver("used, too old or revoked")
    return decide_by_hand(
        session,
        opened.comment.id,
        CHANGES[action],
        version_seen=opened.link.version,
        moderator=opened.person,
        now=now,
        reason=Reason.SPAM if action is MailAction.SPAM else reason,
        data={"by_mail": 1},
    )


def _state(
    session: Session, link: DecisionLink, comment: Comment, person: Moderator, now: dt.datetime
) -> LinkState:
    if link.used_at is not None:
        return LinkState.USED
    if now >= link.expires_at:
        return LinkState.EXPIRED
    if link.password_seen != _digest(person) or not _may_still(session, comment, person):
        return LinkState.REVOKED
    is_as_mailed = (comment.id, comment.version) == (link.comment_id, link.version)
    is_as_mailed = is_as_mailed and comment.status in DECIDABLE
    return LinkState.OPEN if is_as_mailed else LinkState.MOVED


def _may_still(session: Session, comment: Comment, person: Moderator) -> bool:
    if not person.is_active or not person.role.may(Role.MODERATOR):
        return False
    try:
        find_for_review(session, comment.public_id, person)
    except UnknownComment:
        return False
    return True


def _digest(person: Moderator) -> bytes:
    """What tells whether their password is still the one it was.

    Another, too, where a sign-in hashed the same one anew: that ends links early, never late.
    """
    return hashlib.sha256(person.password_hash.encode()).digest()


def _take(session: Session, mail_id: int, action: MailAction, now: dt.datetime) -> bool:
    """Use the links up, in one statement; False where somebody was faster, or they are too old."""
    taken = session.scalar(
        update(DecisionLink)
        .where(
            DecisionLink.mail_id == mail_id,
            DecisionLink.used_at.is_(None),
            DecisionLink.expires_at > now,
        )
        .values(used_at=now, used_for=action)
        .returning(DecisionLink.mail_id)
        .execution_options(synchronize_session=False)
    )
    return taken is not None
