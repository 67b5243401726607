"""Which words of a text raise its score: each is left out, and each is read alone.

Pure: functions that score and measure texts come in, offsets go out. At most MOST_WORDS words are
weighed, with at most about MOST_TOKENS tokens; of a longer text those of the passages with the
highest scores.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.scoring.score import Span

MOST_WORDS = 64
# About as much text as eight windows of the model hold.
MOST_PASSAGES = 96
WORDS_A_PASSAGE = 32
CHARACTERS_A_PASSAGE = 240
# What scoring the longest text reads too: two readings of eight windows of 512. Looking for the
# loudest passages and weighing the words of one fit in a half each. Made-up words are many tokens
# each; a comment in plain words stays far below.
MOST_TOKENS = 8192
_HALF = MOST_TOKENS // 2

# How far a passage's own score counts for each of its words: among insults doubtful words are
# meant, and in a harmless sentence a coarse word raises nothing. Up to here the words that
# paradetox's polite rewrites drop are found as well as without it; above, fewer of them are.
_PASSAGE_PART = 0.75

# Punctuation that may stand inside a disguised word (sh*t, a$$) stays in it. A longer run is no
# word, and cut so that it cannot make a passage long.
_WORD = re.compile(r"(?:(?!\.\.|--)[^\s,;:/…–—\"“”()\[\]{}<>]){1,40}")
_CORE = re.compile(r"\w(?:.*\w)?", re.DOTALL)
_SENTENCE_END = re.compile(r"[.!?…]\W*\s|\n")
_STOP_WORDS = frozenset(
    "a about all also am an and any are as at be because been being but by can could did do does"
    " for from had has have he her him his how i if in into is it its just me more most my no not"
    " of on or our out she should so some such than that the their them then there these they this"
    " those to too up us very was we were what when where which who whom why will with would you"
    " your yours i'm it's that's you're he's she's they're we're don't isn't".split()
)

Logits = npt.NDArray[np.float32]
LogitsOf = Callable[[Sequence[str]], Logits]
"""Texts → their logits, texts × attributes."""
TokensOf = Callable[[Sequence[str]], list[int]]
"""Texts → how many tokens the model reads of each, at most a window's."""


class Weighed(NamedTuple):
    """A word of a text, and how much it raises the score: in logits, added up."""

    start: int
    end: int
    weight: float


class _Passage(NamedTuple):
    """A sentence, or a part of a long one, with the words in it that may be marked."""

    start: int
    end: int
    words: tuple[Span, ...]
    tokens: int = 0

    @property
    def cost(self) -> int:
        """At most about so many tokens are read to weigh the words: each left out, each alone."""
        return (self.tokens + 2) * (len(self.words) + 2)


def weigh_words(text: str, logits_of: LogitsOf, tokens_of: TokensOf) -> list[Weighed]:
    """The words that may be marked, in order, each with its weight.

    A word's weight is its logit alone, what its passage's logit loses without it, and a part of
    the passage's; of several attributes the highest counts. (Occlusion: Zeiler and Fergus,
    2014; alone and left out together: "comprehensiveness" and "sufficiency" of ERASER, DeYoung
    et al., 2020.) Stop-words are none of them.
    """
    passages = _loudest(text, _measured(text, _passages(text), tokens_of), logits_of)
    variants = dict.fromkeys(v for passage in passages for v in _variants(text, passage))
    if not variants:
        return []
    logits = dict(zip(variants, logits_of(list(variants)), strict=True))
    return [word for passage in passages for word in _weigh(text, passage, logits)]


def mark(text: str, spans: Iterable[Span]) -> list[Span]:
    """Spans in order, neighbours with nothing but white space between them as one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and not text[merged[-1][1] : start].strip():
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _weigh(text: str, passage: _Passage, logits: dict[str, Logits]) -> Iterator[Weighed]:
    whole = logits[text[passage.start : passage.end]]
    for word in passage.words:
        alone, without = logits[text[slice(*word)]], logits[_without(text, passage, word)]
        weights = alone + (whole - without) + _PASSAGE_PART * whole
        yield Weighed(*word, float(weights.max()))


def _variants(text: str, passage: _Passage) -> Iterator[str]:
    yield text[passage.start : passage.end]
    for word in passage.words:
        yield text[slice(*word)]
        yield _without(text, passage, word)


def _without(text: str, passage: _Passage, word: Span) -> str:
    return text[passage.start : word[0]] + text[word[1] : passage.end]


def _measured(text: str, passages: list[_Passage], tokens_of: TokensOf) -> list[_Passage]:
    """The same with their tokens, and no more words of each than can be weighed in a half."""
    tokens = tokens_of([text[passage.start : passage.end] for passage in passages])
    return [
        passage._replace(tokens=count, words=passage.words[: _HALF // (count + 2) - 2])
        for passage, count in zip(passages, tokens, strict=True)
    ]


def _loudest(text: str, passages: list[_Passage], logits_of: LogitsOf) -> list[_Passage]:
    """Passages of at most MOST_WORDS words, in order: those that score highest.

    Where they are too many, the first that fit in a half are scored to find these.
    """
    words, tokens = MOST_WORDS, MOST_TOKENS
    if sum(len(p.words) for p in passages) <= words and sum(p.cost for p in passages) <= tokens:
        return passages
    sums = list(accumulate(passage.tokens for passage in passages))
    passages = passages[: bisect_right(sums, _HALF)]
    tokens -= sum(passage.tokens for passage in passages)
    scores = logits_of([text[passage.start : passage.end] for passage in passages]).max(axis=1)
    chosen: list[_Passage] = []
    for index in np.argsort(-scores, kind="stable"):
        words -= len(passages[index].words)
        tokens -= passages[index].cost
        if words < 0 or tokens < 0:
            break
        chosen.append(passages[index])
    return sorted(chosen)


def _passages(text: str) -> list[_Passage]:
    """The first MOST_PASSAGES passages that hold a word."""
    passages: list[_Passage] = []
    runs: list[Span] = []
    for run in _WORD.finditer(text):
        if runs and _ends_before(text, runs, run):
            passages.append(_passage(text, runs))
            runs = []
        runs.append(run.span())
    if runs:
        passages.append(_passage(text, runs))
    return [passage for passage in passages if passage.words][:MOST_PASSAGES]


def _ends_before(text: str, runs: list[Span], run: re.Match[str]) -> bool:
    return (
        len(runs) == WORDS_A_PASSAGE
        or run.end() - runs[0][0] > CHARACTERS_A_PASSAGE
        or _SENTENCE_END.search(text, runs[-1][0], run.start()) is not None
    )


def _passage(text: str, runs: list[Span]) -> _Passage:
    cores = (_CORE.search(text, *run) for run in runs)
    words = (core.span() for core in cores if core and core.group().lower() not in _STOP_WORDS)
    return _Passage(runs[0][0], runs[-1][1], tuple(words))
