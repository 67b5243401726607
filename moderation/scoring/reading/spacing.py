"""Words written with gaps: letters one by one ("i d i o t", "f.u.c.k"), or torn in two."""

import math
import re
from collections.abc import Iterator, Sequence

from moderation.scoring.reading.disguises import plainest
from moderation.scoring.reading.edits import Edit
from moderation.scoring.reading.tokens import Token
from moderation.scoring.reading.vocabulary import is_known, is_listed, rank

_LETTER = r"[^\W_]|[@$!]"
_GAP = r"[ ]{1,3}|[.\-_*,'’~|/+•·]{1,2}[ ]?"
# The same gap after each letter: a wider one parts words.
_RUN = re.compile(
    rf"(?<![\w@$!])(?:{_LETTER})(?P<gap>{_GAP})(?:{_LETTER})(?:(?P=gap)(?:{_LETTER}))+(?![^\W_])"
)
_INITIALS = re.compile(r"[A-Z](?:\. ?[A-Z]){2,4}")
_LONGEST_WORD = 15
_LONGEST_PIECE = 8
_MOST_PIECES = 4
# In bits, as if a letter by itself were rarer than any word.
_COST_OF_LETTER = 25.0
_COST_OF_WORD = 4.0


def join_letters(text: str) -> Iterator[Edit]:
    """Runs of single letters as the words they spell; lists, initials and numbers stay."""
    for run in _RUN.finditer(text):
        step = 1 + len(run["gap"])
        letters = run.group()[::step]
        words = _split(plainest(letters.lower()))
        if _is_meant(words, letters, is_initials=bool(_INITIALS.fullmatch(run.group()))):
            yield Edit(*run.span(), " ".join(words))


def join_pieces(text: str, tokens: Sequence[Token]) -> Iterator[Edit]:
    """Insults torn in pieces of which not all are words ("fu ck", "mor on")."""
    done = 0
    for index, token in enumerate(tokens):
        if token.is_known or not token.word.isalpha():
            continue
        for first in range(max(index - _MOST_PIECES + 1, done), index + 1):
            last = _end_of_insult(text, tokens, first, index)
            if last:
                start, end = tokens[first].start, tokens[last - 1].end
                yield Edit(start, end, "".join(t.word for t in tokens[first:last]))
                done = last
                break


def _end_of_insult(text: str, tokens: Sequence[Token], first: int, through: int) -> int:
    """The index behind the last of the tokens from `first` that make an insult, 0 for none."""
    joined = ""
    for index in range(first, min(first + _MOST_PIECES, len(tokens))):
        token = tokens[index]
        if len(token.word) > _LONGEST_PIECE or not token.word.isalpha():
            return 0
        if joined and text[tokens[index - 1].end : token.start] != " ":
            return 0
        joined += token.word
        torn = index >= through and index > first and len(joined) > 3
        if torn and is_listed(joined) and not _is_label(text, tokens[first : index + 1]):
            return index + 1
    return 0


def _is_label(text: str, pieces: Sequence[Token]) -> bool:
    """Whether a capital by itself stands beside a word: "vitamin C rap"."""
    known = any(piece.is_known for piece in pieces)
    return known and any(text[p.start : p.end].isupper() and len(p.word) == 1 for p in pieces)


def _is_meant(words: list[str], letters: str, *, is_initials: bool) -> bool:
    if any(len(word) > 2 and is_listed(word) for word in words):
        return True
    if is_initials or sum(map(str.isalpha, letters)) < 0.6 * len(letters):
        return False
    in_words = sum(len(word) for word in words if len(word) > 2)
    return in_words >= 0.6 * len(letters) and max(map(len, words)) > 3


def _split(letters: str) -> list[str]:
    """The likeliest words that the letters spell; letters in no word stand alone.

    The cheapest way to each place, by dynamic programming, in time linear in the length.
    """
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(letters) + 1):
        best.append(
            min(
                (best[start][0] + _cost(letters[start:end]), start)
                for start in range(max(end - _LONGEST_WORD, 0), end)
            )
        )
    words, end = [], len(letters)
    while end:
        start = best[end][1]
        words.append(letters[start:end])
        end = start
    return words[::-1]


def _cost(word: str) -> float:
    """What a word costs: less for a frequent one, and little for an insult."""
    if len(word) == 1:
        return _COST_OF_WORD if word in "ai" else _COST_OF_LETTER
    place = rank(word)
    if place is None or not is_known(word):
        return math.inf
    return _COST_OF_WORD + math.log2(place + 2)
