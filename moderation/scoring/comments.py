"""A comment is its text and its name: both are scored, and of both the stricter number counts."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

import structlog

from moderation.errors import ScorerUnavailable
from moderation.metrics import SCORED, SCORING_SECONDS
from moderation.scoring.score import Score, Scorer

log = structlog.get_logger()


class Spoken(Protocol):
    """What of a comment is scored, and the id under which a failure is logged."""

    @property
    def comment_id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def body(self) -> str: ...


S = TypeVar("S", bound=Spoken)


def score_each(scorer: Scorer, comments: Sequence[S]) -> Iterator[tuple[S, Score | None]]:
    """Each comment with its score of finite numbers, or with None where the scorer fails on it.

    One text may break a batch, whatever the scorer raises; alone it delays only itself.
    """
    scores = _try(scorer, comments)
    if scores is not None:
        yield from zip(comments, scores, strict=True)
    elif len(comments) == 1:
        yield comments[0], None
    else:
        for comment in comments:
            yield from score_each(scorer, [comment])


def score_comment(scorer: Scorer, name: str, body: str) -> Score:
    """The score of a comment that is not stored. Raises whatever the scorer raises."""
    said, named = scorer.score([body, name])
    return _stricter(said, named)


def _try(scorer: Scorer, comments: Sequence[Spoken]) -> list[Score] | None:
    try:
        return _numbers(scorer, comments)
    except Exception:
        log.error("scoring_failed", comments=[c.comment_id for c in comments], exc_info=True)
        return None


def _numbers(scorer: Scorer, comments: Sequence[Spoken]) -> list[Score]:
    texts = [comment.body for comment in comments] + [comment.name for comment in comments]
    with SCORING_SECONDS.time():
        scores = scorer.score(texts)
    if len(scores) != len(texts):
        raise ScorerUnavailable("the scorer answered for another number of texts")
    # PostgreSQL's JSON has no NaN, so one would break the transaction that stores it.
    if not all(math.isfinite(value) for score in scores for value in score.attributes.values()):
        raise ScorerUnavailable("the scorer answered something that is no number")
    SCORED.inc(len(comments))
    bodies, names = scores[: len(comments)], scores[len(comments) :]
    return [_stricter(body, name) for body, name in zip(bodies, names, strict=True)]


def _stricter(body: Score, name: Score) -> Score:
    """The body's score, raised where the name's is higher. A name tells nothing of a language."""
    raised = {at: max(value, name.attributes[at]) for at, value in body.attributes.items()}
    return replace(body, attributes=raised, readings=name.readings + body.readings)
