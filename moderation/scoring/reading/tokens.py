"""The words of a text as the normaliser looks at them: where they stand, and which are strange."""

import re
from typing import NamedTuple

from moderation.scoring.reading.vocabulary import is_known

_RUN = re.compile(r"\S+")
_LEAVE = re.compile(r"://|^www\.|^@|\w@\w[\w-]*\.|^[/\[].*[/\]]$|\.(?:com|org|net|html?|php)\b")
_BEFORE = "\"'([{<«“”‘’„‚¿#-–—…*_~`.,;:!?"
_BEHIND = "\"')]}>»“”‘’…,;:.!?~`-–—*_"
_SUFFIX = re.compile(r"['’](?:s|d|m|t|ll|re|ve|em)$")


class Token(NamedTuple):
    """A word without the punctuation around it, in lower case."""

    start: int
    end: int
    word: str
    is_known: bool


def cut(text: str) -> list[Token]:
    """The words between white space; links, handles, addresses and notation are left out."""
    tokens = []
    for run in _RUN.finditer(text):
        written = run.group()
        word = written.lower()
        if is_known(word) and len(word) == len(written):
            tokens.append(Token(*run.span(), word, True))
        elif not _LEAVE.search(word):
            tokens.append(_strip(written, run.start()))
    return tokens


def _strip(written: str, start: int) -> Token:
    """The word without quotes, stops and possessive; a mask at its end stays."""
    head = len(written) - len(written.lstrip(_BEFORE))
    inner = written[head:].rstrip(_BEHIND)
    if inner and not is_known(inner.lower()) and "*" in written[head + len(inner) :]:
        inner = written[head:].rstrip(_BEHIND.replace("*", ""))
    inner = _SUFFIX.sub("", inner)
    word = inner.lower()
    if len(word) != len(inner):  # a capital may have a longer small form
        word = inner
    return Token(start + head, start + head + len(inner), word, is_known(word))
