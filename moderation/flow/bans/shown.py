"""Bans as people who sign in see them: those of their sites and of all, the newest first."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import not_, select, tuple_
from sqlalchemy.orm import Session, aliased

from moderation.errors import NotAllowed, UnknownBan
from moderation.flow.bans.force import holds_on, is_in_force
from moderation.models import Ban, Moderator, Site
from moderation.statuses import Role


@dataclass(frozen=True)
class Shown:
    """A ban with the names of where it holds (None: on all sites) and of who set it."""

    ban: Ban
    site: str | None
    moderator: str | None
    may_change: bool


def read_bans(
    session: Session,
    moderator: Moderator,
    *,
    ended: bool,
    now: dt.datetime,
    before: int | None = None,
    size: int,
) -> list[Shown]:
    """Those in force, or those that ended; `before` is the id of the last one seen."""
    query = (
        select(Ban, Site.name, Moderator.name)
        .outerjoin(Site, Site.id == Ban.site_id)
        .outerjoin(Moderator, Moderator.id == Ban.moderator_id)
        .where(not_(is_in_force(now)) if ended else is_in_force(now))
        .order_by(Ban.created_at.desc(), Ban.id.desc())
        .limit(size)
    )
    if moderator.site_id is not None:
        query = query.where(holds_on(moderator.site_id))
    if before is not None:
        last = aliased(Ban)
        since = select(last.created_at).where(last.id == before).scalar_subquery()
        query = query.where(tuple_(Ban.created_at, Ban.id) < tuple_(since, before))
    return [
        Shown(found, site, name, may_change(moderator, found))
        for found, site, name in session.execute(query)
    ]


def find_to_change(session: Session, ban_id: int, moderator: Moderator) -> Ban:
    """The ban, held until the transaction ends.

    Raises UnknownBan where this moderator does not see it, NotAllowed where they only see it.
    """
    found = session.get(Ban, ban_id, with_for_update=True)
    is_seen = found is not None and (
        moderator.site_id is None or found.site_id in (None, moderator.site_id)
    )
    if found is None or not is_seen:
        raise UnknownBan("no such ban")
    if not may_change(moderator, found):
        raise NotAllowed("a ban needs a moderator of its site, one of all sites one of all")
    return found


def may_change(moderator: Moderator, found: Ban) -> bool:
    """Whether this person may lift the ban: it is of their site, or they are of all."""
    is_theirs = moderator.site_id is None or moderator.site_id == found.site_id
    return is_theirs and moderator.role.may(Role.MODERATOR)
