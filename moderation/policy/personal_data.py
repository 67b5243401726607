"""Finds personal data in a text, naming its kind and never its value. Step `decide`, pure."""

import re
from enum import StrEnum

from phonenumbers import Leniency, PhoneNumberMatcher
from stdnum import iban

from moderation.text import fold, paragraphs


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
    found = {
        Kind.EMAIL: any(_EMAIL.search(line) for line in lines),
        Kind.PHONE: any(_has_phone(line, language) for line in lines),
        Kind.IBAN: any(_has_iban(line) for line in lines),
    }
    return [kind for kind, is_there in found.items() if is_there]


def _has_phone(line: str, language: str) -> bool:
    """Whether a valid number stands there, grouped as its country groups it or not at all."""
    line = _NOT_PHONES.sub("|", _without_links(line))
    return any(
        PhoneNumberMatcher(line, region, leniency=Leniency.STRICT_GROUPING).has_next()
        for region in _REGIONS.get(language, (None,))
    )


def _without_links(line: str) -> str:
    """The line without web addresses: they are full of ids."""
    pieces = (piece for paragraph in paragraphs(line) for row in paragraph for piece in row)
    return "|".join(piece.text for piece in pieces if piece.href is None)


def _has_iban(line: str) -> bool:
    return any(_is_iban(match.group(1)) for match in _IBAN.finditer(line))


def _is_iban(candidate: str) -> bool:
    """Whether it begins with a valid IBAN: the words after one look like more groups of it."""
    ends = _GROUP_END.finditer(candidate, _IBAN_MIN, _IBAN_MAX)
    return any(iban.is_valid(candidate[: end.start()]) for end in ends)
