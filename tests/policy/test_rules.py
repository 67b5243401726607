from collections.abc import Callable
from typing import Any

import pytest

from moderation.policy import rules
from moderation.policy.context import Context, Finding, Standing
from moderation.policy.decide import evaluate
from moderation.policy.rules import RULES
from moderation.statuses import BanKind, Code, Publishing, Verdict

HOLD, REJECT = Verdict.HOLD, Verdict.REJECT
Known = dict[str, Any]


def over(attribute: str, value: float, threshold: float) -> Finding:
    return Finding(Code.TOXICITY, HOLD, attribute, value, threshold)


# For each rule: what is known besides a clean comment, and what the rule finds in it.
CASES: dict[str, list[tuple[Known, list[Finding]]]] = {
    "find_missing_score": [
        ({}, []),
        ({"scores": None}, [Finding(Code.SCORER_UNAVAILABLE, HOLD)]),
        ({"scores": {}}, [Finding(Code.SCORER_UNAVAILABLE, HOLD)]),
        ({"thresholds": {}}, [Finding(Code.SCORER_UNAVAILABLE, HOLD)]),
        ({"thresholds": {"threat": 0.5}}, [Finding(Code.SCORER_UNAVAILABLE, HOLD)]),
        (
            {"scores": None, "failure": Code.SCORER_UNAVAILABLE},
            [Finding(Code.SCORER_UNAVAILABLE, HOLD)],
        ),
        ({"scores": None, "failure": Code.SCORER_LATE}, [Finding(Code.SCORER_LATE, HOLD)]),
        ({"failure": Code.SCORER_LATE}, [Finding(Code.SCORER_LATE, HOLD)]),
    ],
    "find_unscored_rest": [
        ({}, []),
        ({"complete": False}, [Finding(Code.TEXT_TOO_LONG, HOLD)]),
    ],
    "find_unknown_language": [
        ({}, []),
        ({"language": "fr"}, []),
        ({"language": "de"}, [Finding(Code.LANGUAGE_UNSUPPORTED, HOLD, detail="de")]),
        ({"languages": frozenset()}, [Finding(Code.LANGUAGE_UNSUPPORTED, HOLD, detail="en")]),
        ({"language": None}, [Finding(Code.LANGUAGE_UNKNOWN, HOLD)]),
        ({"language": None, "has_words": False}, []),
        ({"language": "de", "scores": None}, []),
    ],
    "find_attributes_over_threshold": [
        ({}, []),
        ({"scores": {"toxicity": 0.79}}, []),
        ({"scores": {"toxicity": 0.8}}, [over("toxicity", 0.8, 0.8)]),
        (
            {"scores": {"toxicity": 0.9, "insult": 0.95, "threat": 1.0}},
            [over("toxicity", 0.9, 0.8), over("insult", 0.95, 0.7)],
        ),
        ({"scores": None}, []),
    ],
    "find_banned_words": [
        ({}, []),
        ({"policy": {"banned_words": ("heron",)}}, []),
        (
            {"policy": {"banned_words": ("Heron",)}, "body": "A HERON, a heron!"},
            [Finding(Code.BANNED_WORD, HOLD, detail="Heron")],
        ),
        (
            {"policy": {"banned_words": ("heron",), "reject_banned_words": True}, "name": "Heron"},
            [Finding(Code.BANNED_WORD, REJECT, detail="heron")],
        ),
        (
            {"policy": {"banned_words": ("a", "b")}, "name": "b", "body": "a b"},
            [
                Finding(Code.BANNED_WORD, HOLD, detail="b"),
                Finding(Code.BANNED_WORD, HOLD, detail="a"),
            ],
        ),
        ({"policy": {"banned_words": ("blue heron",)}, "name": "Blue", "body": "heron"}, []),
        (  # a disguise is a guess: it holds, and what stands plainly is named once
            {
                "policy": {"banned_words": ("heron", "egret"), "reject_banned_words": True},
                "body": "heron, 3gr3t",
                "readings": ("heron, egret",),
            },
            [
                Finding(Code.BANNED_WORD, REJECT, detail="heron"),
                Finding(Code.BANNED_WORD, HOLD, detail="egret"),
            ],
        ),
    ],
    "find_word_bans": [
        ({}, []),
        ({"word_bans": ("heron",)}, []),
        (
            {"word_bans": ("blue heron",), "name": "Blue HERON", "body": "heron"},
            [Finding(Code.BANNED_WORD, HOLD, detail="blue heron")],
        ),
        (
            {"word_bans": ("egret", "heron"), "body": "heron", "readings": ("heron, egret",)},
            [
                Finding(Code.BANNED_WORD, HOLD, detail="heron"),
                Finding(Code.BANNED_WORD, HOLD, detail="egret"),
            ],
        ),
        (  # what the owner's list says of a word counts, and is told once
            {
                "policy": {"banned_words": ("Heron",), "reject_banned_words": True},
                "word_bans": ("heron",),
                "body": "heron",
            },
            [],
        ),
    ],
    "find_suspect_words": [
        ({"policy": {"suspect_words": ("heron",)}}, []),
        (
            {"policy": {"suspect_words": ("heron",), "reject_banned_words": True}, "name": "Heron"},
            [Finding(Code.SUSPECT_WORD, HOLD, detail="heron")],
        ),
        (
            {"policy": {"suspect_words": ("heron",)}, "readings": ("a heron",)},
            [Finding(Code.SUSPECT_WORD, HOLD, detail="heron")],
        ),
    ],
    "find_personal_data": [
        ({}, []),
        (
            {"body": "me@example.org, +49 30 901820"},
            [
                Finding(Code.PERSONAL_DATA, HOLD, detail="email"),
                Finding(Code.PERSONAL_DATA, HOLD, detail="phone"),
            ],
        ),
        (
            {"name": "GB82 WEST 1234 5698 7654 32"},
            [Finding(Code.PERSONAL_DATA, HOLD, detail="iban")],
        ),
        ({"body": "06 12 34 56 78"}, []),
        (
            {"body": "06 12 34 56 78", "policy": {"language": "fr"}},
            [Finding(Code.PERSONAL_DATA, HOLD, detail="phone")],
        ),
    ],
    "find_links": [
        ({}, []),
        ({"body": "http://a.org http://a.org"}, []),
        (
            {"body": "http://a.org http://a.org www.b.org"},
            [Finding(Code.LINKS, HOLD, value=3, threshold=2)],
        ),
        (
            {"body": "https://a.org", "policy": {"links_max": 0}},
            [Finding(Code.LINKS, HOLD, value=1, threshold=0)],
        ),
        ({"name": "www.a.org"}, [Finding(Code.LINKS, HOLD, value=1, threshold=0)]),
    ],
    "find_repeated_text": [
        ({}, []),
        ({"repeated_text": True}, [Finding(Code.REPEATED_TEXT, HOLD)]),
    ],
    "find_standing_decisions": [
        ({}, []),
        ({"standing": Standing(rejects=4)}, [Finding(Code.STANDING_REJECTED, REJECT, value=4)]),
        (
            {"standing": Standing(rejects=4, resembles=5)},
            [Finding(Code.STANDING_REJECTED, REJECT, value=4)],
        ),
        ({"standing": Standing(resembles=5)}, [Finding(Code.STANDING_REJECTED, HOLD, value=5)]),
        (
            {"standing": Standing(approves=6)},
            [Finding(Code.STANDING_APPROVED, Verdict.APPROVE, value=6)],
        ),
        ({"standing": Standing(approves=6), "scores": None}, []),
    ],
    "find_reports": [
        ({"reports": 9}, []),
        ({"reports": 2, "policy": {"report_holds": 3}}, []),
        ({"policy": {"report_holds": 3}}, []),
        (
            {"reports": 4, "policy": {"report_holds": 3}},
            [Finding(Code.REPORTED, HOLD, value=4, threshold=3)],
        ),
    ],
    "find_filled_honeypot": [
        ({}, []),
        ({"honeypot": True}, [Finding(Code.HONEYPOT, HOLD)]),
    ],
    "find_commenter_rate": [
        ({}, []),
        ({"over_commenter_rate": True}, [Finding(Code.COMMENTER_RATE, HOLD)]),
    ],
    "find_banned_commenter": [
        ({}, []),
        ({"bans": (BanKind.EMAIL,)}, [Finding(Code.BANNED_COMMENTER, HOLD)]),
        (
            {"bans": (BanKind.EMAIL, BanKind.DOMAIN, BanKind.ADDRESS)},
            [
                Finding(Code.BANNED_COMMENTER, HOLD),
                Finding(Code.BANNED_DOMAIN, HOLD),
                Finding(Code.BANNED_ADDRESS, HOLD),
            ],
        ),
    ],
    "find_reserved_name": [
        ({}, []),
        ({"staff_names": ("Grace Hopper",), "policy": {"reserved_names": ("The Daily",)}}, []),
        ({"staff_names": ("ada",)}, [Finding(Code.RESERVED_NAME, HOLD)]),
        (
            {"name": "the-daily", "policy": {"reserved_names": ("The Daily",)}},
            [Finding(Code.RESERVED_NAME, HOLD)],
        ),
        (  # beneath its disguise
            {"name": "Аdа", "readings": ("Ada",), "staff_names": ("Ada",)},
            [Finding(Code.RESERVED_NAME, HOLD)],
        ),
        ({"staff_names": ("Ada",), "is_staff": True}, []),
    ],
    "find_first_comment": [
        ({"first_comment": True}, []),
        ({"policy": {"publishing": Publishing.FIRST}}, []),
        (
            {"policy": {"publishing": Publishing.FIRST}, "first_comment": True},
            [Finding(Code.FIRST_COMMENT, HOLD)],
        ),
    ],
    "find_human_review": [
        ({}, []),
        ({"policy": {"publishing": Publishing.FIRST}}, []),
        ({"policy": {"publishing": Publishing.HUMAN}}, [Finding(Code.HUMAN_REVIEW, HOLD)]),
    ],
    "find_closed_article": [
        ({}, []),
        ({"article_closed": True}, [Finding(Code.ARTICLE_CLOSED, HOLD)]),
        ({"policy": {"publishing": Publishing.CLOSED}}, [Finding(Code.ARTICLE_CLOSED, HOLD)]),
    ],
    "find_hidden_parent": [
        ({}, []),
        ({"parent_hidden": True}, [Finding(Code.PARENT_HIDDEN, HOLD)]),
    ],
    "find_edit_under_review": [
        ({}, []),
        ({"under_review": True}, [Finding(Code.UNDER_REVIEW, HOLD)]),
    ],
}
ROWS = [
    pytest.param(name, known, found, id=f"{name}-{number}")
    for name, cases in CASES.items()
    for number, (known, found) in enumerate(cases)
]


