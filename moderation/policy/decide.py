"""All rules run, all findings are kept, the strictest wins. Step `decide`, pure."""

from collections.abc import Sequence
from typing import NamedTuple

from moderation.policy.context import Context, Finding
from moderation.policy.rules import RULES, Rule
from moderation.statuses import Verdict


class Decision(NamedTuple):
    """What becomes of a comment, and all the evidence, in the order of the rules."""

    verdict: Verdict
    findings: tuple[Finding, ...]


def evaluate(context: Context, rules: Sequence[Rule] = RULES) -> Decision:
    """Decide about one comment: reject > hold > approve; no finding approves.

    What a rule raises is raised here, and the caller holds the comment: a broken rule must never
    pass for one without an opinion.
    """
    findings = tuple(finding for rule in rules for finding in rule(context))
    verdicts = [Verdict.APPROVE, *(finding.verdict for finding in findings)]
    return Decision(max(verdicts, key=lambda verdict: verdict.strictness), findings)
