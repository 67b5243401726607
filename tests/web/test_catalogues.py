"""Every sentence that readers see stands in every catalogue, and nothing else is on their pages."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import read_mo
from jinja2 import Environment

from config import ROOT
from moderation.languages import FALLBACK, LANGUAGES
from moderation.translations.__main__ import is_translated, path_of, read_catalogue, sentences

TRANSLATED = [language for language in LANGUAGES if language != FALLBACK]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
TAG = re.compile(r"<[^>]*>")
TEMPLATES = ROOT / "templates"
# The demo article is a page of an English newspaper.
PAGES = [
    path
    for path in (*TEMPLATES.glob("readers/*.html"), *TEMPLATES.glob("*.html"))
    if path.name != "demo.html"
]
READ_ALOUD = ("aria-label", "alt", "title", "placeholder", "value")
# What is to be translated, and the block that names the class of a page.
HIDING = {"trans": True, "endtrans": False, "kind": True, "endblock": False}
# Jinja's tokens that begin and end what stands between them.
NESTED = {"variable_begin": 1, "block_begin": 1, "variable_end": -1, "block_end": -1}


def ids(messages: object) -> set[object]:
    return {message.id for message in messages if message.id}  # type: ignore[attr-defined]


def first(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_the_sentences_of_the_code_and_no_others(language: str) -> None:
    assert ids(read_catalogue(language)) == ids(sentences()), "run `make translations`"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated(language: str) -> None:
    catalogue = read_catalogue(language)

    assert [m.id for m in catalogue if m.id and (m.fuzzy or not is_translated(m))] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_keeps_placeholders_and_tags(language: str) -> None:
    broken = [
        (first(message), form)
        for message in read_catalogue(language)
        if message.id
        for form in forms(message)
        if not keeps(message, form)
    ]

    assert broken == []


def keeps(message: Message, form: str) -> bool:
    """Whether the form has the placeholders and tags of the sentence; "one" may do without both."""
    wanted, found = (set(PLACEHOLDER.findall(text)) for text in (first(message), form))
    may_lack = {"%(num)s", "%(number)s"} if message.pluralizable else set()
    has_all = found <= wanted and wanted - found <= may_lack
    return has_all and sorted(TAG.findall(first(message))) == sorted(TAG.findall(form))


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_the_program_reads_is_what_stands_in_the_text_file(language: str) -> None:
    with path_of(language, "mo").open("rb") as file:
        compiled = read_mo(file)

    read = {first(message): forms(message) for message in compiled if message.id}
    assert read == {first(m): forms(m) for m in read_catalogue(language) if m.id}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_holds_no_words_of_its_own(path: Path) -> None:
    assert words_outside(path.read_text()) == []


def test_words_outside_of_the_catalogues_are_found() -> None:
    source = """<p title="Hint">{{ name }} wrote{% trans %}Inside{% endtrans %}{# remark #}
      <b lang="en">{{ _("Inside") }} 1 {% if x %}only {% endif %}</b></p>"""

    assert words_outside(source) == ["Hint", "wrote", "1 only"]


def words_outside(source: str) -> list[str]:
    """What a template would show that no catalogue has: words between tags, and in attributes."""
    found = _Words()
    found.feed(_without_jinja(source))
    found.close()
    return found.words


def _without_jinja(source: str) -> str:
    """The template's own text: expressions, tags of Jinja and what is to be translated left out."""
    kept, depth, is_hidden = "", 0, False
    for _line, kind, text in Environment(autoescape=True).lex(source):
        depth += NESTED.get(kind, 0)
        if kind == "name" and depth and text in HIDING:
            is_hidden = HIDING[text]
        if kind == "data" and not is_hidden:
            kept += text
    return kept


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            is_button = name != "value" or tag == "input"
            if name in READ_ALOUD and is_button:
                self.handle_data(value or "")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem is None and re.search(r"[^\W\d_]", data):  # styles are no words
            self.words.append(" ".join(data.split()))
