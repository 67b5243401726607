"""What did not run on a comment, and why, from all that is stored of it."""

import pytest

from moderation.flow.queue.lacking import Lack, find_lacks
from moderation.models import Comment, FindingRow, Score
from moderation.statuses import Code, Status
from moderation.web.filters import LACKS
from tests.doubles import NOON


def comment(status: Status = Status.HELD, *, commenter_id: int | None = 1) -> Comment:
    return Comment(status=status, commenter_id=commenter_id)


def score(**changes: object) -> Score:
    known = {
        "complete": True,
        "has_words": True,
        "language": "en",
        "languages": ["en"],
        "spans": [],
    }
    return Score(**{**known, **changes})


def lacks(comment: Comment, score: Score | None, *codes: Code) -> list[Lack]:
    return find_lacks(comment, score, [FindingRow(code=code) for code in codes])


@pytest.mark.parametrize(
    ("status", "made", "codes", "expected"),
    [
        (Status.PROCESSING, None, (), [Lack.WAITS]),
        (Status.HELD, None, (Code.SCORER_LATE,), [Lack.SCORED_LATE]),
        (Status.HELD, None, (Code.SCORER_UNAVAILABLE,), [Lack.NOT_SCORED]),
        (Status.APPROVED, None, (), [Lack.NOT_SCORED]),
        (Status.HELD, score(), (Code.SCORER_UNAVAILABLE,), [Lack.NO_LIMITS]),
        (Status.HELD, score(complete=False), (Code.TEXT_TOO_LONG,), [Lack.END_UNREAD]),
        (Status.HELD, score(language=None), (Code.LANGUAGE_UNKNOWN,), [Lack.LANGUAGE]),
        (Status.HELD, score(language="fi"), (), [Lack.LANGUAGE]),
        (Status.HELD, score(language=None, has_words=False), (), [Lack.NO_WORDS]),
        (Status.HELD, score(spans=None), (Code.TOXICITY,), [Lack.WORDS_NOT_SOUGHT]),
        (Status.REJECTED, score(spans=None), (Code.TOXICITY,), [Lack.WORDS_NEVER_SOUGHT]),
        (Status.HELD, score(spans=False), (Code.TOXICITY,), [Lack.WORDS_FAILED]),
        (Status.HELD, score(spans=[]), (Code.TOXICITY,), []),
        (Status.HELD, score(spans=None), (Code.LINKS,), []),
        (Status.APPROVED, score(spans=None), (), []),
        (
            Status.HELD,
            score(complete=False, language="fi", spans=False),
            (Code.TOXICITY,),
            [Lack.END_UNREAD, Lack.LANGUAGE, Lack.WORDS_FAILED],
        ),
    ],
)
def test_each_check_that_did_not_run_is_told(
    status: Status, made: Score | None, codes: tuple[Code, ...], expected: list[Lack]
) -> None:
    assert lacks(comment(status), made, *codes) == expected


def test_without_an_email_nothing_is_known_of_who_wrote_it() -> None:
    assert lacks(comment(commenter_id=None), score()) == [Lack.NO_EMAIL]


def test_what_was_emptied_lacks_nothing() -> None:
    emptied = comment(commenter_id=None)
    emptied.emptied_at = NOON
    assert lacks(emptied, None) == []


def test_every_lack_has_its_own_words() -> None:
    assert LACKS.keys() == set(Lack)
    assert len(set(LACKS.values())) == len(Lack)
