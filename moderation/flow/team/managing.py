"""Owners over their people: roles, accounts off and on, second factors.

An active owner of all sites is always left. `by` None stands for the operator, by the command line.
"""

import datetime as dt

from sqlalchemy.orm import Session

from moderation.errors import LastOwner, NotAllowed
from moderation.flow.team import second_factor
from moderation.flow.team.invitations import withdraw_made_by
from moderation.flow.team.reach import lock_team, may_grant
from moderation.flow.team.record import record
from moderation.flow.team.sessions import end_all_sessions
from moderation.models import Moderator
from moderation.statuses import Change, Role


def change_role(
    session: Session,
    person: Moderator,
    *,
    role: Role,
    site_id: int | None,
    by: Moderator | None,
    now: dt.datetime,
) -> bool:
    """Give a person another role, or the same on another site; answers whether anything changed.

    Raises NotAllowed, LastOwner.
    """
    if not may_grant(by, role, site_id):
        raise NotAllowed("nobody gives away more than they have")
    if (person.role, person.site_id) == (role, site_id):
        return False
    if role is not Role.OWNER or site_id is not None:
        _keep_an_owner(session, person)
    withdraw_made_by(session, person, by=by, now=now)
    before, site_before = person.role, person.site_id
    person.role, person.site_id = role, site_id
    record(
        session,
        Change.ROLE_CHANGED,
        about=person,
        by=by,
        now=now,
        role=role,
        before=before,
        site_before=site_before,
    )
    return True


def switch_off(
    session: Session, person: Moderator, *, by: Moderator | None, now: dt.datetime
) -> bool:
    """Let a person in no more and end their sessions at once; answers whether they were on.

    Raises LastOwner.
    """
    if not person.is_active:
        return False
    _keep_an_owner(session, person)
    withdraw_made_by(session, person, by=by, now=now)
    person.is_active = False
    count = end_all_sessions(session, person)
    record(session, Change.SWITCHED_OFF, about=person, by=by, now=now, sessions=count)
    return True


def switch_on(
    session: Session, person: Moderator, *, by: Moderator | None, now: dt.datetime
) -> bool:
    """Let a person in again; answers whether they were off."""
    if person.is_active:
        return False
    person.is_active = True
    record(session, Change.SWITCHED_ON, about=person, by=by, now=now)
    return True


def reset_second_factor(
    session: Session, person: Moderator, *, by: Moderator | None, now: dt.datetime
) -> bool:
    """Take a lost second factor away and end the person's sessions; answers whether there was one.

    Raises NotAllowed for one's own account, where the password is asked for.
    """
    if by is not None and by.id == person.id:
        raise NotAllowed("one's own second factor is removed with the password")
    if not person.has_second_factor:
        return False
    second_factor.remove(session, person, by=by, now=now)
    end_all_sessions(session, person)
    return True


def sign_out_everywhere(
    session: Session, person: Moderator, *, by: Moderator | None, now: dt.datetime
) -> int:
    """End all of a person's sessions; answers how many there were."""
    count = end_all_sessions(session, person)
    if count:
        record(session, Change.SESSIONS_ENDED, about=person, by=by, now=now, count=count)
    return count


def _keep_an_owner(session: Session, person: Moderator) -> None:
    """Raise LastOwner where this person is the only active owner of all sites."""
    of_all = [found.id for found in lock_team(session) if found.site_id is None]
    if of_all == [person.id]:
        raise LastOwner("the last active owner of all sites")
