"""Which language a text is in, for short and careless writing.

English is told by its words, since slang, typos and names look like any language to letter
statistics; CLD2 names the others, and says where only few of the words are known. What cannot be
told is None.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pycld2

ENGLISH_FILE = Path(__file__).parent / "english_words.txt"
SHARED_FILE = Path(__file__).parent / "shared_words.txt"
_SLANG_FILE = Path(__file__).parent / "slang.txt"

# Languages people write comments in. CLD2 knows 160 more, which short texts only seem to be.
_LANGUAGES = frozenset({
    "ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "he",
    "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "mk", "nl", "no", "pl", "pt", "ro",
    "ru", "sk", "sl", "sq", "sr", "sv", "th", "tl", "tr", "uk", "vi", "zh",
})  # fmt: skip
# CLD2's names for the same, and small neighbours of large languages: a short text of the large
# one is often told as the small one.
_CODES = {
    "iw": "he", "zh-Hant": "zh", "nn": "no", "bs": "hr", "co": "it", "lb": "de", "ms": "id",
    "af": "nl", "gl": "pt",
}  # fmt: skip

_LINK_OR_HANDLE = re.compile(r"https?://\S+|www\.\S+|@\w+|&\w+;")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_LAUGHTER = re.compile(r"a*(?:[hj][aei]){2,}h?|l(?:o+l)+")
_MARKS = str.maketrans({"’": "'", "‘": "'", "`": "'"})
_SENTENCE_END = re.compile(r"[.!?…。！？\n\r]+")
# From Greek on, without the Latin letters of Vietnamese.
_OTHER_SCRIPT = re.compile(r"[\u0370-\u1dff\u2e80-\ua4cf\ua960-\ud7ff\uf900-\ufaff]+")

# A text is English by the part of its different words that are: alone, or with CLD2 agreeing.
_ENGLISH_SHARE = 0.4
_ENGLISH_SHARE_IF_TOLD = 0.1
# A sentence within an English text is told apart from this many different words on, or this many
# bytes in other scripts (eight Greek letters, five Chinese); less is a name, a title, a quotation.
# From _ENOUGH_WORDS on CLD2 may guess; of fewer it must be sure.
_LEAST_WORDS = 3
_LEAST_BYTES = 15
_ENOUGH_WORDS = 5
_LONGEST_SENTENCE = 25


def warm_up() -> None:
    """Load the word lists now rather than at the first text; CLD2 needs nothing."""
    _english_words()
    _shared_words()


def has_words(text: str) -> bool:
    """Whether there is any word outside links and handles; laughter is none."""
    return bool(words_of(text))


def identify(text: str) -> str | None:
    """The ISO 639-1 code of the text's language, or None where nobody can tell.

    An English text with a whole sentence in another language counts as in that language. None
    also for a text without words (see `has_words`): emoji, numbers, a link, laughter.
    """
    cleaned = _cleaned(text)
    sentences = list(_sentences(cleaned))
    words = _joined(sentences)
    if words and _is_english(words):
        words = _joined(filter(_is_foreign, sentences)) + _in_other_scripts(cleaned)
        if not words:
            return "en"
    code = _told(words)
    return code if code != "en" else None  # its words are not, so CLD2 only guesses


def words_of(text: str) -> list[str]:
    """The text's words in small letters, stretched ones let go, without laughter: it is no one's.

    Links, handles and HTML entities hold no words.
    """
    return _joined(_sentences(_cleaned(text)))


def _cleaned(text: str) -> str:
    return _LINK_OR_HANDLE.sub(" ", text.translate(_MARKS)).lower()


def _sentences(cleaned: str) -> Iterator[list[str]]:
    """The words of each sentence or line; a very long one comes in parts."""
    for sentence in _SENTENCE_END.split(cleaned):
        words = _words(sentence)
        for start in range(0, len(words), _LONGEST_SENTENCE):
            yield words[start : start + _LONGEST_SENTENCE]


def _words(cleaned: str) -> list[str]:
    words = _WORD.findall(cleaned)
    if _STRETCHED.search(cleaned):
        words = [_unstretched(word) for word in words]
    return [word for word in words if not _LAUGHTER.fullmatch(word)]


def _joined(sentences: Iterable[list[str]]) -> list[str]:
    return [word for sentence in sentences for word in sentence]


def _unstretched(word: str) -> str:
    """`sooo` is `so`, but `coool` is `cool`."""
    twice = _STRETCHED.sub(r"\1\1", word)
    return twice if twice in _english_words() else _STRETCHED.sub(r"\1", word)


def _is_english(words: list[str]) -> bool:
    different = _different(words)
    english = different & _english_words()
    if different <= english | _shared_words():
        return True
    share = len(english) / len(different)
    return share >= _ENGLISH_SHARE or (share >= _ENGLISH_SHARE_IF_TOLD and _told(words) == "en")


def _different(words: list[str]) -> set[str]:
    """The different words; single letters are words only where there is nothing else."""
    return {word for word in words if len(word) > 1 or not word.isascii()} or set(words)


def _told(words: list[str], *, surely: bool = False) -> str | None:
    """CLD2's word, each word said to it once; None where it is a language nobody expects."""
    text = " ".join(dict.fromkeys(words))
    try:
        _, _, found = pycld2.detect(text, isPlainText=True, bestEffort=not surely)
    except pycld2.error:  # letters younger than CLD2
        return None
    code = _CODES.get(found[0][1], found[0][1])
    return code if code in _LANGUAGES else None


def _is_foreign(sentence: list[str]) -> bool:
    """Surely: no English word in it, and CLD2 has a name for it."""
    different = _different(sentence)
    return (
        len(different) >= _LEAST_WORDS
        and different.isdisjoint(_english_words())
        and _told(sentence, surely=len(different) < _ENOUGH_WORDS) not in ("en", None)
    )


def _in_other_scripts(cleaned: str) -> list[str]:
    """All that is not in Latin letters, where it is more than a name."""
    found = _OTHER_SCRIPT.findall(cleaned)
    return found if len("".join(found).encode()) >= _LEAST_BYTES else []


@cache
def _english_words() -> frozenset[str]:
    return _read(ENGLISH_FILE) | _read(_SLANG_FILE)


@cache
def _shared_words() -> frozenset[str]:
    return _read(SHARED_FILE)


def _read(path: Path) -> frozenset[str]:
    lines = path.read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
