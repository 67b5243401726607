"""Finds a site's listed words in a text. Step `decide`, pure."""

import re
import unicodedata
from functools import lru_cache

import ahocorasick

from moderation.text import fold

# Thai, Lao, Burmese, Khmer, Japanese and Chinese write without spaces: any place between two
# characters may end a word (Unicode UAX #29 leaves these to dictionaries).
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
)


def find_words(text: str, words: tuple[str, ...]) -> list[str]:
    """The entries of `words` that stand in the text as whole words, as listed, in text order.

    Both are compared folded; an entry may be several words, and each is named once. Blank entries
    match nothing.
    """
    automaton = _build(words)
    if not len(automaton):
        return []
    folded = fold(text)
    found = {
        entry: None  # a dict keeps the order, a set does not
        for last, (entry, length) in automaton.iter(folded)
        if not _is_inside_word(folded, last + 1 - length) and not _is_inside_word(folded, last + 1)
    }
    return list(found)


@lru_cache(maxsize=96)  # three lists a site; 5,000 terms take about 1 MB
def _build(words: tuple[str, ...]) -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    for entry in words:
        folded = fold(entry)
        if folded not in automaton:  # the empty one is never added
            automaton.add_word(folded, (entry, len(folded)))
    automaton.make_automaton()
    return automaton


def _is_inside_word(text: str, position: int) -> bool:
    """Whether the characters on both sides of `position` belong to one word."""
    around = text[max(position - 1, 0) : position + 1]
    return len(around) == 2 and all(map(_is_of_word, around)) and not _UNSPACED.search(around)


def _is_of_word(character: str) -> bool:
    """Letters, digits and the marks on them; an underscore is none: it is typed for emphasis."""
    return character.isalnum() or unicodedata.category(character).startswith("M")
