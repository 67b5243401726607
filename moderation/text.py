"""What a person typed, made safe to store, to compare and to show. Imports nothing of ours."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from linkify_it import LinkifyIt

# Control characters (tab and line breaks stay), bidi embeddings, overrides and isolates (they
# reorder what surrounds them, see Unicode UAX #9), and what UTF-8 or XML 1.0 cannot carry: lone
# surrogates, U+FFFE, U+FFFF. Zero-width joiners stay: Persian and emoji need them.
_UNSAFE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_LINE_BREAK = re.compile(r"\r\n|[\r\v\f\x85\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n){3,}")  # more than two in a row
_PARAGRAPH_BREAK = re.compile(r"\n(?:[^\S\n]*\n)+")

# Unicode's Default_Ignorable_Code_Point (UAX #44, DerivedCoreProperties.txt): seen by nobody.
INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)

# No address holds white space, so each run without it is searched alone. In one long run of
# unclosed brackets the search takes time with the square of its length; nobody types an address
# longer than this.
_RUN = re.compile(r"\S+")
_RUN_MAX = 2048


class Piece(NamedTuple):
    """A part of a line: plain text, or a link where `href` is an http or https address."""

    text: str
    href: str | None = None
    marked: bool = False


Line = list[Piece]
Paragraph = list[Line]


def clean(text: str) -> str:
    """What a reader typed as we store it; any string will do, and twice is the same as once.

    NFC with LF line breaks and no unsafe characters, trimmed, never more than two blank lines in
    a row (three become one). Empty where nothing in it can be seen.
    """
    text = unicodedata.normalize("NFC", _UNSAFE.sub("", text))
    text = _BLANK_LINES.sub("\n\n", _LINE_BREAK.sub("\n", text)).strip()
    return text if fold(text) else ""


def clean_line(text: str) -> str:
    """Like `clean`, for names and titles: all white space folded to single spaces."""
    return " ".join(clean(text).split())


def fold(text: str) -> str:
    """The form in which texts are compared: two that look alike to a search are equal in it.

    Unicode's compatibility caseless form (The Unicode Standard, section 3.13, D146) without
    invisible characters, white space folded to single spaces. Diacritics stay. May be longer
    than the text.
    """
    text = unicodedata.normalize("NFD", INVISIBLE.sub("", text))
    for _ in range(2):  # a compatibility form may have a case of its own
        text = unicodedata.normalize("NFKC", text.casefold())
    return " ".join(text.split())


def links(text: str) -> list[str]:
    """The addresses that `paragraphs` would link, in order, repeated ones too."""
    return [_href(match) for match in _matches(text)]


def paragraphs(text: str, spans: Sequence[Sequence[int]] = ()) -> list[Paragraph]:
    """The text as paragraphs of lines of pieces, for a template that escapes each piece.

    Nothing typed is markup; only `http://`, `https://` and `www.` addresses become links.
    What stands in `spans`, pairs of offsets in `text`, is marked; a link is marked whole.
    """
    return [
        [_marked(_pieces(text[start:end]), start, spans) for start, end in _lines(text, *part)]
        for part in _parts(text)
    ]


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """Where the paragraphs stand."""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    for gap in _PARAGRAPH_BREAK.finditer(text, start, end):
        yield start, gap.start()
        start = gap.end()
    if start < end:
        yield start, end


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for line in text[start:end].split("\n"):
        yield start, start + len(line)
        start += len(line) + 1


def _marked(line: Line, start: int, spans: Sequence[Sequence[int]]) -> Line:
    """The pieces of a line that starts at `start`, plain ones cut where a mark begins or ends."""
    cut: Line = []
    for piece in line:
        end = start + len(piece.text)
        near = [(first, last) for first, last in spans if first < end and last > start]
        if piece.href:
            cut.append(piece._replace(marked=bool(near)))
        else:
            cut += _cut(piece.text, [(first - start, last - start) for first, last in near])
        start = end
    return cut


def _cut(text: str, spans: Sequence[tuple[int, int]]) -> Line:
    inner = {edge for span in spans for edge in span if 0 < edge < len(text)}
    return [
        Piece(text[start:end], marked=any(a <= start and end <= b for a, b in spans))
        for start, end in pairwise(sorted({0, len(text), *inner}))
    ]


def _pieces(line: str) -> Line:
    pieces, end = [], 0
    for match in _matches(line):
        pieces += [Piece(line[end : match.index]), Piece(match.raw, _href(match))]
        end = match.last_index
    pieces.append(Piece(line[end:]))
    return [piece for piece in pieces if piece.text]


def _matches(text: str) -> Iterator[Any]:
    """The library's matches, with positions in `text`."""
    for run in _RUN.finditer(text):
        if len(run.group()) > _RUN_MAX:
            continue
        for match in _LINKIFY.match(run.group()) or ():
            match.index += run.start()
            match.last_index += run.start()
            yield match


def _href(match: Any) -> str:
    return f"http://{match.raw}" if match.schema == "www." else str(match.raw)


def _address_after_www(linkify: Any, text: str, position: int) -> int:
    """Length of the address that starts at `position`, 0 for none, as `http://` would have it."""
    length = int(linkify.test_schema_at(f"//{text[position:]}", "http:", 0))
    return max(length - len("//"), 0)


# Bare domains ("end.Next") and emails are no links: too many are none. Extended Autolinks of
# GitHub Flavored Markdown (section 6.9) link `www.` to http:// likewise.
_LINKIFY = LinkifyIt(
    schemas={"ftp:": None, "//": None, "mailto:": None, "www.": {"validate": _address_after_www}},
    options={"fuzzy_link": False},
)
