"""What a rule may be: the one place that page and command line ask."""

from dataclasses import fields
from typing import Any

import pytest

from config import Settings
from moderation.policy.context import Policy
from moderation.policy.limits import (
    DEFAULTS,
    NUMBERS,
    WORD_MAX,
    WORDS_MAX,
    WrongRule,
    check_rule,
    check_rules,
)

NAMES = [field.name for field in fields(Policy)]


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_may_be_what_it_is_by_default_and_not_anything(name: str) -> None:
    default = DEFAULTS[name]

    stored = check_rule(name, default)

    assert stored == (list(default) if isinstance(default, tuple) else default)
    for wrong in (object(), -1, 10**12, "", "<script>", None):
        if wrong != default and not _is_fine(name, wrong):
            with pytest.raises(WrongRule) as refused:
                check_rule(name, wrong)
            assert refused.value.name == name and str(refused.value)


def _is_fine(name: str, value: object) -> bool:
    """Texts are free, and a text is a list of its letters."""
    is_text = isinstance(value, str)
    return is_text and (name == "contact" or isinstance(DEFAULTS[name], tuple))


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_stays_within_its_limits(name: str) -> None:
    least, most = NUMBERS[name]

    assert (check_rule(name, least), check_rule(name, most)) == (least, most)
    for wrong in (least - 1, most + 1, float(most), True, str(least)):
        with pytest.raises(WrongRule, match="whole number"):
            check_rule(name, wrong)


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("banned_words", [" a  b ", "", "c", "c", "\u202e"], ["a b", "c"]),
        ("closes_after_days", None, None),
        ("thresholds", {"toxicity": 1, "threat": 0.5}, {"toxicity": 1.0, "threat": 0.5}),
        ("contact", " Ada \n Lindgren ", "Ada Lindgren"),
        ("theme", {"accent_light": " #0B57B0 ", "font": ""}, {"accent_light": "#0b57b0"}),
    ],
)
def test_a_rule_is_stored_in_its_plainest_form(name: str, value: Any, stored: Any) -> None:
    assert check_rule(name, value) == stored


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("banned_words", ["a"] + ["b" * (WORD_MAX + 1)]),
        ("reserved_names", [str(number) for number in range(WORDS_MAX + 1)]),
        ("thresholds", {"rudeness": 0.5}),
        ("thresholds", {"toxicity": 1.1}),
        ("thresholds", {"toxicity": float("nan")}),
        ("thresholds", {"toxicity": "high"}),
        ("language", "en-GB"),
        ("language", "english"),
        ("preset", "lax"),
        ("publishing", "everybody"),
        ("theme", {"accent_light": "red"}),
        ("no_such_rule", 1),
    ],
)
def test_what_a_rule_cannot_be_is_refused(name: str, value: Any) -> None:
    with pytest.raises(WrongRule) as refused:
        check_rules({"links_max": 1, name: value})
    assert refused.value.name == name


def test_the_longest_comment_of_a_site_is_that_of_an_installation() -> None:
    metadata = Settings.model_fields["BODY_MAX"].metadata
    assert [each.le for each in metadata if hasattr(each, "le")] == [NUMBERS["body_max"].most]
