"""Moderators trust a commenter of their site: they pass as somebody with an approved comment.

Nothing else, as whoever types their address passes too. Trust needs a proven address, and ends
when that is forgotten.
"""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import update
from sqlalchemy.orm import Session

from moderation.errors import AddressNotProven
from moderation.models import Commenter, CommenterEmail, Event, Moderator
from moderation.statuses import Actor, Change


def trust(
    session: Session, commenter: Commenter, *, moderator: Moderator, now: dt.datetime
) -> bool:
    """Trust a commenter; answers whether that is new.

    Raises AddressNotProven: an address that anybody could have typed is nobody's identity.
    """
    session.refresh(commenter, with_for_update={"key_share": True})
    if not may_be_trusted(session, commenter):
        raise AddressNotProven("nobody proved that this address is theirs, or it is not kept")
    return _set(session, commenter, now, Change.TRUSTED, moderator, now)


def end_trust(
    session: Session, commenter: Commenter, *, moderator: Moderator, now: dt.datetime
) -> bool:
    """Trust a commenter no longer; answers whether they were trusted."""
    session.refresh(commenter, with_for_update={"key_share": True})
    return _set(session, commenter, None, Change.UNTRUSTED, moderator, now)


def may_be_trusted(session: Session, commenter: Commenter) -> bool:
    """Whether their address is proven, and still kept."""
    email = session.get(CommenterEmail, commenter.id)
    is_kept = email is not None and email.ciphertext is not None
    return commenter.confirmed_at is not None and is_kept


def is_trusted(commenter: Commenter | None) -> bool:
    """Whether what they send passes as that of somebody trusted."""
    return (
        commenter is not None
        and commenter.trusted_at is not None
        and commenter.confirmed_at is not None
    )


def forget_trust(session: Session, commenter_ids: Sequence[int]) -> None:
    """Their addresses are no longer kept, so nobody can tell any more whom one trusted."""
    session.execute(
        update(Commenter).where(Commenter.id.in_(commenter_ids)).values(trusted_at=None)
    )


def _set(
    session: Session,
    commenter: Commenter,
    trusted_at: dt.datetime | None,
    change: Change,
    moderator: Moderator,
    now: dt.datetime,
) -> bool:
    if (commenter.trusted_at is None) == (trusted_at is None):
        return False
    commenter.trusted_at = trusted_at
    session.add(
        Event(
            site_id=commenter.site_id,
            moderator_id=moderator.id,
            change=change,
            actor=Actor.MODERATOR,
            data={"commenter": commenter.id},
            created_at=now,
        )
    )
    session.flush()
    return True
