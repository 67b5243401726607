"""Plain functions with defaults that put a cast of sites, persons and comments into a database."""

import datetime as dt
import itertools

from sqlalchemy.orm import Session

from moderation.db import Database
from moderation.flow.articles import begin_article, read_page
from moderation.flow.commenters import find_or_create_commenter
from moderation.flow.sites import add_site
from moderation.flow.store import change_status, new_public_id, store_comment
from moderation.flow.submit import text_hash
from moderation.flow.team.accounts import add_moderator
from moderation.models import Comment, CommentAddress, Moderator, Score, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, Change, Reason, Role, Status
from tests.doubles import NOON

ORIGIN = "https://news.example.com"
ARTICLE = f"{ORIGIN}/trees"
PASSWORD = "correct horse battery"
NO_SAMPLES = {"hidden_score_share": 0, "audit_share": 0}
_numbers = itertools.count(1)


def make_site(session: Session, key: str = "news", **policy: object) -> Site:
    """A site at ORIGIN with the default policy, or the given fields of it.

    Without samples: what is drawn depends on random ids.
    """
    site = add_site(session, key, name=key.title(), origins=[ORIGIN], now=NOON)
    site.policy = {**NO_SAMPLES, **policy}
    session.flush()
    return site


def set_policy(database: Database, site: Site, **policy: object) -> None:
    """Have the site want it so; what else it wants stays."""
    with database.transaction() as session:
        stored = session.get_one(Site, site.id)
        stored.policy = {**stored.policy, **policy}


def make_comment(
    session: Session,
    site: Site,
    *,
    status: Status = Status.HELD,
    body: str = "What a lovely tree.",
    name: str = "Ada",
    email: str = "",
    vault: Vault | None = None,
    parent: Comment | None = None,
    article: str = ARTICLE,
    now: dt.datetime = NOON,
) -> Comment:
    """A stored comment that the machine moved to `status` (its job stays while PROCESSING)."""
    page = read_page(site, article, "Trees")
    found = begin_article(session, site, page, now)
    commenter = (
        find_or_create_commenter(session, site, email, vault=vault, now=now) if vault else None
    )
    comment = Comment(
        public_id=new_public_id(),
        site_id=site.id,
        article_id=found.id,
        parent_id=parent.id if parent else None,
        commenter_id=commenter.id if commenter else None,
        name=name,
        body=body,
        submission_id=f"submission-{next(_numbers)}",
        submission_hash=b"",
        text_hash=text_hash(body),
        signals=[],
        created_at=now,
    )
    store_comment(session, comment, parent=parent)
    if status is not Status.PROCESSING:
        change_status(
            session,
            comment,
            status,
            change=Change.DECIDED,
            actor=Actor.MACHINE,
            now=now,
            reason=Reason.OTHER if status is Status.REJECTED else None,
        )
    return comment


def make_score(comment: Comment, risk: int) -> Score:
    """The score of a comment whose highest number, in thousandths, is this."""
    facts = {"language": None, "created_at": comment.created_at}
    return score_of(comment.id, {"toxicity": risk / 1000}, **facts)


def score_of(comment_id: int, attributes: dict[str, float], **facts: object) -> Score:
    """The score of a comment in English with these numbers, and other facts where given."""
    known = {
        "model": "double",
        "checkpoint": "0123456789ab",
        "graph": "int8",
        "normaliser": 1,
        "complete": True,
        "language": "en",
        "languages": ["en"],
        "has_words": True,
        "created_at": NOON,
    }
    return Score(comment_id=comment_id, attributes=attributes, **{**known, **facts})


def make_address(
    session: Session, comment: Comment, vault: Vault, address_range: str = "203.0.113.0/24"
) -> CommentAddress:
    """Whence a stored comment came."""
    address = CommentAddress(
        comment_id=comment.id,
        range_hash=vault.address_hashes(address_range)[0],
        ciphertext=vault.encrypt(address_range, row=f"address:{comment.id}"),
        created_at=comment.created_at,
    )
    session.add(address)
    session.flush()
    return address


def make_moderator(
    session: Session,
    vault: Vault,
    *,
    email: str = "grace@example.com",
    role: Role = Role.MODERATOR,
    site: Site | None = None,
) -> Moderator:
    """A person who can sign in with PASSWORD."""
    return add_moderator(session, email, PASSWORD, role=role, site=site, vault=vault, now=NOON)
