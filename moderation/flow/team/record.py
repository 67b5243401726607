"""Entries of the log about people who sign in: ids, codes and numbers only."""

import datetime as dt

from sqlalchemy.orm import Session

from moderation.models import Event, Moderator
from moderation.statuses import Actor, Change


def record(
    session: Session,
    change: Change,
    *,
    about: Moderator | None,
    by: Moderator | None,
    now: dt.datetime,
    reason: str | None = None,
    site_id: int | None = None,
    **data: int | str | None,
) -> None:
    """Write what `by` did (None: the operator, by the command line) to the account `about`.

    It counts as of the account's site, so that the owners of that site see it. `data` holds ids,
    codes and numbers.
    """
    if about is not None:
        site_id = about.site_id
        if by is None or about.id != by.id:
            data["person"] = about.id
    session.add(
        Event(
            site_id=site_id,
            moderator_id=by.id if by else None,
            change=change,
            actor=Actor.MODERATOR if by else Actor.OPERATOR,
            reason=reason,
            data=data,
            created_at=now,
        )
    )


def record_sign_in(
    session: Session,
    moderator: Moderator | None,
    change: Change,
    *,
    now: dt.datetime,
    reason: str | None = None,
) -> None:
    """Write that somebody signed in, out, or could not; None: at an account that is not there."""
    session.add(
        Event(
            site_id=moderator.site_id if moderator else None,
            moderator_id=moderator.id if moderator else None,
            change=change,
            actor=Actor.MODERATOR,
            reason=reason,
            data={},
            created_at=now,
        )
    )
