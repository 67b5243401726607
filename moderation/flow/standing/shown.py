"""Standing decisions as people who sign in see them: those of their sites, the newest first."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BindParameter, bindparam, func, not_, select
from sqlalchemy.orm import Session

from moderation.flow.standing.force import is_in_force
from moderation.models import Comment, Event, FindingRow, Moderator, Site, StandingDecision
from moderation.statuses import DECISIONS, Code, Verdict

# Written out in the query, so that the index of these few among all findings is used.
BY_STANDING: BindParameter[Sequence[Code]] = bindparam(
    "by_standing",
    (Code.STANDING_REJECTED, Code.STANDING_APPROVED),
    expanding=True,
    literal_execute=True,
)


@dataclass(frozen=True)
class Shown:
    """One with the comment whose like it decides about, and how many it decided so far."""

    standing: StandingDecision
    comment: Comment
    site: str
    moderator: str
    decided: int


def read_standing(
    session: Session,
    moderator: Moderator,
    *,
    ended: bool,
    now: dt.datetime,
    before: int | None = None,
    size: int,
) -> list[Shown]:
    """Those in force, or those that ended lately; `before` is the id of the last one seen."""
    query = (
        select(StandingDecision, Comment, Site.name, Moderator.name)
        .join(Comment, Comment.id == StandingDecision.comment_id)
        .join(Site, Site.id == StandingDecision.site_id)
        .join(Moderator, Moderator.id == StandingDecision.moderator_id)
        .where(not_(is_in_force(now)) if ended else is_in_force(now))
        .order_by(StandingDecision.id.desc())
        .limit(size)
    )
    if moderator.site_id is not None:
        query = query.where(StandingDecision.site_id == moderator.site_id)
    if before is not None:
        query = query.where(StandingDecision.id < before)
    rows = session.execute(query).all()
    counts = count_decided(session, [standing for standing, *_ in rows])
    return [
        Shown(standing, comment, site, name, counts.get(standing.id, 0))
        for standing, comment, site, name in rows
    ]


def count_decided(
    session: Session, standing: Sequence[StandingDecision], *, still: bool = False
) -> dict[int, int]:
    """How many comments each of these decided, by its id; without those that are gone since.

    `still`: and without those that people decided otherwise since.
    """
    query = (
        select(FindingRow.value, Event.to_status, func.count())
        .join(Event, Event.id == FindingRow.event_id)
        .where(
            FindingRow.code.in_(BY_STANDING),
            FindingRow.verdict != Verdict.HOLD,
            FindingRow.value.in_([float(each.id) for each in standing]),
        )
        .group_by(FindingRow.value, Event.to_status)
    )
    if still:
        query = query.where(FindingRow.status == Event.to_status)
    found = {(value, status): count for value, status, count in session.execute(query)}
    return {each.id: found.get((float(each.id), DECISIONS[each.change]), 0) for each in standing}
