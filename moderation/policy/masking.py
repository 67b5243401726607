"""Masks passages of a text, so that nothing of them is left, not even how long they were. Pure."""

import unicodedata
from collections.abc import Iterable
from itertools import pairwise

from moderation.text import INVISIBLE

MASK = "█" * 5  # the same for every passage; in no language
Span = tuple[int, int]
"""Where a passage begins and ends in a text."""


def mask(text: str, passages: Iterable[str]) -> tuple[str, int]:
    """The text with every occurrence of the passages masked, and how many masks stand in it now.

    Upper and lower case, compatible forms, runs of white space and invisible characters make no
    difference. Occurrences that touch or overlap become one mask.
    """
    spans = find_spans(text, passages)
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    kept = [text[start:end] for start, end in list(pairwise(edges))[::2]]
    return MASK.join(kept), len(spans)


def find_spans(text: str, passages: Iterable[str]) -> list[Span]:
    """Where the passages stand in the text, in order, those that touch or overlap as one."""
    folded, places = _fold(text)
    found = sorted(
        (places[start], _whole(text, places[start + len(wanted) - 1] + 1))
        for wanted in {_fold(passage)[0].strip() for passage in passages}
        for start in _starts(folded, wanted)
    )
    joined: list[Span] = []
    for start, end in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _fold(text: str) -> tuple[str, list[int]]:
    """The text as it is compared, and from which character of `text` each of its own comes.

    Character by character: unlike `text.fold`, which may move them.
    """
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if INVISIBLE.match(character):
            continue
        for each in unicodedata.normalize("NFKC", character.casefold()).casefold():
            if each.isspace() and folded and folded[-1] == " ":
                continue
            folded.append(" " if each.isspace() else each)
            places.append(place)
    return "".join(folded), places


def _starts(folded: str, wanted: str) -> Iterable[int]:
    start = folded.find(wanted) if wanted else -1
    while start >= 0:
        yield start
        start = folded.find(wanted, start + 1)


def _whole(text: str, end: int) -> int:
    """The end of the passage with the marks that belong to its last character."""
    while end < len(text) and (
        unicodedata.category(text[end]).startswith("M") or INVISIBLE.match(text[end])
    ):
        end += 1
    return end
