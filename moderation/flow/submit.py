"""Step `submit`: what a reader sent becomes a stored comment, or an error that says why not."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from moderation.errors import ArticleClosed, DuplicateComment, TokenReused, UnknownParent
from moderation.flow.articles import (
    Page,
    begin_article,
    find_article,
    is_closed,
    policy_of,
    policy_under,
)
from moderation.flow.commenters import find_or_create_commenter, is_own_browser
from moderation.flow.publish import STEP
from moderation.flow.renewing import renew_bans
from moderation.flow.store import new_public_id, store_comment
from moderation.flow.surges import watch
from moderation.models import Article, Comment, CommentAddress, Commenter, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Code, Signal, Status
from moderation.text import fold


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A validated form. Texts are cleaned; `submission_id` comes from the signed form token."""

    submission_id: str
    page: Page
    parent: str  # public id, or empty
    name: str
    email: str
    body: str
    signals: tuple[Code, ...] = ()
    address_range: str | None = None  # whence it came: a /24 or a /48
    mine: tuple[str, int] | None = None  # what a private link of the sending browser says

    def fingerprints(self, vault: Vault) -> tuple[bytes, ...]:
        """Tells a retry from another text under the same token.

        Keyed, because an unkeyed hash beside the stored name and text would let a thief of the
        database test guesses of the email.
        """
        fields = (self.page.key, self.parent, self.name, self.email, self.body)
        return vault.fingerprints("\0".join(fields))


def submit(
    session: Session,
    site: Site,
    submission: Submission,
    *,
    vault: Vault,
    now: dt.datetime,
    repeat_window: dt.timedelta,
) -> tuple[Comment, bool]:
    """Store the comment; answers it and whether it is new (False: a retry of one stored before).

    Raises TokenReused, ArticleClosed, UnknownParent or DuplicateComment.
    """
    fingerprints = submission.fingerprints(vault)
    stored = _find_submission(session, site, submission, fingerprints)
    if stored is not None:
        return stored, False
    article, parent = _admit(session, site, submission, now, repeat_window)
    if article is None or article.first_comment_at is None:
        article = begin_article(session, site, submission.page, now)
    commenter = find_or_create_commenter(session, site, submission.email, vault=vault, now=now)
    comment = Comment(
        public_id=new_public_id(),
        site_id=site.id,
        article_id=article.id,
        parent_id=parent.id if parent else None,
        commenter_id=commenter.id if commenter else None,
        name=submission.name,
        body=submission.body,
        submission_id=submission.submission_id,
        submission_hash=fingerprints[0],
        text_hash=text_hash(submission.body),
        signals=_signals(session, submission, commenter),
        created_at=now,
        article_published_at=submission.page.published_at,
    )
    try:
        with session.begin_nested():
            depth = policy_of(site).reply_depth
            store_comment(session, comment, parent=anchor(session, parent, depth))
            _store_address(session, comment, submission.address_range, vault)
    except IntegrityError:  # the same form arrived twice at once and the other was faster
        stored = _find_submission(session, site, submission, fingerprints)
        if stored is None:
            raise
        return stored, False
    watch(session, article, now=now)
    return comment, True


def would_store(
    session: Session,
    site: Site,
    submission: Submission,
    *,
    vault: Vault,
    now: dt.datetime,
    repeat_window: dt.timedelta,
) -> bool:
    """Whether `submit` would store it as a new comment. Raises what that would; writes nothing."""
    if _find_submission(session, site, submission, submission.fingerprints(vault)) is not None:
        return False
    _admit(session, site, submission, now, repeat_window)
    return True


def _admit(
    session: Session,
    site: Site,
    submission: Submission,
    now: dt.datetime,
    repeat_window: dt.timedelta,
) -> tuple[Article | None, Comment | None]:
    """The article, if it is known yet, and what is answered there. Raises like `submit`."""
    article = find_article(session, site, submission.page)
    if is_closed(policy_under(site, article, now), article, submission.page.published_at, now):
        raise ArticleClosed("this article takes no more comments")
    parent = find_parent(session, article, submission.parent)
    if article is not None:
        refuse_duplicate(
            session,
            article_id=article.id,
            parent_id=parent.id if parent else None,
            name=submission.name,
            body=submission.body,
            submission_id=submission.submission_id,
            since=now - repeat_window,
        )
    return article, parent


def _signals(
    session: Session, submission: Submission, commenter: Commenter | None
) -> list[Code | Signal]:
    is_known = submission.mine is not None and is_own_browser(session, commenter, *submission.mine)
    return [*submission.signals, *([Signal.KNOWN_BROWSER] if is_known else [])]


def _store_address(
    session: Session, comment: Comment, address_range: str | None, vault: Vault
) -> None:
    if address_range is None:
        return
    hashes = vault.address_hashes(address_range)
    renew_bans(session, hashes)
    session.add(
        CommentAddress(
            comment_id=comment.id,
            range_hash=hashes[0],
            ciphertext=vault.encrypt(address_range, row=f"address:{comment.id}"),
            created_at=comment.created_at,
        )
    )


def text_hash(body: str) -> bytes:
    """SHA-256 of the folded text: the same for texts that differ only in case and spacing."""
    return hashlib.sha256(fold(body).encode()).digest()


def _find_submission(
    session: Session, site: Site, submission: Submission, fingerprints: Sequence[bytes]
) -> Comment | None:
    stored = session.scalar(
        select(Comment).where(
            Comment.site_id == site.id, Comment.submission_id == submission.submission_id
        )
    )
    if stored is not None and stored.submission_hash not in fingerprints:
        raise TokenReused("this form was already sent, with another text")
    return stored


def find_parent(session: Session, article: Article | None, public_id: str) -> Comment | None:
    """The public comment of this article that is answered, if any. Raises UnknownParent."""
    if not public_id:
        return None
    parent = session.scalar(select(Comment).where(Comment.public_id == public_id))
    # Unknown, foreign and unapproved parents answer alike.
    if (
        parent is None
        or article is None
        or parent.article_id != article.id
        or parent.status is not Status.APPROVED
    ):
        raise UnknownParent("the comment to reply to is not there")
    return parent


def refuse_duplicate(
    session: Session,
    *,
    article_id: int,
    parent_id: int | None,
    name: str,
    body: str,
    submission_id: str,
    since: dt.datetime,
) -> None:
    """Raise DuplicateComment where another comment says this there, under this name, since then.

    By name and text, both of which the sender typed and may be public; never by email, whose use
    would answer a stranger's guess at who wrote a public comment.
    """
    query = select(Comment.id).where(
        Comment.article_id == article_id,
        Comment.text_hash == text_hash(body),
        Comment.name == name,
        Comment.parent_id == parent_id,
        Comment.said_at >= since,
        Comment.status != Status.DELETED,
        # Not this form itself, sent twice at once: that is a retry. Nor the comment that is edited.
        Comment.submission_id != submission_id,
    )
    if session.scalar(query.limit(1)) is not None:
        raise DuplicateComment("the same text was sent before")


def anchor(session: Session, parent: Comment | None, depth: int) -> Comment | None:
    """Where the reply hangs in the thread: below `depth` levels it stands beside its parent."""
    if parent is None or len(parent.path) // STEP <= depth:
        return parent
    return session.get(Comment, int.from_bytes(parent.path[STEP * (depth - 1) : STEP * depth]))
