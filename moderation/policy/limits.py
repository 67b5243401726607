"""What each rule of a site may be. Page and command line both ask here; pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from moderation.policy.context import Policy
from moderation.policy.theme import read_theme
from moderation.statuses import ATTRIBUTES, Publishing
from moderation.text import clean_line

PRESETS = ("relaxed", "balanced", "strict")
CONTACT_MAX = 500  # characters
WORDS_MAX, WORD_MAX = 1_000, 100  # entries of a list, characters of one
LANGUAGE = re.compile(r"[a-z]{2,3}")  # ISO 639, as the models name theirs
LISTS = ("banned_words", "suspect_words", "tracking_parameters", "reserved_names")


class Range(NamedTuple):
    """The least and the most that a number may be."""

    least: int
    most: int


NUMBERS = {
    "links_max": Range(0, 100),
    "closes_after_days": Range(1, 36_500),
    "reply_depth": Range(0, 20),
    "body_max": Range(0, 15_000),
    "edit_minutes": Range(0, 1_440),
    "report_holds": Range(0, 1_000),
    "surge_comments": Range(0, 10_000),
    "surge_holds": Range(0, 10_000),
    "surge_minutes": Range(1, 1_440),
    "surge_hours": Range(1, 168),
    "hidden_score_share": Range(0, 100),  # percent
    "audit_share": Range(0, 100),
    "keep_email_days": Range(1, 36_500),
    "keep_identity_days": Range(1, 36_500),
    "keep_rejected_days": Range(1, 36_500),
    "keep_address_days": Range(0, 30),
    "keep_undo_days": Range(1, 36_500),
    "erasure_days": Range(0, 30),
}
MAY_BE_NONE = frozenset({"closes_after_days"})
DEFAULTS = {field.name: getattr(Policy(), field.name) for field in fields(Policy)}
SWITCHES = frozenset(name for name, value in DEFAULTS.items() if isinstance(value, bool))


class WrongRule(ValueError):
    """A rule cannot be so; the message says why, in a sentence for owners."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def check_rules(changes: Mapping[str, Any]) -> dict[str, Any]:
    """These fields of a policy as they are stored, in plain JSON. Raises WrongRule."""
    return {name: check_rule(name, value) for name, value in changes.items()}


def check_rule(name: str, value: Any) -> Any:
    """One field of a policy as it is stored. Raises WrongRule."""
    try:
        return _reader(name)(name, value)
    except WrongRule:
        raise
    except (AttributeError, TypeError, ValueError) as error:
        raise WrongRule(name, str(error)) from None


def _reader(name: str) -> Callable[[str, Any], Any]:
    if name in SWITCHES:
        return _switch
    if name in NUMBERS:
        return _number
    return _list if name in LISTS else READERS.get(name, _unknown)


def _unknown(name: str, _value: Any) -> Any:
    raise WrongRule(name, f"There is no rule {name!r}.")


def _switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise WrongRule(name, "Choose yes or no.")
    return value


def _number(name: str, value: Any) -> int | None:
    if value is None and name in MAY_BE_NONE:
        return None
    least, most = NUMBERS[name]
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise WrongRule(name, f"Please enter a whole number from {least:,} to {most:,}.")
    return value


def _list(name: str, value: Any) -> list[str]:
    entries = list(dict.fromkeys(filter(None, map(clean_line, value))))
    if len(entries) > WORDS_MAX:
        raise WrongRule(name, f"Please list at most {WORDS_MAX:,}.")
    if any(len(entry) > WORD_MAX for entry in entries):
        raise WrongRule(name, f"Please use at most {WORD_MAX} characters a line.")
    return entries


def _publishing(_name: str, value: Any) -> str:
    if value not in list(Publishing):
        raise ValueError(f"Choose one of {', '.join(Publishing)}.")
    return str(value)


def _preset(_name: str, value: Any) -> str:
    if value not in PRESETS:
        raise ValueError(f"Choose one of {', '.join(PRESETS)}.")
    return str(value)


def _thresholds(_name: str, value: Mapping[str, Any]) -> dict[str, float]:
    if not value.keys() <= set(ATTRIBUTES):
        raise ValueError(f"A model scores {', '.join(ATTRIBUTES)}.")
    numbers = {attribute: float(number) for attribute, number in value.items()}
    if not all(0 <= number <= 1 for number in numbers.values()):
        raise ValueError("A limit is a number from 0 to 1 (0 % to 100 %).")
    return numbers


def _language(_name: str, value: str) -> str:
    if not LANGUAGE.fullmatch(value):
        raise ValueError("A language is a code such as en or de (ISO 639).")
    return value


def _contact(_name: str, value: str) -> str:
    contact = clean_line(value)
    if len(contact) > CONTACT_MAX:
        raise ValueError(f"Please use at most {CONTACT_MAX} characters.")
    return contact


READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "publishing": _publishing,
    "preset": _preset,
    "thresholds": _thresholds,
    "language": _language,
    "contact": _contact,
    "theme": lambda _name, value: read_theme(value),
}