@pytest.mark.parametrize(("name", "known", "found"), ROWS)
def test_it_finds_what_its_rule_says(
    name: str, known: Known, found: list[Finding], make_context: Callable[..., Context]
) -> None:
    assert list(getattr(rules, name)(make_context(**known))) == found


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        ({}, Verdict.APPROVE),
        ({"policy": {"suspect_words": ("heron",)}}, Verdict.APPROVE),
        ({"policy": {"publishing": Publishing.FIRST}, "first_comment": True}, Verdict.APPROVE),
        ({"scores": None}, HOLD),
        ({"complete": False}, HOLD),
        ({"language": None}, HOLD),
        ({"bans": (BanKind.EMAIL,)}, HOLD),
        ({"policy": {"banned_words": ("heron",)}}, HOLD),
        ({"word_bans": ("heron",)}, HOLD),
        ({"name": "me@example.org"}, HOLD),
        ({"name": "www.a.org"}, HOLD),
        ({"honeypot": True}, HOLD),
        ({"over_commenter_rate": True}, HOLD),
        ({"repeated_text": True}, HOLD),
        ({"policy": {"publishing": Publishing.HUMAN}}, HOLD),
        ({"article_closed": True}, HOLD),
        ({"parent_hidden": True}, HOLD),
        ({"staff_names": ("Ada",)}, HOLD),
        ({"standing": Standing(approves=6, rejects=4)}, REJECT),
    ],
)
def test_an_approved_text_passes_what_was_said_of_it_and_nothing_else(
    known: Known, verdict: Verdict, make_context: Callable[..., Context]
) -> None:
    toxic = {"body": "A heron.", "scores": {"toxicity": 0.9}, "standing": Standing(approves=6)}
    assert evaluate(make_context(**{**toxic, **known})).verdict is verdict


def test_it_holds_a_score_that_is_not_a_number(make_context: Callable[..., Context]) -> None:
    context = make_context(scores={"toxicity": float("nan")})
    (finding,) = rules.find_attributes_over_threshold(context)
    assert (finding.code, finding.verdict) == (Code.TOXICITY, HOLD)


def test_every_rule_has_a_case_with_and_one_without_a_finding() -> None:
    assert RULES
    assert [rule.__name__ for rule in RULES] == list(CASES)
    for name, cases in CASES.items():
        assert {bool(found) for _, found in cases} == {True, False}, name


def test_every_code_is_found_in_some_case() -> None:
    codes = {finding.code for cases in CASES.values() for _, found in cases for finding in found}
    assert codes == set(Code) - {Code.RULE_FAILED}  # the caller's, for a rule that raised
