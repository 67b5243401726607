"""How far somebody reaches: whom an owner manages, and what they may give away.

An owner of one site manages the people of that site only; nobody gives away more than they have.
`by` None stands for the operator, by the command line.
"""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from moderation.errors import NotAllowed, UnknownModerator
from moderation.models import Moderator
from moderation.statuses import Role


def lock_team(session: Session) -> Sequence[Moderator]:
    """Every active owner, held until the transaction ends: acts on the team go one by one.

    Two owners who demote each other in the same instant must not leave nobody.
    """
    query = select(Moderator).where(Moderator.role == Role.OWNER, Moderator.is_active)
    query = query.order_by(Moderator.id).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def take_charge(session: Session, owner: Moderator) -> Moderator:
    """The owner as they stand now. Raises NotAllowed where they are none any more."""
    for found in lock_team(session):
        if found.id == owner.id:
            return found
    raise NotAllowed("no active owner any more")


def may_grant(by: Moderator | None, role: Role, site_id: int | None) -> bool:
    """Whether somebody may give others this role on this site (None: on all)."""
    if by is None:
        return True
    is_theirs = by.site_id is None or by.site_id == site_id
    return by.role is Role.OWNER and by.role.may(role) and is_theirs


def find_managed(session: Session, number: int, owner: Moderator) -> Moderator:
    """A person whom this owner manages. Raises UnknownModerator."""
    person = session.get(Moderator, number)
    if person is None or owner.site_id not in (None, person.site_id):
        raise UnknownModerator("nobody whom this owner manages")
    return person


def names_on(session: Session, site_id: int) -> tuple[str, ...]:
    """The names of those who sign in and see this site."""
    reaches = or_(Moderator.site_id == site_id, Moderator.site_id.is_(None))
    return tuple(session.scalars(select(Moderator.name).where(Moderator.is_active, reaches)))


def read_team(session: Session, owner: Moderator) -> Sequence[Moderator]:
    """The people whom this owner manages, those who are off last."""
    query = select(Moderator).options(joinedload(Moderator.site))
    if owner.site_id is not None:
        query = query.where(Moderator.site_id == owner.site_id)
    return session.scalars(query.order_by(Moderator.is_active.desc(), Moderator.id)).all()
