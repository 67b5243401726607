"""The languages that readers' pages, and mails to readers, are written in."""

from functools import cache
from pathlib import Path

from babel.support import NullTranslations, Translations

# By the names that they give themselves. Each has a catalogue in `translations/` but English,
# whose sentences stand in the code.
LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "pt": "Português",
    "it": "Italiano",
    "pl": "Polski",
    "tr": "Türkçe",
    "ru": "Русский",
    "ar": "العربية",
    "fa": "فارسی",
    "he": "עברית",
}
FALLBACK = "en"
CATALOGUES = Path(__file__).parent / "translations"
_FORMER = {"iw": "he"}  # ISO 639 renamed it in 1989; some systems still send it


def known_language(tag: str) -> str | None:
    """Which of LANGUAGES a tag such as `pt-BR` means (RFC 5646: its first subtag), if any."""
    primary = tag.strip().lower().replace("_", "-").partition("-")[0]
    primary = _FORMER.get(primary, primary)
    return primary if primary in LANGUAGES else None


@cache
def catalogue(language: str) -> NullTranslations:
    """The translations into one of LANGUAGES, read once."""
    return Translations.load(CATALOGUES, [language])
