"""What word a disguised one stands for: leet, masks, breaks, stretched letters, misspelling."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice, product

from moderation.scoring.reading.vocabulary import (
    insults_like,
    is_known,
    is_listed,
    is_often_starred,
    is_ordinary,
    rank,
    repair,
    spelling,
)

# What digits and signs stand for, the likeliest first.
_LEET = {
    "0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "6": "gb", "7": "t", "8": "b", "9": "g",
    "@": "a", "$": "s", "!": "il", "|": "il", "+": "t", "(": "c", "<": "c", "€": "e", "¢": "c",
    "©": "c", "®": "r", "£": "l", "¡": "i", "ß": "b",
}  # fmt: skip
_PLAINEST = str.maketrans({sign: letters[0] for sign, letters in _LEET.items()})
_LONGEST = 30
_MOST_READINGS = 16
# Of all readings with their stretches let go: a hostile word has hundreds.
_MOST_FORMS = 32
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_STRETCH = re.compile(r"(.)\1{2,}")
_BREAK = re.compile(r"[^\w@$!|+(<€¢©®£¡]|_")
_INNER_BREAK = re.compile(r"(?<=[^\W_])[.*_\-]+(?=[^\W_])")
_MASK = re.compile(r"(?<!^)@|[*#$%&^~_•?!+=]|(?<=[.-])[.-]|[.-](?=[.-])")
_STAR = re.compile(r"[*#%&^]")
_ENDS_IN_DIGITS = re.compile(r"[a-z]+\d+|\d\d+[a-z]+|\d[a-z]{1,3}")


def reveal(word: str) -> str | None:
    """The known word that a lower-case one without outer punctuation disguises, or None.

    Known words, numbers and codes disguise nothing. What is found is an insult, or an English
    word where only signs, digits or stretched letters hid it.
    """
    if not 3 <= len(word) <= _LONGEST or is_known(word):
        return None
    if word.isalpha():
        return _reveal_letters(word)
    return spelling(word) or (_reveal_signs(word) if _may_be_word(word) else None)


def spell_out(word: str) -> str | None:
    """A lower-case word with its signs, breaks and stretches taken away, known or not.

    For lists of words that no dictionary holds. None where nothing was taken away.
    """
    if not (3 <= len(word) <= _LONGEST and _may_be_word(word)):
        return None
    spelt = _STRETCH.sub(r"\1", plainest(_INNER_BREAK.sub("", word)))
    return spelt if spelt != word and spelt.isalpha() else None


def plainest(text: str) -> str:
    """Digits and signs as the letters they stand for most often; as long as the text."""
    return text.translate(_PLAINEST)


def _reveal_letters(word: str) -> str | None:
    bare = word if word.isascii() else _without_marks(word)
    if bare != word:
        return bare if is_listed(bare) else None
    if not _STRETCH.search(word):
        return repair(word)
    return _best(_shrunk(word)) or repair(word) or repair(_STRETCH.sub(r"\1", word))


def _without_marks(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


def _shrunk(word: str) -> Iterator[str]:
    """The word with each stretch of three and more letters as one letter, or as two."""
    runs = list(_STRETCH.finditer(word))
    for counts in islice(product((1, 2), repeat=len(runs)), _MOST_READINGS if runs else 0):
        parts: list[str] = []
        done = 0
        for run, count in zip(runs, counts, strict=True):
            parts += (word[done : run.start()], run[1] * count)
            done = run.end()
        yield "".join((*parts, word[done:]))


def _best(words: Iterator[str]) -> str | None:
    """The most frequent of those that are known."""
    ranked = [(place, word) for word in words if (place := rank(word)) is not None]
    return min(ranked)[1] if ranked else None


def _may_be_word(word: str) -> bool:
    """Whether there are letters enough: two, or one beside a sign that no number holds."""
    letters = sum(map(str.isalpha, word))
    return letters > 1 or (letters == 1 and ("$" in word or "@" in word))


def _reveal_signs(word: str) -> str | None:
    joined = "" if _is_compound(word) else _BREAK.sub("", word)
    readings = [reading for reading in _readings(joined) if len(reading) > 2]
    listed = next(filter(is_listed, readings), None)
    if listed and joined == word:
        return listed
    found = listed or _reveal_any(word, readings) or _unmask(word)
    return None if found and is_listed(found) and _may_be_ordinary(word, found) else found


def _is_compound(word: str) -> bool:
    """Whether known words are joined by hyphens and the like: nothing is hidden."""
    parts = _BREAK.split(word)
    return len(parts) > 1 and all(len(part) > 1 and is_known(part) for part in parts)


def _readings(word: str) -> Iterator[str]:
    """The word with its signs and digits as letters, where all of them can be."""
    choices = (_LEET.get(character, character) for character in word)
    readings = islice(map("".join, product(*choices)), _MOST_READINGS)
    return (reading for reading in readings if reading.isalpha())


def _reveal_any(word: str, readings: list[str]) -> str | None:
    """An English word or a misspelt insult, where only leet letters, stars or symbols hide it."""
    plain_sight = word[0] == "@" or any(mark in word for mark in ".-'/:,;_")
    if plain_sight or _ENDS_IN_DIGITS.fullmatch(word):
        return None
    forms = (form for reading in readings for form in (reading, *_shrunk(reading)))
    shrunk = list(islice(forms, _MOST_FORMS))
    found = _best(iter(shrunk))
    return found or next(filter(None, map(repair, shrunk)), None)


def _unmask(word: str) -> str | None:
    """The word that fits where each mask hides a letter."""
    pattern, masks = _MASK.subn("?", word)
    letters = pattern.replace("?", "")
    if not masks or not letters.isalpha() or len(letters) < 2 or len(pattern) < 3:
        return None
    return next((insult for insult in insults_like(pattern) if _fits(pattern, insult)), None)


def _may_be_ordinary(word: str, insult: str) -> bool:
    """Whether an ordinary word fits the single mask, and people would not star out the insult."""
    pattern, masks = _MASK.subn("?", word)
    if masks != 1 or (_STAR.search(word) and is_often_starred(insult)):
        return False
    return any(is_ordinary(pattern.replace("?", letter)) for letter in _ALPHABET)


def _fits(pattern: str, word: str) -> bool:
    return all(mask in ("?", letter) for mask, letter in zip(pattern, word, strict=True))
