"""Finds personal data in a text: its kinds for the rules, itself for who masks it. Pure."""

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import partial

from phonenumbers import Leniency, PhoneNumberMatcher
from stdnum import iban

from moderation.text import fold, paragraphs

Span = tuple[int, int]
"""Where something begins and ends in a line."""


class Kind(StrEnum):
    """What was found."""

    EMAIL = "email"
    PHONE = "phone"
    IBAN = "iban"


# The common forms of RFC 5322's addr-spec and RFC 6531's letters. A handle of the Fediverse
# ("@who@example.org") is a public name and no email.
_EMAIL = re.compile(r"(?<![\w.+@-])[\w.+%'-]+@(?:[\w-]{1,63}\.)+[^\W\d_]{2,}")

# ISO 13616: country, two check digits, up to 30 more; groups of any size. Looking ahead lets one
# candidate start inside another ("in 20 days to DE89 3704 …").
_IBAN = re.compile(r"\b(?=([a-z]{2} ?[0-9]{2}[a-z0-9]*(?:[ -][a-z0-9]+){0,9}))")
_IBAN_MIN, _IBAN_MAX = 15, 34 + 10  # characters: Norway's, and the longest with separators
_GROUP_END = re.compile(r"(?<=\w)\b")

# Where readers most likely are, so that a number in their national form is seen. Other languages
# have international numbers only: guessing among many countries finds phones in every sum.
_REGIONS: dict[str, tuple[str, ...]] = {
    "de": ("DE",),
    "en": ("US", "GB"),
    "es": ("ES",),
    "fr": ("FR",),
    "it": ("IT",),
    "nl": ("NL",),
    "pt": ("BR", "PT"),
    "ru": ("RU",),
    "tr": ("TR",),
}

# Digits that are some country's phone number by chance.
_NOT_PHONES = re.compile(
    r"""
      \b is[bs]n [-:\s\d]{0,6} [\dx][\dx\s-]{6,16}  # books and journals
    | (?<![\d.]) \d{1,2} \.\s?\d{1,2} \.\s?(?:19|20)\d{2} (?![.\d])  # 17.05.2024
    | (?<![\d.,]) \d [.,] \d{5,} (?![.,]?\d)  # 0.123456789
    | (?<!\d) \d{1,3} (?:[ .,'’]\d{3}){0,3} (?:[ .,'’]000){2} (?!\d)  # 600 000 000
    | [$€£¥₺₽] \s? \d{1,12}  # the group of digits next to a currency breaks the rest
    | (?<!\d) \d{1,12} (?:[.,]\d{1,2})? \s?
      (?: [$€£¥₺₽] | (?:eur|usd|gbp|euros?|dollars?|pounds?) \b )
    """,
    re.VERBOSE,
)


def find_kinds(text: str, *, language: str) -> list[Kind]:
    """The kinds of personal data in the text, each once.

    `language` (ISO 639-1, the site's) says in which country's form phone numbers may be. Nothing
    is looked for across line breaks.
    """
    lines = [fold(line) for line in text.splitlines()]
    return [
        kind
        for kind, find in _finders(language).items()
        if any(True for line in lines for _ in find(line))
    ]


def find_passages(text: str, *, language: str) -> list[str]:
    """What `find_kinds` finds, each once, as `text.fold` writes it."""
    lines = [fold(line) for line in text.splitlines()]
    found = (
        line[start:end]
        for find in _finders(language).values()
        for line in lines
        for start, end in find(line)
    )
    return list(dict.fromkeys(found))


def find_emails(text: str) -> set[str]:
    """The email addresses in the text, as `text.fold` writes them."""
    lines = (fold(line) for line in text.splitlines())
    return {line[start:end] for line in lines for start, end in _emails(line)}


def _finders(language: str) -> dict[Kind, Callable[[str], Iterator[Span]]]:
    return {
        Kind.EMAIL: _emails,
        Kind.PHONE: partial(_phones, language=language),
        Kind.IBAN: _ibans,
    }


def _emails(line: str) -> Iterator[Span]:
    return (match.span() for match in _EMAIL.finditer(line))


def _phones(line: str, *, language: str) -> Iterator[Span]:
    """Valid numbers, grouped as their country groups them or not at all."""
    line = _NOT_PHONES.sub(_barred, _without_links(line))
    for region in _REGIONS.get(language, (None,)):
        for match in PhoneNumberMatcher(line, region, leniency=Leniency.STRICT_GROUPING):
            yield match.start, match.end


def _barred(match: re.Match[str]) -> str:
    return "|" * len(match.group())


def _without_links(line: str) -> str:
    """The line with bars for web addresses: they are full of ids."""
    pieces = (piece for paragraph in paragraphs(line) for row in paragraph for piece in row)
    return "".join("|" * len(piece.text) if piece.href else piece.text for piece in pieces)


def _ibans(line: str) -> Iterator[Span]:
    """Where a valid IBAN begins: the words after one look like more groups of it."""
    for match in _IBAN.finditer(line):
        candidate = match.group(1)
        ends = (end.start() for end in _GROUP_END.finditer(candidate, _IBAN_MIN, _IBAN_MAX))
        end = next((end for end in ends if iban.is_valid(candidate[:end])), None)
        if end is not None:
            yield match.start(), match.start() + end
