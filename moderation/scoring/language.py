"""Which language a text is in, for short and careless writing.

py3langid's letter statistics decide; a short text counts as English also by its words, since
slang, typos and names look like any language to statistics. What cannot be told is None.
"""

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from moderation.scoring.english_words import ENGLISH_WORDS

# Languages people write comments in. Leaving out the rare ones makes short texts surer.
_LANGUAGES = ["ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "he", "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "mk", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "th", "tl", "tr", "uk", "vi", "zh"]
_LINK_OR_HANDLE = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|&\w+;|\[\[[^\]]*\]\]")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_LAUGHTER = re.compile(r"a*(?:ha|he|hi|ja|lo)+[hlo]*", re.IGNORECASE)
_MARKS = str.maketrans({"’": "'", "‘": "'", "`": "'"})
# More than enough to tell, and a bound on the time for a huge text.
_CHARACTERS = 2000

# The part of a text's different words that must be everyday English for the text to be: less
# where letter statistics are unsure. Below _UNSURE nothing but English is believed of them.
_ENGLISH_SHARE = 0.3
_ENGLISH_SHARE_IF_UNSURE = 0.2
_DOUBTFUL = 0.4
_UNSURE = 0.3


def has_words(text: str) -> bool:
    """Whether there is any letter outside links, handles and hashtags."""
    return bool(_words(text))


def identify(text: str) -> str | None:
    """The ISO 639-1 code of the text's language, or None where nobody can tell.

    None also for a text without words (`has_words`): emoji, numbers, a link.
    """
    words = list(dict.fromkeys(_words(text)))
    if not words:
        return None
    code, certainty = _identifier().classify(" ".join(words))
    if code == "en" or _english_share(words) >= _share_needed(certainty):
        return "en"
    return code if certainty >= _UNSURE else None


def _words(text: str) -> list[str]:
    """The text's words without laughter, and with stretched letters let go."""
    cleaned = _LINK_OR_HANDLE.sub(" ", text[:_CHARACTERS].translate(_MARKS))
    words = [_STRETCHED.sub(r"\1", word) for word in _WORD.findall(cleaned)]
    spoken = [word for word in words if not _LAUGHTER.fullmatch(word)]
    return spoken or words


def _english_share(words: list[str]) -> float:
    return sum(word.lower() in ENGLISH_WORDS for word in words) / len(words)


def _share_needed(certainty: float) -> float:
    return _ENGLISH_SHARE_IF_UNSURE if certainty < _DOUBTFUL else _ENGLISH_SHARE


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
