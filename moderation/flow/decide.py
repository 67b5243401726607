"""Step `decide`: facts from the database become a context; the pure rules of policy/ decide."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import NamedTuple, TypedDict

import structlog
from sqlalchemy import delete, exists, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from moderation.errors import UnknownStanding
from moderation.flow.articles import is_closed, policy_under
from moderation.flow.bans.force import kinds_in_force, words_in_force
from moderation.flow.commenters import has_history
from moderation.flow.notices.announce import announce
from moderation.flow.standing.force import decided_by, find_standing
from moderation.flow.store import change_status
from moderation.flow.surges import tell_against, watch
from moderation.flow.team.reach import names_on
from moderation.flow.trust import is_trusted
from moderation.models import Comment, Event, FindingRow, Score, Site, StandingDecision
from moderation.policy.context import Context, Finding, Policy, Standing
from moderation.policy.decide import Decision, evaluate
from moderation.policy.thresholds import thresholds_in_force
from moderation.statuses import Actor, Change, Code, Occasion, Status, Verdict

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


HIDDEN = (Status.HELD, Status.REJECTED, Status.DELETED)  # what was public when it was answered
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
    judgement, standing = _judge_standing(
        session,
        partial(
            judge,
            session,
            comment,
            score,
            now=now,
            repeat_window=repeat_window,
            presets=presets,
            readings=readings,
            failure=failure,
        ),
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
        reason=standing.reason if standing and decision.verdict is Verdict.REJECT else None,
        data={
            **_by_whom(standing),
            "verdict": decision.verdict,
            "findings": [codes_of(finding) for finding in decision.findings],
            "model": score.model if score else None,
            "model_version": score.model_version if score else None,
            "normaliser": score.normaliser if score else None,
            "preset": judgement.preset,
            "thresholds": dict(judgement.thresholds),
        },
    )
    _keep_findings(session, comment, event, decision.findings)
    if tell_against(decision.findings):
        watch(session, comment.article, now=now)
    # Decided anew, what was held goes on waiting.
    if event.to_status is Status.HELD and event.from_status is not Status.HELD:
        announce(session, Occasion.HELD, site_id=comment.site_id, comment=comment, now=now)
    return event


def _by_whom(standing: StandingDecision | None) -> dict[str, int]:
    """The standing decision that is followed, and who set it: the log outlives its row."""
    if standing is None:
        return {}
    return {"standing": standing.id, "standing_moderator": standing.moderator_id}


def _judge_standing(
    session: Session, judge_now: Callable[[], Judgement]
) -> tuple[Judgement, StandingDecision | None]:
    """The judgement, and the standing decision that it follows, if any."""
    judgement = judge_now()
    try:
        return judgement, decided_by(session, judgement.decision)
    except UnknownStanding:  # a colleague masks the text that it was made of
        judgement = judge_now()
        return judgement, decided_by(session, judgement.decision)


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
        policy = policy_under(session.get_one(Site, comment.site_id), comment.article, now)
        thresholds = thresholds_in_force(policy, presets) or {}
        context = replace(
            _gather(session, comment, score, policy, thresholds, failure, now),
            readings=readings,
            # Seen from the comment, however long it waited or is judged again.
            repeated_text=_is_repeated(session, comment, comment.said_at - repeat_window),
            article_closed=is_closed(policy, comment.article, comment.article_published_at, now),
            standing=_standing(session, comment, readings, now),
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
        word_bans=words_in_force(session, comment.site_id, now=now),
        staff_names=names_on(session, comment.site_id),
        is_staff=comment.staff_id is not None,
        first_comment=not (is_trusted(comment.commenter) or has_history(session, comment)),
        under_review=Code.UNDER_REVIEW in comment.signals,
        parent_hidden=comment.parent is not None and comment.parent.status in HIDDEN,
        reports=comment.reports,
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
    """Whether its commenter said the same before it came, or anywhere, where they edited it.

    Several comments could be edited into one text otherwise, the newest first or all at once. What
    they deleted says nothing any more: a legal hold, which keeps its text, is not told.
    """
    if comment.commenter_id is None:
        return False
    query = select(Comment.id).where(
        Comment.commenter_id == comment.commenter_id,
        Comment.text_hash == comment.text_hash,
        Comment.id != comment.id if comment.edited_at else Comment.id < comment.id,
        Comment.said_at >= since,
        Comment.status != Status.DELETED,
    )
    return bool(session.scalar(select(exists(query))))


def _standing(
    session: Session, comment: Comment, readings: tuple[str, ...], now: dt.datetime
) -> Standing:
    """What moderators decided for a time says nothing of what was decided long ago."""
    if not is_open_to_machine(comment):
        return Standing()
    return find_standing(session, comment, readings, now=now)


def codes_of(finding: Finding) -> dict[str, str | float]:
    """The finding as the log keeps it: codes and numbers, nothing that a person typed."""
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
        session.add(
            FindingRow(
                comment_id=comment.id,
                event_id=event.id,
                status=comment.status,
                **finding._asdict(),
            )
        )
    session.flush()
