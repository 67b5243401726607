"""Reading the training file: texts, labels with unknowns, weights."""

import csv
import gzip
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from moderation.scoring.labels import LABELS

# How far a row of a source is trusted beside the file's own weight, and how often an epoch sees
# each of the source's rows. toxic-spans holds positives only, so that its topics look toxic;
# davidson calls much African American English offensive; jigsaw2018 is the most careful.
SOURCE_TRUST = {"toxic-spans": 0.6}
SOURCE_SHARE = {"jigsaw2018": 2.0, "jigsaw2018-lower": 1.5, "toxic-spans": 0.5, "davidson": 0.4}
# Sources whose raters have habits of their own, learned apart (training/raters.py).
RATERS = (
    "cad",
    "hatexplain",
    "davidson",
    "paradetox",
    "toxic-spans",
    "hatemoji-build",
    "toxigen-demos",
    "goemotions-positive",
)
# Sentences written for this project: all of them are seen in every epoch.
OWN = "own"

# The part of each source's known rows that is toxic (toxic-spans holds nothing else; what is
# set down here for it is how often such a text would be so elsewhere). A source without a line
# counts as having the natural mix.
NATURAL_MIX = 0.11
TOXIC_PART = {
    "cad": 0.18,
    "hatexplain": 0.58,
    "davidson": 0.84,
    "paradetox": 0.50,
    "toxic-spans": 0.80,
    "hatemoji-build": 0.50,
    "toxigen-demos": 0.54,
}
# How much of the difference in mix is taken off: all of it would mute sources that are nearly
# one-sided.
_MIX_STRENGTH = 0.5

UNKNOWN = -1.0


@dataclass(frozen=True)
class Row:
    """One labelled text; `labels` follows LABELS with 1, 0 or UNKNOWN."""

    text: str
    labels: tuple[float, ...]
    weight: float
    source: str

    @property
    def is_toxic(self) -> bool:
        """Whether raters found the text toxic."""
        return self.labels[0] == 1.0


def read_rows(path: Path) -> list[Row]:
    """All rows of a gzip CSV with the columns text, the six labels, weight, source."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return [_row(record) for record in csv.DictReader(file)]


def share_of(source: str, part: float = 1.0) -> float:
    """How often an epoch with `part` of the public data, 0..1, draws each row of a source."""
    return 1.0 if source == OWN else SOURCE_SHARE.get(source, 1.0) * part


def mix_offset(source: str) -> float:
    """What the logit of toxicity gains in training on a row of the source.

    It stands for the source's larger part of toxic rows, so that the model need not learn the
    part from a source's style (logit adjustment: Menon et al., "Long-tail learning via logit
    adjustment", 2021).
    """
    return _MIX_STRENGTH * (_logit(TOXIC_PART.get(source, NATURAL_MIX)) - _logit(NATURAL_MIX))


def read_test(path: Path) -> tuple[list[str], list[int], list[str]]:
    """Texts, 1 for toxic and 0 for not, and notes of one of the public test files."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file))
    texts = [record["text"] for record in records]
    return texts, [int(record["toxic"]) for record in records], [r["note"] for r in records]


def texts_of(rows: Sequence[Row]) -> list[str]:
    """The texts of rows, in their order."""
    return [row.text for row in rows]


def _logit(part: float) -> float:
    return math.log(part / (1 - part))


def _row(record: dict[str, str]) -> Row:
    labels = tuple(float(record[label]) if record[label] else UNKNOWN for label in LABELS)
    source = record["source"]
    weight = float(record["weight"]) * SOURCE_TRUST.get(source, 1.0)
    return Row(text=record["text"], labels=labels, weight=weight, source=source)
