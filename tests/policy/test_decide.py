from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.policy.context import Context, Finding
from moderation.policy.decide import Decision, evaluate
from moderation.policy.rules import Rule
from moderation.statuses import Code, Publishing, Verdict

APPROVE, HOLD, REJECT = Verdict
MakeContext = Callable[..., Context]

# Any string at all, and strings of the parts that the rules look for.
texts = st.text(st.characters(codec=None), max_size=300) | st.lists(
    st.sampled_from(
        ["http://a.org/(", "www.", "@", "me@a.org", "+49 30", " 212 736 5000", "DE89", "3704 0044"]
        + ["$", "9" * 30, "\n", "\u200d", "\u0301", "\ud800", "ß", "heron", "ISBN 3-", "1.", "字"]
    ),
    max_size=30,
).map("".join)


def finds(*verdicts: Verdict, code: Code = Code.LINKS) -> Rule:
    return lambda context: [Finding(code, verdict) for verdict in verdicts]


def test_it_approves_a_clean_comment(make_context: MakeContext) -> None:
    assert evaluate(make_context()) == Decision(APPROVE, ())


@pytest.mark.parametrize(
    ("rules", "verdict"),
    [
        ([], APPROVE),
        ([finds()], APPROVE),
        ([finds(APPROVE)], APPROVE),
        ([finds(HOLD)], HOLD),
        ([finds(HOLD), finds(APPROVE)], HOLD),
        ([finds(HOLD), finds(REJECT), finds(HOLD)], REJECT),
        ([finds(REJECT), finds(), finds(HOLD)], REJECT),
        ([finds(HOLD, REJECT, HOLD)], REJECT),
    ],
)
def test_the_strictest_wins(rules: list[Rule], verdict: Verdict, make_context: MakeContext) -> None:
    assert evaluate(make_context(), rules).verdict is verdict


def test_all_rules_run_and_all_findings_are_kept_in_order(make_context: MakeContext) -> None:
    rules = [
        finds(REJECT, code=Code.BANNED_WORD),
        finds(),
        finds(HOLD, HOLD, code=Code.TOXICITY),
        finds(HOLD, code=Code.HONEYPOT),
    ]
    codes = [finding.code for finding in evaluate(make_context(), rules).findings]
    assert codes == [Code.BANNED_WORD, Code.TOXICITY, Code.TOXICITY, Code.HONEYPOT]


def test_a_broken_rule_is_no_approval(make_context: MakeContext) -> None:
    def break_down(context: Context) -> Iterator[Finding]:
        raise RuntimeError("broken")
        yield

    with pytest.raises(RuntimeError, match="broken"):
        evaluate(make_context(), [break_down, finds()])


def test_it_holds_for_every_reason_at_once(make_context: MakeContext) -> None:
    decision = evaluate(
        make_context(
            policy={"banned_words": ("heron",), "reject_banned_words": True},
            body="heron me@example.org",
            scores={"toxicity": 0.9},
            complete=False,
            language="de",
            honeypot=True,
        )
    )
    assert decision.verdict is REJECT
    assert [finding.code for finding in decision.findings] == [
        Code.TEXT_TOO_LONG,
        Code.LANGUAGE_UNSUPPORTED,
        Code.TOXICITY,
        Code.BANNED_WORD,
        Code.PERSONAL_DATA,
        Code.HONEYPOT,
    ]


@pytest.mark.parametrize("publishing", Publishing)
@pytest.mark.parametrize("failure", [None, Code.SCORER_UNAVAILABLE, Code.SCORER_LATE])
def test_it_never_approves_what_nothing_scored(
    publishing: Publishing, failure: Code | None, make_context: MakeContext
) -> None:
    context = make_context(policy={"publishing": publishing}, scores=None, failure=failure)
    decision = evaluate(context)
    assert decision.verdict is HOLD
    assert decision.findings[0].code is (failure or Code.SCORER_UNAVAILABLE)


@given(name=texts, body=texts)
def test_no_text_breaks_it_or_passes_unscored(
    name: str, body: str, make_context: MakeContext
) -> None:
    words = {"banned_words": ("heron", body), "suspect_words": (name,)}
    evaluate(make_context(policy=words, name=name, body=body))
    assert evaluate(make_context(name=name, body=body, scores=None)).verdict is HOLD
