"""Figures of a classifier on labelled texts: areas, rates and their 95 % intervals."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from moderation.scoring.labels import LABELS

_ROUNDS = 400

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Table = npt.NDArray[np.float32]
"""Scores: texts × LABELS, 0..1."""


def is_held(scores: Table, thresholds: Mapping[str, float]) -> Flags:
    """For each text whether any attribute reaches its threshold."""
    reached = [scores[:, LABELS.index(name)] >= least for name, least in thresholds.items()]
    return np.asarray(np.any(reached, axis=0), dtype=np.bool_)


def quality(
    toxic: Flags, scores: Table, presets: Mapping[str, Mapping[str, float]]
) -> dict[str, Any]:
    """AUC of toxicity; false-positive rate and recall at each preset; each with its interval."""
    toxicity = scores[:, 0]
    figures: dict[str, Any] = {"texts": len(toxic), "toxic": int(toxic.sum())}
    figures["auc"] = round(float(roc_auc_score(toxic, toxicity)), 4)
    figures["auc_95"] = interval(lambda i: roc_auc_score(toxic[i], toxicity[i]), len(toxic))
    for preset, thresholds in presets.items():
        held = is_held(scores, thresholds)
        figures[preset] = {
            **_rate("false_positive_rate", held[~toxic]),
            **_rate("recall", held[toxic]),
        }
    return figures


def rates(held: Flags) -> dict[str, Any]:
    """The part held, with its interval."""
    return _rate("held", held)


def by_note(held: Flags, notes: Iterable[str]) -> dict[str, float]:
    """The part held of the texts of each note."""
    names = np.array(list(notes))
    return {note: round(float(held[names == note].mean()), 3) for note in sorted(set(names))}


def interval(measure: Callable[[npt.NDArray[np.int64]], float], size: int) -> list[float]:
    """The 95 % bootstrap interval of a figure over `size` texts.

    Percentiles over resamples with replacement (Efron & Tibshirani, "An Introduction to the
    Bootstrap", 1993, chapter 13).
    """
    chance = np.random.default_rng(0)
    values = [measure(chance.integers(0, size, size)) for _ in range(_ROUNDS)]
    return [round(float(x), 4) for x in np.quantile(values, (0.025, 0.975))]


def _rate(name: str, held: Flags) -> dict[str, Any]:
    return {
        name: round(float(held.mean()), 4),
        f"{name}_95": interval(lambda i: float(held[i].mean()), len(held)),
    }
