"""Invitations and password links as the tests make and use them."""

import datetime as dt

from moderation.db import Database
from moderation.errors import UnknownInvitation
from moderation.flow.team.invitations import find_open, invite, join, make_password_link
from moderation.flow.team.passwords import hash_password
from moderation.models import Invitation, Moderator, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Role
from tests.doubles import NOON
from tests.factories import PASSWORD

EMAIL = "new@colleague.example"
SECOND, DAY = dt.timedelta(seconds=1), dt.timedelta(days=1)


def send(
    database: Database,
    vault: Vault,
    by: Moderator | None,
    *,
    email: str = EMAIL,
    role: Role = Role.MODERATOR,
    site: Site | None = None,
    now: dt.datetime = NOON,
) -> Invitation:
    """Invite somebody: as a moderator of all sites, unless told otherwise."""
    with database.transaction() as session:
        site_id = site.id if site else None
        return invite(session, email, role=role, site_id=site_id, by=by, vault=vault, now=now)


def accept(
    database: Database, vault: Vault, invitation: Invitation, *, now: dt.datetime = NOON
) -> Moderator:
    """Join with this invitation."""
    password_hash = hash_password(PASSWORD)
    with database.transaction() as session:
        return join(
            session, invitation, name="New", password_hash=password_hash, vault=vault, now=now
        )


def works(database: Database, invitation: Invitation, *, now: dt.datetime = NOON) -> bool:
    """Does its link open a page?"""
    try:
        with database.reading() as session:
            find_open(session, invitation.public_id, now=now)
    except UnknownInvitation:
        return False
    return True


def reset(
    database: Database, person: Moderator, by: Moderator | None, *, now: dt.datetime = NOON
) -> Invitation:
    """A link that sets this person's password."""
    with database.transaction() as session:
        return make_password_link(session, session.get_one(Moderator, person.id), by=by, now=now)
