"""Characters that stand for a plain letter: invisible ones let go, fancy and foreign ones folded.

Writing in other scripts stays as it is: a look-alike is folded only beside Latin letters in its
word, or where the word then is one we know.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from moderation.scoring.reading.edits import Edit
from moderation.scoring.reading.vocabulary import is_known, is_listed
from moderation.text import INVISIBLE

# Look-alikes that Unicode's table leaves out: lower-case forms, people's habits.
_ALSO = {
    "в": "b", "ь": "b", "ß": "b", "є": "e", "н": "h", "к": "k", "κ": "k", "м": "m", "и": "n",
    "п": "n", "η": "n", "я": "r", "т": "t", "τ": "t", "ц": "u", "υ": "u", "µ": "u", "μ": "u",
    "ш": "w", "ω": "w", "χ": "x", "ж": "x", "γ": "y", "ч": "y", "ε": "e", "ѵ": "v", "ν": "v",
    "ι": "i", "ɪ": "i", "λ": "a", "д": "a", "ƒ": "f", "ø": "o", "ð": "d", "þ": "p", "ł": "l",
    "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "ς": "s", "σ": "o", "θ": "o", "φ": "o", "ф": "o",
    "б": "b", "β": "b", "з": "e", "ё": "e", "э": "e", "г": "r", "й": "n", "ұ": "y", "ү": "y",
}  # fmt: skip

# Marks drawn over or far around a letter, which no spelling uses.
_OVERLAY = "\u0334-\u0338\u0489\u20d0-\u20f0"
_MARK = f"\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\ufe20-\ufe2f{_OVERLAY}"
_MARKED = re.compile(f"[A-Za-z\u00c0-\u024f\u1e00-\u1eff][{_MARK}]+")
_OVERLAID = re.compile(f"[{_OVERLAY}]")
# Compatibility letters of Latin: full width, mathematical, enclosed; in runs, also with gaps.
_DRESSED = (
    "\u1d2c-\u1d6a\u1d9b-\u1dbf\u2071\u207f\u2090-\u209c\u2102-\u2149\u249c-\u24e9"
    "\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff\U0001f110-\U0001f189"
)
_FANCY = re.compile(f"[{_DRESSED}]+(?:[ ._-][{_DRESSED}]+)*")
_ENCLOSED_NAME = re.compile(r"(?:CIRCLED|PARENTHESIZED|SQUARED|SYMBOL) .*LETTER ([A-Z])$")
# Two of these make a flag.
_FLAG_HALF = "\U0001f1e6-\U0001f1ff"
_FLAGS = re.compile(f"[{_FLAG_HALF}]+(?:[ ._-][{_FLAG_HALF}]+)*")
_GAP = re.compile("[ ._-]")
_LETTERS = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[A-Za-z]")
_FOREIGN = re.compile(r"[^\W\d_\x00-\x7f]")
_UNSEEN = re.compile(rf"(?<=[!-~{_DRESSED}])(?:{INVISIBLE.pattern})+(?=[!-~{_DRESSED}])")


def drop_unseen(text: str) -> Iterator[Edit]:
    """Invisible characters between two that are plain ASCII or dressed letters."""
    for found in _UNSEEN.finditer(text):
        yield Edit(*found.span(), "")


def drop_marks(text: str) -> Iterator[Edit]:
    """Marks piled on a letter or drawn over it; those that spell a letter of a language stay."""
    for found in _MARKED.finditer(text):
        composed = unicodedata.normalize("NFC", found.group())
        if len(composed) > 2 or _OVERLAID.search(found.group()):
            yield Edit(found.start() + 1, found.end(), "")


def fold_fancy(text: str) -> Iterator[Edit]:
    """Letters in another dress as letters; an enclosed one alone, a sign, stays."""
    for found in _FANCY.finditer(text):
        plain = "".join(map(_undress, found.group()))
        alone = len(plain) < 2 and not _has_letter_beside(text, *found.span())
        if plain != found.group() and not alone:
            yield Edit(*found.span(), plain)


def fold_flags(text: str) -> Iterator[Edit]:
    """Letters made of flags' halves, where they are no flags or spell an insult."""
    for found in _FLAGS.finditer(text):
        plain = "".join(map(_undress, found.group()))
        parts = _GAP.split(plain)
        if any(len(part) % 2 for part in parts) or is_listed("".join(parts).lower()):
            yield Edit(*found.span(), plain)


def fold_look_alikes(text: str) -> Iterator[Edit]:
    """Words with letters of other scripts that look Latin, where that makes them Latin."""
    for found in _LETTERS.finditer(text):
        word = found.group()
        if word.isascii() or _is_notation(text, found.start()):
            continue
        plain = "".join(map(look_alike, word))
        if plain != word and plain.isascii() and _is_meant(word, plain, text):
            yield Edit(*found.span(), plain)


def _is_meant(word: str, plain: str, text: str) -> bool:
    """Whether a Latin word is meant: scripts are mixed in it, or it is a word among Latin ones."""
    strange = [letter for letter in word if not _is_latin(letter)]
    if _LATIN.search(word):
        return is_listed(plain.lower()) or (len(word) > 2 and bool(strange))
    return len(word) > 2 and is_known(plain.lower()) and _is_mostly_latin(text)


def _is_mostly_latin(text: str) -> bool:
    return len(_LATIN.findall(text)) >= len(_FOREIGN.findall(text))


@cache
def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")


def _is_notation(text: str, start: int) -> bool:
    """Whether the word follows a slash or bracket, as phonetic writing does."""
    return start > 0 and text[start - 1] in "/[ˈˌ"


def _has_letter_beside(text: str, start: int, end: int) -> bool:
    return text[max(start - 1, 0) : start].isalpha() or text[end : end + 1].isalpha()


@cache
def _undress(character: str) -> str:
    enclosed = _ENCLOSED_NAME.search(unicodedata.name(character, ""))
    if enclosed:
        return enclosed[1].lower() if "SMALL" in enclosed[0] else enclosed[1]
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 and plain.isascii() and plain.isalnum() else character


@cache
def look_alike(letter: str) -> str:
    """The ASCII letter that this one looks like, else itself."""
    if letter.isascii():
        return letter
    table = _look_alikes()
    bare = unicodedata.normalize("NFD", letter)[0]
    lower = bare.lower()
    for form in (letter, letter.lower(), bare, lower):
        if form.isascii() or form in table:
            return table.get(form, form)
    return letter


@cache
def _look_alikes() -> dict[str, str]:
    """Letter → the ASCII letter it looks like, by Unicode's table (UTS #39, confusables.txt)."""
    page = files("confusable_homoglyphs").joinpath("confusables.json").read_text("utf-8")
    pairs = json.loads(page)
    ascii_letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    table = {
        other["c"]: letter
        for letter in reversed(ascii_letters)
        for other in pairs.get(letter, ())
        if len(other["c"]) == 1 and other["c"].isalpha() and not other["c"].isascii()
    }
    # Unicode writes all that looks like a bar as l, capital iota too.
    bars = {letter: "I" for letter, plain in table.items() if plain == "l" and letter.isupper()}
    return table | bars | _ALSO
