"""What a mail to a commenter says, and whether it (still) goes: read when it is sent.

Codes, host and path of the article, and texts of the site's owner. Nothing that a reader typed, nor
what a moderator typed to explain something, which may quote it.
"""

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.flow.notices.due import Later
from moderation.flow.notices.places import place_of
from moderation.flow.own.letters import DECIDED, wants
from moderation.flow.texts import read_texts
from moderation.models import Appeal, Comment, Mail
from moderation.statuses import AppealOutcome, Mailing, MailKind, MailOutcome, Reason, Status

REPLIES_EVERY = dt.timedelta(minutes=15)  # one mail about answers to a comment in such a time
# So that nobody fills the box of somebody whose address they type; who writes all day gets fewer.
LETTERS_A_DAY = 30
LINKS_A_DAY = 5  # of these
MAILINGS = {
    MailKind.PRIVATE_LINK: Mailing.LINKS,
    MailKind.REPLIES: Mailing.REPLIES,
    MailKind.DECISION: Mailing.DECISIONS,
}


@dataclass(frozen=True, kw_only=True)
class Letter:
    """The facts of one mail to a commenter about a comment of theirs."""

    mailing: Mailing
    """What its recipient no longer wants if they say so."""
    place: str
    """Host and path of the article."""
    public_id: str
    link_version: int
    """Of the private page."""
    status: Status
    reason: Reason | None = None
    """Of a rejection."""
    sentence: str | None = None
    """What the site itself says of that reason."""
    appeal: AppealOutcome | None = None


def read_letter(session: Session, mail: Mail, *, now: dt.datetime) -> Letter | Later | None:
    """What to tell; None where there is nothing to tell (any more), or it is not wished."""
    comment = session.get(Comment, mail.comment_id) if mail.comment_id else None
    if comment is None or comment.status is Status.DELETED:
        return None
    is_theirs = mail.commenter_id is not None and comment.commenter_id == mail.commenter_id
    if not is_theirs or not wants(session, comment, MAILINGS[mail.kind]):
        return None
    letter = READERS[mail.kind](session, mail, comment, now)
    if not isinstance(letter, Letter):
        return letter
    return _wait_for_room(session, mail, tuple(MAILINGS), LETTERS_A_DAY, now) or letter


def decided_at(session: Session, mail: Mail) -> dt.datetime | None:
    """When what such a mail tells of was decided, which may yet be taken back."""
    if mail.kind is MailKind.REPLIES:
        return mail.created_at
    comment = session.get(Comment, mail.comment_id) if mail.comment_id else None
    return comment.decided_at if comment else None


def _link(session: Session, mail: Mail, comment: Comment, now: dt.datetime) -> Letter | Later:
    kinds = (MailKind.PRIVATE_LINK,)
    return _wait_for_room(session, mail, kinds, LINKS_A_DAY, now) or _about(mail, comment)


def _wait_for_room(
    session: Session, mail: Mail, kinds: Collection[MailKind], a_day: int, now: dt.datetime
) -> Later | None:
    """Where so many of these kinds went to its commenter within a day: until the first is older.

    What is said then covers what comes meanwhile; what finds no room until its time is over is
    given up.
    """
    sent = select(Mail.ended_at).where(
        Mail.commenter_id == mail.commenter_id,
        Mail.kind.in_(kinds),
        Mail.outcome == MailOutcome.SENT,
    )
    first = session.scalar(sent.order_by(Mail.ended_at.desc()).offset(a_day - 1).limit(1))
    free_at = first + dt.timedelta(days=1) if first is not None else now
    return Later(free_at) if free_at > now else None


def _replies(
    session: Session, mail: Mail, comment: Comment, now: dt.datetime
) -> Letter | Later | None:
    last = session.scalar(
        select(func.max(Mail.ended_at)).where(
            Mail.commenter_id == mail.commenter_id,
            Mail.comment_id == comment.id,
            Mail.kind == MailKind.REPLIES,
            Mail.outcome == MailOutcome.SENT,
        )
    )
    if last is not None and last + REPLIES_EVERY > now:
        return Later(last + REPLIES_EVERY)
    still_there = select(Comment.id).where(
        Comment.parent_id == comment.id,
        Comment.status == Status.APPROVED,
        Comment.published_at >= mail.created_at,
        Comment.commenter_id.is_distinct_from(comment.commenter_id),
    )
    return _about(mail, comment) if session.scalar(still_there.limit(1)) else None


def _decision(session: Session, mail: Mail, comment: Comment, now: dt.datetime) -> Letter | None:
    """As it stands now; where the decision was taken back and nothing is decided, none goes."""
    if comment.status not in DECIDED:
        return None
    appeal = _answered(session, comment)
    if comment.status is Status.APPROVED:
        return _about(mail, comment, appeal=appeal)
    reason = comment.reason or Reason.OTHER
    sentence = read_texts(session, [comment.site_id])[comment.site_id].reasons.get(reason)
    return _about(mail, comment, reason=reason, sentence=sentence, appeal=appeal)


def _answered(session: Session, comment: Comment) -> AppealOutcome | None:
    """How its appeal was answered, where the comment still stands so."""
    appeal = session.get(Appeal, comment.id)
    stands = {Status.APPROVED: AppealOutcome.GRANTED, Status.REJECTED: AppealOutcome.REFUSED}
    outcome = appeal.outcome if appeal else None
    return outcome if outcome is stands.get(comment.status) else None


def _about(
    mail: Mail,
    comment: Comment,
    *,
    reason: Reason | None = None,
    sentence: str | None = None,
    appeal: AppealOutcome | None = None,
) -> Letter:
    return Letter(
        mailing=MAILINGS[mail.kind],
        place=place_of(comment.article),
        public_id=comment.public_id,
        link_version=comment.link_version,
        status=comment.status,
        reason=reason,
        sentence=sentence,
        appeal=appeal,
    )


READERS: dict[MailKind, Callable[[Session, Mail, Comment, dt.datetime], Letter | Later | None]] = {
    MailKind.PRIVATE_LINK: _link,
    MailKind.REPLIES: _replies,
    MailKind.DECISION: _decision,
}
