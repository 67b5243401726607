"""The words a disguised word may stand for, and how a misspelt insult is known."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
# Below this length one letter's difference makes too many other words.
_SHORTEST_REPAIRED = 5
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
# The line of insults.txt down to which words are starred out.
_LAST_STARRED = "faggots"
_TWICE = re.compile(r"(.)\1+")
_SOUNDS = (
    ("ph", "f"), ("ck", "k"), ("c", "k"), ("q", "k"), ("z", "s"), ("v", "u"), ("y", "i"),
    ("oo", "u"), ("ee", "i"), ("w", "u"),
)  # fmt: skip


def warm_up() -> None:
    """Load the tables now rather than at the first text."""
    rank("")
    repair("")


def is_listed(word: str) -> bool:
    """Whether the lower-case word is one of the insults."""
    return word in _insults()


def is_part(word: str) -> bool:
    """Whether the lower-case word stands somewhere in one of the insults."""
    return word in _parts()


def is_start(word: str) -> bool:
    """Whether one of the insults starts with the lower-case word."""
    return word in _beginnings()


def is_known(word: str) -> bool:
    """Whether the lower-case word is an insult, an English word or a name that resembles one."""
    return word in _known()


def known_words() -> Mapping[str, int]:
    """All of them, each with its rank."""
    return _known()


def is_ordinary(word: str) -> bool:
    """Whether the lower-case word is a frequent English word and no insult."""
    return word in _ordinary()


def is_often_starred(insult: str) -> bool:
    """Whether it is one of those that people write with a star in place of a letter."""
    return _insults()[insult] <= _insults()[_LAST_STARRED]


def rank(word: str) -> int | None:
    """The known word's place by frequency, insults before all others; None where unknown."""
    return _known().get(word)


def repair(word: str) -> str | None:
    """The insult that an unknown lower-case word of letters is a spelling of, or None.

    A spelling known by itself, one that sounds the same, or one letter missing, added, changed or
    swapped with its neighbour; the first letter is the same. Never for a word that is known, nor
    where it may as well be a slip in an ordinary word.
    """
    if word in _known() or not 3 <= len(word) <= 20:
        return None
    guess = spelling(word)
    if guess is None and (guess := _by_sound(word) or _by_one_letter(word)):
        return None if any(map(is_ordinary, _one_apart(word))) else guess
    return guess


def spelling(word: str) -> str | None:
    """The insult of which this is a usual spelling ("phuck", "f***"), or None."""
    return _spellings().get(word)


def insults_like(word: str) -> list[str]:
    """The insults of the word's length that begin like it; all of that length if it begins
    with no letter."""
    table = _by_length()
    return table.get((len(word), word[0] if word[0].isalpha() else ""), [])


def _by_sound(word: str) -> str | None:
    return _sounds().get(_sound(word)) if len(word) > 3 else None


def _by_one_letter(word: str) -> str | None:
    if len(word) < _SHORTEST_REPAIRED - 1:
        return None
    table = _shortened()
    for shorter in _without_one(word):
        for insult in table.get(shorter, ()):
            if insult[0] == word[0] and _is_one_apart(word, insult):
                return insult
    return None


def _is_one_apart(one: str, other: str) -> bool:
    """Whether one letter is missing, added, changed, or two neighbours are swapped."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    pairs = enumerate(zip(longer, shorter, strict=False))
    start = next((i for i, (a, b) in pairs if a != b), len(shorter))
    rest = longer[start + 1 :]
    if len(longer) != len(shorter):
        return rest == shorter[start:]
    swapped = rest[:1] + longer[start : start + 1] + rest[1:]
    return rest == shorter[start + 1 :] or swapped == shorter[start:]


def _one_apart(word: str) -> Iterator[str]:
    """Every string that is one letter from the word and begins like it."""
    for i in range(1, len(word) + 1):
        head, tail = word[:i], word[i:]
        yield head + tail[1:]
        yield head + tail[1:2] + tail[:1] + tail[2:]
        for letter in _ALPHABET:
            yield head + letter + tail
            yield head + letter + tail[1:]


def _without_one(word: str) -> Iterator[str]:
    """The word itself and each word that lacks one of its letters but the first."""
    yield word
    for i in range(1, len(word)):
        yield word[:i] + word[i + 1 :]


def _sound(word: str) -> str:
    for written, spoken in _SOUNDS:
        if written in word:
            word = word.replace(written, spoken)
    return _TWICE.sub(r"\1", word)


def _lines(name: str) -> Iterator[list[str]]:
    for line in (_HERE / name).read_text("utf-8").splitlines():
        if not line.startswith("#"):
            yield line.split()


@cache
def _insults() -> Mapping[str, int]:
    words = [line[0] for line in _lines("insults.txt")]
    plurals = [word + "s" for word in words if not word.endswith(("s", "y", "sh", "ing", "ed"))]
    return {word: place for place, word in enumerate(dict.fromkeys(words + plurals))}


@cache
def _known() -> Mapping[str, int]:
    """Word → rank. A name that merely looks like an insult ranks last."""
    innocent = (word for line in _lines("innocent_words.txt") for word in line)
    words = (*_insults(), *_frequent(), *innocent)
    return {word: place for place, word in enumerate(dict.fromkeys(words))}


@cache
def _ordinary() -> frozenset[str]:
    return frozenset(_frequent()) - _insults().keys()


def _frequent() -> list[str]:
    return ["a", "i", *(word for line in _lines("vocabulary.txt") for word in line)]


@cache
def _parts() -> frozenset[str]:
    words = _insults()
    ends = ((word, i, j) for word in words for j in range(len(word) + 1) for i in range(j))
    return frozenset(word[i:j] for word, i, j in ends)


@cache
def _beginnings() -> frozenset[str]:
    return frozenset(word[:end] for word in _insults() for end in range(1, len(word) + 1))


@cache
def _spellings() -> Mapping[str, str]:
    return {spelling: line[0] for line in _lines("insults.txt") for spelling in line[1:]}


@cache
def _sounds() -> Mapping[str, str]:
    table: dict[str, str] = {}
    for word in _insults():
        if len(_sound(word)) > 2:
            table.setdefault(_sound(word), word)
    return table


@cache
def _shortened() -> Mapping[str, tuple[str, ...]]:
    """Each long insult by itself and by what remains of it without one letter."""
    table: dict[str, tuple[str, ...]] = {}
    for word in _insults():
        if len(word) >= _SHORTEST_REPAIRED:
            for shorter in _without_one(word):
                table[shorter] = (*table.get(shorter, ()), word)
    return table


@cache
def _by_length() -> Mapping[tuple[int, str], list[str]]:
    table: dict[tuple[int, str], list[str]] = {}
    for word in _insults():
        table.setdefault((len(word), word[0]), []).append(word)
        table.setdefault((len(word), ""), []).append(word)
    return table
