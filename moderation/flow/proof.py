"""Whether an address is its commenter's: who is asked, and what it means that they said yes."""

import datetime as dt

from sqlalchemy import update
from sqlalchemy.orm import Session

from moderation.flow.own.wishes import fulfil
from moderation.models import Commenter, Event
from moderation.policy.context import Policy
from moderation.statuses import Actor, Change, Publishing

# How long a mailed link works, from the comment on; then no try to send it makes sense any more.
PROOF_FOR = dt.timedelta(hours=48)


def wants_proof(policy: Policy, commenter: Commenter | None) -> bool:
    """Whether the rules in force ask this commenter to prove their address."""
    if commenter is None or commenter.confirmed_at is not None:
        return False
    return policy.confirm_addresses or policy.publishing is Publishing.FIRST


def confirm_address(session: Session, commenter: Commenter, *, now: dt.datetime) -> bool:
    """Note, once, that they proved the address theirs; answers whether this was the time.

    Mails that were wished before are written now.
    """
    first = session.scalar(
        update(Commenter)
        .where(Commenter.id == commenter.id, Commenter.confirmed_at.is_(None))
        .values(confirmed_at=now)
        .returning(Commenter.id)
    )
    if first is None:
        return False
    session.add(
        Event(
            site_id=commenter.site_id,
            change=Change.ADDRESS_CONFIRMED,
            actor=Actor.COMMENTER,
            data={"commenter": commenter.id},
            created_at=now,
        )
    )
    session.refresh(commenter)
    fulfil(session, commenter, now=now)
    return True
