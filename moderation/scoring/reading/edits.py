"""Changing a text while remembering where each of its characters came from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Edit(NamedTuple):
    """The characters from `start` up to `end` become `new`."""

    start: int
    end: int
    new: str


@dataclass(frozen=True)
class Traced:
    """A text made from another; `origins` has one entry more than the text has characters.

    `origins[i]` is the index in the first text of what character i came from, the last entry is
    the first text's length; never falling.
    """

    text: str
    origins: Sequence[int]


def untouched(text: str) -> Traced:
    """A text that came from itself."""
    return Traced(text, range(len(text) + 1))


def apply(traced: Traced, edits: Iterable[Edit]) -> Traced:
    """The text after the edits, which are in order and do not overlap.

    A replacement's characters come one by one from those they replace; where it is longer, its
    rest comes from the last of them.
    """
    parts: list[str] = []
    origins: list[int] = []
    done = 0
    for start, end, new in edits:
        parts += (traced.text[done:start], new)
        origins += traced.origins[done:start]
        last = max(end - 1, start)
        origins += (traced.origins[min(start + i, last)] for i in range(len(new)))
        done = end
    parts.append(traced.text[done:])
    origins += traced.origins[done:]
    return Traced("".join(parts), origins)
