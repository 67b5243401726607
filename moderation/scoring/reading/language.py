"""Which language a text is in, for short and careless writing.

py3langid's letter statistics decide; a short text counts as English also by its words, since
slang, typos and names look like any language to statistics. What cannot be told is None.
"""

import re
from functools import cache
from pathlib import Path

from py3langid.langid import MODEL_FILE, LanguageIdentifier

# Languages people write comments in. Leaving out the rare ones makes short texts surer.
_LANGUAGES = frozenset({
    "ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "he",
    "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "mk", "nl", "no", "pl", "pt", "ro",
    "ru", "sk", "sl", "sq", "sr", "sv", "th", "tl", "tr", "uk", "vi", "zh",
})  # fmt: skip
_LINK_OR_HANDLE = re.compile(r"https?://\S+|www\.\S+|@\w+|&\w+;")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_LAUGHTER = re.compile(r"a*(?:[hj][aei]){2,}h?|l(?:o+l)+", re.IGNORECASE)
_MARKS = str.maketrans({"’": "'", "‘": "'", "`": "'"})
# Each window of a long text is told apart, so that nothing foreign hides behind English.
_WINDOW = 2000
_SHORTEST_WINDOW = 200

# The part of a text's different words that must be everyday English for the text to be: less
# where letter statistics are unsure. Below _UNSURE nothing but English is believed of them.
_ENGLISH_SHARE = 0.25
_ENGLISH_SHARE_IF_UNSURE = 0.15
_DOUBTFUL = 0.4
_UNSURE = 0.3


def warm_up() -> None:
    """Load the tables now, half a second, rather than at the first text."""
    _identifier()
    _english_words()


def has_words(text: str) -> bool:
    """Whether there is any word outside links and handles; laughter is none."""
    return bool(_words(text))


def identify(text: str) -> str | None:
    """The ISO 639-1 code of the text's language, or None where nobody can tell.

    None also for a text without words (see `has_words`): emoji, numbers, a link, laughter.
    """
    codes = {_identify_words(words) for window in _windows(text) if (words := _words(window))}
    return codes.pop() if len(codes) == 1 else None


def _windows(text: str) -> list[str]:
    """The text in pieces long enough to tell; the end joins the piece before where it is not."""
    starts = range(0, max(len(text) - _SHORTEST_WINDOW, 1), _WINDOW)
    return [text[at : at + _WINDOW] for at in starts[:-1]] + [text[starts[-1] :]]


def _identify_words(every: list[str]) -> str | None:
    words = list(dict.fromkeys(every))
    code, certainty = _identifier().classify(" ".join(words))
    if code == "en" or _english_share(words) >= _share_needed(certainty):
        return "en"
    return code if certainty >= _UNSURE else None


def _words(text: str) -> list[str]:
    """The text's words with stretched letters let go, and without laughter, which is no one's."""
    cleaned = _LINK_OR_HANDLE.sub(" ", text.translate(_MARKS))
    words = [_STRETCHED.sub(r"\1", word) for word in _WORD.findall(cleaned)]
    return [word for word in words if not _LAUGHTER.fullmatch(word)]


def _english_share(words: list[str]) -> float:
    english = _english_words()
    return sum(word.lower() in english for word in words) / len(words)


def _share_needed(certainty: float) -> float:
    return _ENGLISH_SHARE_IF_UNSURE if certainty < _DOUBTFUL else _ENGLISH_SHARE


@cache
def _english_words() -> frozenset[str]:
    lines = (Path(__file__).parent / "english_words.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@cache
def _identifier() -> LanguageIdentifier:
    whole = LanguageIdentifier.from_model_file(MODEL_FILE)
    columns = [i for i, code in enumerate(whole.nb_classes) if code in _LANGUAGES]
    # A new one instead of `set_languages`, which would keep the large table beside the small.
    return LanguageIdentifier(
        whole.nb_ptc[:, columns].copy(),
        whole.nb_pc[columns],
        [whole.nb_classes[i] for i in columns],
        whole.tk_nextmove,
        whole.tk_output,
        norm_probs=True,
        tk_row=whole.tk_row,
    )
