"""`python -m moderation.scoring.training.words DATA_DIR`: the word lists by which English is told.

A word is English when it is common in the training rows and about as common in English as in any
other language in Latin letters; it is shared when English has it too, but others have it more.
How common a word is in a language, wordfreq tells.
"""

import argparse
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import wordfreq

from moderation.scoring.reading.language import ENGLISH_FILE, SHARED_FILE, words_of
from moderation.scoring.training.data import Row, read_rows

_OTHERS = (
    "ca", "cs", "da", "de", "es", "fi", "fil", "fr", "hu", "id", "is", "it", "lt", "lv", "ms",
    "nb", "nl", "pl", "pt", "ro", "sh", "sk", "sl", "sv", "tr", "vi",
)  # fmt: skip
# A word counts from this many rows of this many sources: no name of a user, no slip of a pen.
_ROWS, _SOURCES = 5, 3
_SHARED_ROWS = 10
# Frequencies are on the Zipf scale: the decimal logarithm of the uses in a billion words.
_LEAST = 2.0
_LEAST_SHARED = 3.3
# English may lag this far behind another language, whose lists hold English words as well; but
# where a word is among the other's thousand commonest, English must lead ("was", "do", "to").
_MAY_LAG = 0.3
_COMMON, _MUST_LEAD = 5.5, 0.6


def choose(rows: Iterable[Row]) -> tuple[list[str], list[str]]:
    """English and shared words of the rows, the commonest first."""
    counts = _count(rows)
    english = wordfreq.get_frequency_dict("en", "large")
    others = [wordfreq.get_frequency_dict(code) for code in _OTHERS]
    own = {w: max(_zipf(english, w), _zipf(english, w.replace("'", "’"))) for w in counts}
    foreign = {word: max(_zipf(other, word) for other in others) for word in counts}
    known = [w for w in counts if own[w] >= _LEAST and (len(w) > 1 or w in "aiu")]
    is_english = {w: own[w] - foreign[w] >= _lead(foreign[w]) for w in known}
    everyday = [w for w in known if own[w] >= _LEAST_SHARED and counts[w] >= _SHARED_ROWS]
    return [w for w in known if is_english[w]], [w for w in everyday if not is_english[w]]


def _lead(foreign: float) -> float:
    return _MUST_LEAD if foreign >= _COMMON else -_MAY_LAG


def _count(rows: Iterable[Row]) -> dict[str, int]:
    """In how many rows each word is, the commonest first."""
    counts: Counter[str] = Counter()
    sources: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        for word in {word.lower() for word in words_of(row.text)}:
            counts[word] += 1
            sources[word].add(row.source)
    return {w: n for w, n in counts.most_common() if n >= _ROWS and len(sources[w]) >= _SOURCES}


def _zipf(frequencies: Mapping[str, float], word: str) -> float:
    frequency = frequencies.get(word)
    return math.log10(frequency) + 9 if frequency else 0.0


def _write(path: Path, words: Iterable[str]) -> None:
    head = [line for line in path.read_text("utf-8").splitlines() if line.startswith("#")]
    path.write_text("\n".join([*head, *sorted(words)]) + "\n", "utf-8")


def main() -> None:
    """Write both lists anew beside their readers."""
    parser = argparse.ArgumentParser(prog="python -m moderation.scoring.training.words")
    parser.add_argument("data", type=Path, help="folder with train.csv.gz")
    english, shared = choose(read_rows(parser.parse_args().data / "train.csv.gz"))
    _write(ENGLISH_FILE, english)
    _write(SHARED_FILE, shared)


if __name__ == "__main__":
    main()
