"""The words of a text as the normaliser looks at them: where they stand, and which are strange."""

import re
from typing import NamedTuple

from moderation.scoring.reading.vocabulary import is_known, known_words

_RUN = re.compile(r"\S+")
# Links, handles, addresses, paths, and what stands between slashes or brackets.
_MAY_LEAVE = re.compile(r"[@:/.\[]")
_LEAVE = re.compile(r"://|^www\.|\w@\w[\w-]*\.|^[/\[].*[/\]]$|\.(?:com|org|net|html?|php)\b")
_BEFORE = "\"'([{<«“”‘’„‚¿#-–—…*_~`.,;:!?"
_BEHIND = "\"')]}>»“”‘’…,;:.!?~`-–—*_"
_SUFFIX = re.compile(r"['’](?:s|d|m|t|ll|re|ve|em)$", re.IGNORECASE)


class Token(NamedTuple):
    """A word without the punctuation around it, in lower case; empty where it is none."""

    start: int
    end: int
    word: str
    is_known: bool


class Tokens:
    """What stands between white space; few of them are ever looked at closely."""

    def __init__(self, text: str) -> None:
        """Cut the text."""
        self.text = text
        self._runs = list(_RUN.finditer(text))
        known = known_words()
        self.strange = [
            index
            for index, run in enumerate(self._runs)
            if (word := run.group().lower()) not in known and word.strip(_BEHIND) not in known
        ]
        """Indices of those that are no known words."""
        self._seen: dict[int, Token] = {}

    def __len__(self) -> int:
        return len(self._runs)

    def __getitem__(self, index: int) -> Token:
        """The token without quotes, stops and possessive; a mask at its end stays."""
        token = self._seen.get(index)
        if token is None:
            token = self._seen[index] = self._look_at(index)
        return token

    def _look_at(self, index: int) -> Token:
        written, start = self._runs[index].group(), self._runs[index].start()
        if _MAY_LEAVE.search(written) and _LEAVE.search(written.lower()):
            return Token(start, start, "", False)
        head = len(written) - len(written.lstrip(_BEFORE))
        inner = _strip_behind(written[head:])
        word = inner.lower()
        if len(word) != len(inner):  # a capital may have a longer small form
            word = inner
        return Token(start + head, start + head + len(inner), word, is_known(word))


def _strip_behind(written: str) -> str:
    inner = written.rstrip(_BEHIND)
    if inner and "*" in written[len(inner) :] and not is_known(inner.lower()):
        inner = written.rstrip(_BEHIND.replace("*", ""))
    return inner if is_known(inner.lower()) else _SUFFIX.sub("", inner)
