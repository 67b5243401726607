"""`make translations`: bring the catalogues up to date with the sentences in the code.

Sentences that are new stand in each `messages.po` with an empty translation, to be filled in; those
that are gone are dropped. The `.mo` files, which the program reads, are made of them.
"""

from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from config import ROOT
from moderation.languages import CATALOGUES, FALLBACK, LANGUAGES

# All that readers see. The desk is English.
SOURCES = [
    ("moderation/web/**.py", "python"),
    ("moderation/letters.py", "python"),
    ("moderation/words.py", "python"),
    ("templates/_*.html", "jinja2"),
    ("templates/error.html", "jinja2"),
    ("templates/readers/**.html", "jinja2"),
    ("templates/mails/**.txt", "jinja2"),
]
OPTIONS = {pattern: {"trimmed": "true", "silent": "false"} for pattern, _ in SOURCES}
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None}
# Dates and names, as Babel writes them, would change a file in which nothing changed.
HEADER = (
    'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"Plural-Forms: {plurals}\\n"\n'
    '"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    '"Content-Transfer-Encoding: 8bit\\n"\n\n'
)


def sentences() -> Catalog:
    """All that is to be translated, as it stands in code and templates."""
    found = Catalog()
    for name in ("moderation", "templates"):
        for _file, _line, message, _comments, context in extract_from_dir(
            ROOT / name,
            [(p.removeprefix(f"{name}/"), m) for p, m in SOURCES if p.startswith(f"{name}/")],
            {p.removeprefix(f"{name}/"): o for p, o in OPTIONS.items()},
            keywords=KEYWORDS,
        ):
            found.add(message, context=context)
    return found


def path_of(language: str, ending: str = "po") -> Path:
    """Where the catalogue of a language lies."""
    return CATALOGUES / language / "LC_MESSAGES" / f"messages.{ending}"


def read_catalogue(language: str) -> Catalog:
    """The sentences of a language as they are translated."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def write_catalogue(language: str, catalogue: Catalog) -> None:
    """Write both files of a language."""
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(HEADER.format(language=language, plurals=catalogue.plural_forms).encode())
        write_po(file, catalogue, width=0, omit_header=True)
    with path_of(language, "mo").open("wb") as file:
        write_mo(file, catalogue)


def main() -> None:
    """Update all languages, and say what is missing."""
    template = sentences()
    for language in LANGUAGES:
        if language == FALLBACK:
            continue
        catalogue = read_catalogue(language)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        write_catalogue(language, catalogue)
        empty = [message for message in catalogue if message.id and not is_translated(message)]
        print(f"{language}: {len(catalogue)} sentences, {len(empty)} to translate")


def is_translated(message: Message) -> bool:
    """Whether every form of a sentence is there."""
    forms = [message.string] if isinstance(message.string, str) else message.string or [""]
    return all(forms)


if __name__ == "__main__":
    main()
