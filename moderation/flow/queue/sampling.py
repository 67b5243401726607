"""Samples by which people check the machine: some judge without its score, some look after it.

Whether a comment is drawn follows from its public id, which is random: so it is the same on every
page and each time, and nobody chooses. A plain hash will do, as knowing it wins nothing.
"""

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.flow.articles import policy_of
from moderation.models import Comment, FindingRow, Site
from moderation.statuses import Actor, Code, Status


def is_drawn(public_id: str, purpose: str, percent: int) -> bool:
    """Whether this comment is one of the `percent` in a hundred that are drawn for a purpose."""
    digest = hashlib.sha256(f"{purpose}:{public_id}".encode()).digest()
    return int.from_bytes(digest[:8]) * 100 < percent * 2**64


def goes_to_audit(session: Session, comment: Comment) -> bool:
    """Whether a person looks at what the machine decided: at some of what it approved."""
    if comment.status is not Status.APPROVED:
        return False
    site = session.get_one(Site, comment.site_id)
    return is_drawn(comment.public_id, "audit", policy_of(site).audit_share)


def hides_score(comment: Comment, site: Site) -> bool:
    """Whether the model's opinion is kept from moderators until one of them has decided.

    So it is with some held comments, as agreement with a score that everybody saw says little.
    Nobody waits for an urgent one: all that is known may be needed.
    """
    is_open = comment.status is Status.HELD and comment.decided_by is Actor.MACHINE
    if not is_open or comment.urgent is not None:
        return False
    percent = policy_of(site).hidden_score_share
    return is_drawn(comment.public_id, "score", percent) and comment.score is not None


def codes_to_tell(session: Session, comment: Comment) -> list[Code]:
    """What was found, each code once, in the order of the rules; without that of a hidden score."""
    query = select(FindingRow.code).where(FindingRow.comment_id == comment.id)
    codes = dict.fromkeys(session.scalars(query.order_by(FindingRow.id)))
    if hides_score(comment, session.get_one(Site, comment.site_id)):
        codes.pop(Code.TOXICITY, None)
    return list(codes)
