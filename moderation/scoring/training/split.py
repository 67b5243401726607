"""Dividing rows into training and validation so that near-duplicates stay on one side."""

import random
from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from moderation.scoring.training.data import Row, texts_of

# Calibration reads jigsaw2018 only: more of it is held out. A draw with the same seed and shares
# holds out the same rows, so a checkpoint of this recipe may be trained further.
HELD_OUT = {"jigsaw2018": 0.08}
HELD_OUT_OTHERWISE = 0.04
# Cosine of TF-IDF vectors: it catches five of six of paradetox's pairs.
ALIKE = 0.5
_BLOCK = 500


def split(rows: Sequence[Row], *, seed: int) -> tuple[list[Row], list[Row]]:
    """Training rows and validation rows.

    Validation is drawn at random by source; a row that resembles one of it leaves
    training altogether, which keeps validation's natural mix and its independence.
    """
    chance = random.Random(seed)  # noqa: S311 - a shuffle, not a secret
    drawn = [chance.random() < HELD_OUT.get(r.source, HELD_OUT_OTHERWISE) for r in rows]
    alike = _rows_alike(texts_of(rows), drawn)
    validation = [row for row, held in zip(rows, drawn, strict=True) if held]
    training = [
        row
        for i, (row, held) in enumerate(zip(rows, drawn, strict=True))
        if not held and i not in alike
    ]
    return training, validation


def _rows_alike(texts: list[str], drawn: list[bool]) -> set[int]:
    vectors = TfidfVectorizer(min_df=2, sublinear_tf=True, dtype=np.float32).fit_transform(texts)
    held = vectors[[i for i, is_held in enumerate(drawn) if is_held]].T.tocsc()
    found: set[int] = set()
    for start in range(0, held.shape[1], _BLOCK):
        near = (vectors @ held[:, start : start + _BLOCK]).tocoo()
        found.update(near.row[near.data >= ALIKE].tolist())
    return found
