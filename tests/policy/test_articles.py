"""What an article's own rules make of those of its site."""

from dataclasses import fields
from typing import Any

import pytest

from moderation.policy.articles import OWN_RULES, with_own_rules
from moderation.policy.context import Policy
from moderation.policy.limits import DEFAULTS, check_rules

SITE = Policy(
    preset="relaxed",
    thresholds={"toxicity": 0.9, "threat": 0.4},
    links_max=5,
    closes_after_days=30,
    banned_words=("a",),
)


def test_every_rule_of_an_article_is_one_of_a_site() -> None:
    assert set(OWN_RULES) < {field.name for field in fields(Policy)}
    check_rules({name: DEFAULTS[name] for name in OWN_RULES})


@pytest.mark.parametrize("rules", [None, {}])
def test_an_article_without_rules_follows_its_site(rules: dict[str, Any] | None) -> None:
    assert with_own_rules(SITE, rules) == SITE


@pytest.mark.parametrize(
    ("rules", "name", "counts"),
    [
        ({"links_max": 0}, "links_max", 0),
        ({"closes_after_days": None}, "closes_after_days", None),
        ({"email_required": False}, "email_required", False),
        ({"banned_words": ["b"]}, "banned_words", ("a", "b")),
        ({"reserved_names": ["Guest"]}, "reserved_names", ("Guest",)),
        ({"thresholds": {"threat": 0.1}}, "thresholds", {"toxicity": 0.9, "threat": 0.1}),
        ({"preset": "strict"}, "thresholds", {}),
        ({"preset": "relaxed"}, "thresholds", {"toxicity": 0.9, "threat": 0.4}),  # the site's
        ({"language": "de"}, "language", "de"),
        ({"suspect_words": ["c"]}, "suspect_words", ("c",)),
        ({"body_max": 100}, "body_max", 100),
        ({"preset": "strict", "thresholds": {"threat": 0.1}}, "thresholds", {"threat": 0.1}),
    ],
)
def test_lists_come_on_top_and_all_else_in_place(
    rules: dict[str, Any], name: str, counts: object
) -> None:
    found = with_own_rules(SITE, rules)

    assert getattr(found, name) == counts
    assert found.edit_minutes == SITE.edit_minutes and found.publishing is SITE.publishing
    assert SITE.thresholds == {"toxicity": 0.9, "threat": 0.4} and SITE.banned_words == ("a",)
