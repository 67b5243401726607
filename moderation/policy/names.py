"""Whether a comment is signed with a name that is somebody else's here. Step `decide`, pure."""

import unicodedata
from collections.abc import Iterable

from moderation.text import fold


def is_taken(name: str, readings: Iterable[str], taken: Iterable[str]) -> bool:
    """Whether the name, or what a disguise reads as, looks like one of those that are taken.

    Case, spaces, punctuation and marks on letters make no other name: "Grâce-Hopper" is
    "grace hopper".
    """
    known = {bare for each in taken if (bare := _bare(each))}
    return not known.isdisjoint(map(_bare, (name, *readings)))


def _bare(text: str) -> str:
    """Letters and digits alone, folded; the whole folded text where it has neither."""
    folded = fold(text)
    decomposed = unicodedata.normalize("NFD", folded)
    return "".join(filter(str.isalnum, decomposed)) or folded
