"""Writing words the way people do to slip past a filter: leet, spacing, look-alikes."""

import random
import re
from collections.abc import Callable

_WORD = re.compile(r"[A-Za-z]{3,}")
_LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7+", "l": "1", "g": "9"}
_LOOK_ALIKE = {
    "a": "аα", "c": "сϲ", "e": "её", "i": "іí", "o": "оο", "p": "рρ", "x": "хχ", "y": "уý",
    "u": "υü", "n": "ñո", "s": "ѕş", "k": "кκ", "t": "тτ", "h": "һ", "b": "ьß",
}  # fmt: skip


def perturb(text: str, chance: random.Random) -> str:
    """The text with some of its words disguised, each word in one way."""
    part = chance.choice((0.25, 0.5, 1.0))
    how = chance.choice(_DISGUISES)
    return _WORD.sub(
        lambda found: how(found.group(), chance) if chance.random() < part else found.group(),
        text,
    )


def _swap_letters(table: dict[str, str]) -> Callable[[str, random.Random], str]:
    def swap(word: str, chance: random.Random) -> str:
        return "".join(
            chance.choice(table[letter.lower()])
            if letter.lower() in table and chance.random() < 0.6
            else letter
            for letter in word
        )

    return swap


def _space_out(word: str, chance: random.Random) -> str:
    return chance.choice(" .-_*").join(word)


def _break_up(word: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(word))
    return word[:place] + chance.choice(" .-*'") + word[place:]


def _stretch(word: str, chance: random.Random) -> str:
    place = chance.randrange(len(word))
    return word[:place] + word[place] * chance.randint(3, 7) + word[place + 1 :]


def _mask(word: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(word))
    return word[:place] + chance.choice("*#_@") + word[place + 1 :]


def _misspell(word: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(word))
    if chance.random() < 0.5:
        return word[:place] + word[place + 1 :]
    return word[:place] + word[place:][1:2] + word[place] + word[place + 2 :]


def _double(word: str, chance: random.Random) -> str:
    place = chance.randrange(len(word))
    return word[:place] + word[place] + word[place:]


_DISGUISES: tuple[Callable[[str, random.Random], str], ...] = (
    _swap_letters(_LEET),
    _swap_letters(_LEET),
    _swap_letters(_LOOK_ALIKE),
    _space_out,
    _break_up,
    _stretch,
    _mask,
    _misspell,
    _double,
)
