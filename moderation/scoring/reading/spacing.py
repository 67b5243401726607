"""Words written with gaps: letters one by one ("i d i o t", "f.u.c.k"), or torn in two."""

import math
import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, pairwise

import ahocorasick

from moderation.scoring.reading.characters import look_alike
from moderation.scoring.reading.disguises import plainest
from moderation.scoring.reading.edits import Edit
from moderation.scoring.reading.tokens import Token, Tokens
from moderation.scoring.reading.vocabulary import is_listed, is_part, is_start, known_words

_LETTER = r"[^\W_]|[@$!]"
_GAP = r"[^\S\n]{1,3}|\n|[.\-_*,'’~|/+•·]{1,2}[ ]?"
# The same gap after each letter: a wider one parts words.
_RUN = re.compile(
    rf"(?<![\w@$!/?=&.])(?:{_LETTER})(?P<gap>{_GAP})(?:{_LETTER})(?:(?P=gap)(?:{_LETTER}))+(?![^\W_])"
)
_LATIN = re.compile("[A-Za-z]")
_INITIALS = re.compile(r"[A-Z](?:\. ?[A-Z]){2,4}")
_LONGEST_WORD = 15
_MOST_PIECES = 4
# In bits, as if a letter by itself were rarer than any word.
_COST_OF_LETTER = 25.0
_COST_OF_WORD = 4.0


def join_letters(text: str) -> Iterator[Edit]:
    """Runs of single letters as the words they spell; lists, initials and numbers stay."""
    for run in _RUN.finditer(text):
        letters = _letters_of(run)
        words = _split(plainest(letters.lower()))
        if _is_meant(run, words, letters):
            yield from _close_gaps(run, words)


def _close_gaps(run: re.Match[str], words: list[str]) -> Iterator[Edit]:
    """The edits that leave single spaces between the words and nothing inside them."""
    step = 1 + len(run["gap"])
    ends = set(accumulate(map(len, words)))
    for index, letter in enumerate("".join(words)):
        place = run.start() + index * step
        if run.string[place].lower() != letter:
            yield Edit(place, place + 1, letter)
        gap = run.string[place + 1 : min(place + step, run.end())]
        if gap and gap != (kept := " " if index + 1 in ends else ""):
            yield Edit(place + 1, place + step, kept)


def _letters_of(run: re.Match[str]) -> str:
    """The letters without the gaps; look-alikes as Latin letters if one of them is Latin."""
    letters = run.group()[:: 1 + len(run["gap"])]
    return "".join(map(look_alike, letters)) if _LATIN.search(letters) else letters


def lone_letters(text: str) -> Iterator[str]:
    """What each run of single letters spells when joined, in lower case, a word or not."""
    for run in _RUN.finditer(text):
        yield plainest(_letters_of(run).lower())


def join_pieces(tokens: Tokens) -> Iterator[Edit]:
    """Insults torn in pieces of which not all are words ("fu ck", "mor on")."""
    done = 0
    for index in tokens.strange:
        for first in _starts(tokens, index, done):
            if pieces := _pieces_of_insult(tokens, first, index):
                yield from (Edit(a.end, b.start, "") for a, b in pairwise(pieces))
                done = first + len(pieces)
                break


def _starts(tokens: Tokens, index: int, done: int) -> range:
    """Where an insult that the strange token is a piece of may start."""
    first = index
    if not is_part(tokens[index].word):
        return range(0)
    while first > max(index - _MOST_PIECES + 1, done) and is_part(tokens[first - 1].word):
        first -= 1
    return range(first, index + 1)


def _pieces_of_insult(tokens: Tokens, first: int, through: int) -> list[Token]:
    """The tokens from `first` to beyond `through` that make an insult, none if they do not."""
    pieces = [tokens[first]]
    joined = tokens[first].word
    if not is_start(joined):
        return []
    for index in range(first + 1, min(first + _MOST_PIECES, len(tokens))):
        pieces.append(tokens[index])
        joined += tokens[index].word
        gap = tokens.text[pieces[-2].end : pieces[-1].start]
        one_space = len(gap) == 1 and gap.isspace()
        if not (one_space and pieces[-1].word and is_start(joined)):
            break
        whole = index >= through and len(joined) > 3 and is_listed(joined)
        if whole and not _is_label(tokens.text, pieces):
            return pieces
    return []


def _is_label(text: str, pieces: Sequence[Token]) -> bool:
    """Whether a capital by itself stands beside a word: "vitamin C rap"."""
    known = any(piece.is_known for piece in pieces)
    return known and any(text[p.start : p.end].isupper() and len(p.word) == 1 for p in pieces)


def _is_meant(run: re.Match[str], words: list[str], letters: str) -> bool:
    """Whether the letters were words before: one word if signs part them, words if spaces do."""
    longer = [word for word in words if len(word) > 2]
    if len(words) > 1 and run["gap"].strip():
        return False
    if sum(map(len, longer)) < 0.6 * len(letters):
        return False
    if any(map(is_listed, longer)):
        return True
    enough = sum(map(str.isalpha, letters)) >= 0.6 * len(letters) and max(map(len, words)) > 3
    return enough and not _INITIALS.fullmatch(run.group())


def _split(letters: str) -> list[str]:
    """The likeliest words that the letters spell; letters in no word stand alone.

    The cheapest way to each place, by dynamic programming: time is linear in the length.
    """
    ways = [(0.0, 0)] + [(math.inf, 0)] * len(letters)
    hits = _words_by_end(letters)
    for end, letter in enumerate(letters, 1):
        cost = _COST_OF_WORD if letter in "ai" else _COST_OF_LETTER
        ways[end] = (ways[end - 1][0] + cost, end - 1)
        for length, cost in hits.get(end, ()):
            ways[end] = min(ways[end], (ways[end - length][0] + cost, end - length))
    words, end = [], len(letters)
    while end:
        start = ways[end][1]
        words.append(letters[start:end])
        end = start
    return words[::-1]


def _words_by_end(letters: str) -> dict[int, list[tuple[int, float]]]:
    """Length and cost of every known word in the letters, by where it ends."""
    found: dict[int, list[tuple[int, float]]] = {}
    for last, hit in _automaton().iter(letters):
        found.setdefault(last + 1, []).append(hit)
    return found


@cache
def _automaton() -> ahocorasick.Automaton:
    """Finds the known words of two letters and more, each with its length and cost in bits."""
    automaton = ahocorasick.Automaton()
    for word, place in known_words().items():
        if 1 < len(word) <= _LONGEST_WORD and word.isalpha():
            automaton.add_word(word, (len(word), _COST_OF_WORD + math.log2(place + 2)))
    automaton.make_automaton()
    return automaton
