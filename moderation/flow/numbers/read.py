"""All figures of one page, read at once."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from moderation.flow.numbers.checks import (
    AgreementRow,
    AuditRow,
    agreement,
    audit,
    audit_total,
    read_checks,
)
from moderation.flow.numbers.comments import (
    BandRow,
    CodeRow,
    HeldDay,
    OutcomeDay,
    bands,
    code_rows,
    has_comments,
    held_days,
    outcomes,
    read_groups,
)
from moderation.flow.numbers.decisions import (
    ModeratorRow,
    WaitDay,
    moderator_rows,
    read_decisions,
    wait_days,
)
from moderation.flow.numbers.nudges import Nudged, read_nudged
from moderation.flow.numbers.waiting import HeldNow, WaitingDay, read_held_now, read_waiting
from moderation.flow.numbers.window import Window


@dataclass(frozen=True)
class Numbers:
    """The figures of some days of the sites that somebody may see."""

    has_comments: bool  # ever
    held_now: HeldNow
    outcomes: list[OutcomeDay]
    waiting: list[WaitingDay]
    waits: list[WaitDay]
    moderators: list[ModeratorRow]
    held: list[HeldDay]
    codes: list[CodeRow]
    bands: list[BandRow]
    agreement: list[AgreementRow]
    audit: list[AuditRow]
    audit_total: AuditRow
    nudged: list[Nudged]


def read_numbers(session: Session, window: Window) -> Numbers:
    """Compute everything from comments and log, but who was nudged: that is counted as it happens.

    Nothing is kept between two calls.
    """
    groups, decisions = read_groups(session, window), read_decisions(session, window)
    held_now, checks = read_held_now(session, window), read_checks(session, window)
    return Numbers(
        has_comments=has_comments(session, window),
        held_now=held_now,
        outcomes=outcomes(groups, window),
        waiting=read_waiting(session, window, held_now.number),
        waits=wait_days(decisions, window),
        moderators=moderator_rows(decisions),
        held=held_days(groups, window),
        codes=code_rows(groups),
        bands=bands(groups),
        agreement=agreement(checks),
        audit=audit(checks),
        audit_total=audit_total(checks),
        nudged=read_nudged(session, window),
    )
