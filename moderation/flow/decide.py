"""Step `decide`: facts from the database become a context; the pure rules of policy/ decide."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple, TypedDict

import structlog
from sqlalchemy import delete, exists, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from moderation.flow.articles import is_closed, policy_of
from moderation.flow.bans import kinds_in_force
from moderation.flow.commenters import has_history
from moderation.flow.store import change_status
from moderation.models import Comment, Event, FindingRow, Score, Site
from moderation.policy.context import Context, Finding, Policy
from moderation.policy.decide import Decision, evaluate
from moderation.policy.thresholds import thresholds_in_force
from moderation.statuses import Actor, Change, Code, Status, Verdict

log = structlog.get_logger()

STATUS_OF = {
    Verdict.APPROVE: Status.APPROVED,
    Verdict.HOLD: Status.HELD,
    Verdict.REJECT: Status.REJECTED,
}


class ScoreFacts(TypedDict, total=False):
    """The fields of Context that a score fills."""

    scores: Mapping[str, float]
    complete: bool
    has_words: bool
    language: str | None
    languages: frozenset[str]


class Judgement(NamedTuple):
    """A decision, with the preset and thresholds that were in force.

    `preset` is None where the model has none of that name: its own thresholds are the site's only.
    """

    decision: Decision
    preset: str | None = None
    thresholds: Mapping[str, float] = MappingProxyType({})


NO_SCORE: ScoreFacts = {}
Presets = Mapping[str, Mapping[str, float]]


def is_open_to_machine(comment: Comment) -> bool:
    """Whether a machine may (still) decide: undecided, or held and untouched by a human."""
    if comment.status is Status.PROCESSING:
        return True
    return comment.status is Status.HELD and comment.decided_by is Actor.MACHINE


def decide(
    session: Session,
    comment: Comment,
    *,
    now: dt.datetime,
    repeat_window: dt.timedelta,
    presets: Presets,
    readings: tuple[str, ...],
    failure: Code | None = None,
) -> Event:
    """Run all rules on the comment, move it where the strictest wants, and keep every finding.

    `presets` are those of the model that made `comment.score`, `readings` what it read beneath
    disguises (none while nothing scored it); `failure` says why there is no score.
    """
    # While the scorer fails, an older score says nothing about the text as it stands.
    score = comment.score if failure is None else None
    judgement = judge(
        session,
        comment,
        score,
        now=now,
        repeat_window=repeat_window,
        presets=presets,
        readings=readings,
        failure=failure,
    )
    decision = judgement.decision
    if score:
        score.preset = judgement.preset
    event = change_status(
        session,
        comment,
        STATUS_OF[decision.verdict],
        change=Change.DECIDED,
        actor=Actor.MACHINE,
        now=now,
        data={
            "verdict": decision.verdict,
            "findings": [_codes_of(finding) for finding in decision.findings],
            "model": score.model if score else None,
            "model_version": score.model_version if score else None,
            "normaliser": score.normaliser if score else None,
            "preset": judgement.preset,
            "thresholds": dict(judgement.thresholds),
        },
    )
    _keep_findings(session, comment, event, decision.findings)
    return event


def judge(
    session: Session,
    comment: Comment,
    score: Score | None,
    *,
    now: dt.datetime,
    repeat_window: dt.timedelta,
    presets: Presets,
    readings: tuple[str, ...],
    failure: Code | None = None,
) -> Judgement:
    """What the machine would decide at `now` about the comment with this score; writes nothing."""
    try:
        policy = policy_of(session.get_one(Site, comment.site_id), comment.article)
        thresholds = thresholds_in_force(policy, presets) or {}
        context = replace(
            _gather(session, comment, score, policy, thresholds, failure, now),
            readings=readings,
            # Seen from the comment, however long it waited or is judged again.
            repeated_text=_is_repeated(session, comment, comment.created_at - repeat_window),
            article_closed=is_closed(policy, comment.article, None, now),
        )
        preset = policy.preset if policy.preset in presets else None
        return Judgement(evaluate(context), preset, thresholds)
    except SQLAlchemyError:
        raise
    except Exception:
        # A rule or a stored policy broke: it must neither publish this comment nor stop others.
        log.error("rule_failed", comment=comment.id, exc_info=True)
        return Judgement(Decision(Verdict.HOLD, (Finding(Code.RULE_FAILED, Verdict.HOLD),)))


def _gather(
    session: Session,
    comment: Comment,
    score: Score | None,
    policy: Policy,
    thresholds: Mapping[str, float],
    failure: Code | None,
    now: dt.datetime,
) -> Context:
    return Context(
        name=comment.name,
        body=comment.body,
        policy=policy,
        thresholds=thresholds,
        failure=failure,
        honeypot=Code.HONEYPOT in comment.signals,
        over_commenter_rate=Code.COMMENTER_RATE in comment.signals,
        bans=kinds_in_force(session, comment, now=now),
        first_comment=not has_history(session, comment.commenter),
        **(_score_facts(score) if score else NO_SCORE),
    )


def _score_facts(score: Score) -> ScoreFacts:
    return {
        "scores": score.attributes,
        "complete": score.complete,
        "has_words": score.has_words,
        "language": score.language,
        "languages": frozenset(score.languages),
    }


def _is_repeated(session: Session, comment: Comment, since: dt.datetime) -> bool:
    if comment.commenter_id is None:
        return False
    query = select(Comment.id).where(
        Comment.commenter_id == comment.commenter_id,
        Comment.text_hash == comment.text_hash,
        Comment.id < comment.id,
        Comment.created_at >= since,
    )
    return bool(session.scalar(select(exists(query))))


def _codes_of(finding: Finding) -> dict[str, str | float]:
    facts = {
        "code": finding.code,
        "verdict": finding.verdict,
        "attribute": finding.attribute,
        "value": finding.value,
        "threshold": finding.threshold,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _keep_findings(
    session: Session, comment: Comment, event: Event, findings: tuple[Finding, ...]
) -> None:
    session.execute(delete(FindingRow).where(FindingRow.comment_id == comment.id))
    for finding in findings:
        session.add(FindingRow(comment_id=comment.id, event_id=event.id, **finding._asdict()))
    session.flush()
