"""What did not run on a comment, or said nothing, and why: beside what was found. Pure."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from moderation.models import Comment, FindingRow, Score
from moderation.statuses import Code, Status


class Lack(StrEnum):
    """What a moderator cannot take from a card; web/filters.py says it in words."""

    WAITS = "waits"  # nothing was checked yet
    NOT_SCORED = "not_scored"  # no scorer ran, or it failed
    SCORED_LATE = "scored_late"  # a scorer is there and has not come to it
    NO_LIMITS = "no_limits"  # numbers without anything to compare them with
    END_UNREAD = "end_unread"
    LANGUAGE = "language"  # not the model's, or not known
    NO_WORDS = "no_words"
    WORDS_NOT_SOUGHT = "words_not_sought"  # that raised the score: later
    WORDS_NEVER_SOUGHT = "words_never_sought"  # as it does not wait
    WORDS_FAILED = "words_failed"
    NO_EMAIL = "no_email"  # so nothing is known about who wrote it


def find_lacks(comment: Comment, score: Score | None, findings: Sequence[FindingRow]) -> list[Lack]:
    """What did not run on this comment, in the order of the rules; an emptied one lacks nothing."""
    if comment.emptied_at is not None:
        return []
    codes = {finding.code for finding in findings}
    lacks = [*_of_score(comment, score, codes)]
    if score is not None and Code.TOXICITY in codes:
        lacks += _of_explanation(comment, score)
    if comment.commenter_id is None:
        lacks.append(Lack.NO_EMAIL)
    return lacks


def _of_score(comment: Comment, score: Score | None, codes: set[Code]) -> Iterator[Lack]:
    if score is None:
        if comment.status is Status.PROCESSING:
            yield Lack.WAITS
        else:
            yield Lack.SCORED_LATE if Code.SCORER_LATE in codes else Lack.NOT_SCORED
        return
    if Code.SCORER_UNAVAILABLE in codes:
        yield Lack.NO_LIMITS
    if not score.complete:
        yield Lack.END_UNREAD
    if not score.has_words:
        yield Lack.NO_WORDS
    elif score.language not in score.languages:
        yield Lack.LANGUAGE


def _of_explanation(comment: Comment, score: Score) -> Iterator[Lack]:
    if score.spans is False:
        yield Lack.WORDS_FAILED
    elif score.spans is None:
        is_sought = comment.status is Status.HELD
        yield Lack.WORDS_NOT_SOUGHT if is_sought else Lack.WORDS_NEVER_SOUGHT
