"""Words written with gaps: letters one by one ("i d i o t", "f.u.c.k"), or torn in two."""

import math
import re
from collections.abc import Iterator, Sequence

from moderation.scoring.reading.disguises import plainest
from moderation.scoring.reading.edits import Edit
from moderation.scoring.reading.tokens import Token, Tokens
from moderation.scoring.reading.vocabulary import is_known, is_listed, is_part, rank

_LETTER = r"[^\W_]|[@$!]"
_GAP = r"[ ]{1,3}|[.\-_*,'’~|/+•·]{1,2}[ ]?"
# The same gap after each letter: a wider one parts words.
_RUN = re.compile(
    rf"(?<![\w@$!])(?:{_LETTER})(?P<gap>{_GAP})(?:{_LETTER})(?:(?P=gap)(?:{_LETTER}))+(?![^\W_])"
)
_INITIALS = re.compile(r"[A-Z](?:\. ?[A-Z]){2,4}")
_LONGEST_WORD = 15
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


def lone_letters(text: str) -> Iterator[str]:
    """What each run of single letters spells when joined, in lower case, a word or not."""
    for run in _RUN.finditer(text):
        yield plainest(run.group()[:: 1 + len(run["gap"])].lower())


def join_pieces(tokens: Tokens) -> Iterator[Edit]:
    """Insults torn in pieces of which not all are words ("fu ck", "mor on")."""
    done = 0
    for index in tokens.strange:
        for first in _starts(tokens, index, done):
            if pieces := _pieces_of_insult(tokens, first, index):
                yield Edit(pieces[0].start, pieces[-1].end, "".join(p.word for p in pieces))
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
    for index in range(first + 1, min(first + _MOST_PIECES, len(tokens))):
        pieces.append(tokens[index])
        joined += tokens[index].word
        one_space = tokens.text[pieces[-2].end : pieces[-1].start] == " "
        if not (one_space and pieces[-1].word and is_part(joined)):
            break
        whole = index >= through and len(joined) > 3 and is_listed(joined)
        if whole and not _is_label(tokens.text, pieces):
            return pieces
    return []


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
