"""Presets: thresholds chosen by how many clean comments an owner is willing to have held."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from moderation.scoring.labels import LABELS
from moderation.scoring.training.data import Row
from moderation.scoring.training.figures import Table, is_held

# The part of the clean pool that any attribute of a preset may hold.
RATES = {"relaxed": 0.01, "balanced": 0.03, "strict": 0.10}
# Clean as a moderator of a news site means it. Of cad's "neutral" rows a fifth swear at somebody
# or call names, and the sources sampled by lexicon or written to trick a model are harder than
# what people write: both are left out. Each pool counts the same, whatever its size.
POOL = {
    "Wikipedia talk": ("jigsaw2018", "jigsaw2018-lower"),
    "Reddit, general": ("goemotions-positive",),
    "Polite rewrites": ("paradetox",),
}
# Toxicity decides most; the others may each hold this part of what it may, and only where
# they are likelier than not: "obscene, 8 %" is no reason to show a moderator.
_SHARE_OF_OTHERS = 0.15
_LEAST_OF_OTHERS = 0.5
# Too few positives in training to decide anything: it explains.
_EXPLAINS_ONLY = ("threat",)
_STEPS = 400
# For "of 1,000 comments": how many may be toxic on a site, and the sources whose toxic rows are
# like those under articles, each counting the same.
TOXIC_PARTS = (0.02, 0.05, 0.10, 0.20)
TOXIC_SOURCES = ("jigsaw2018", "cad", "toxic-spans")

Pools = Sequence[Table]


def clean_pools(rows: Sequence[Row], scores: Table) -> Pools:
    """The scores of clean validation rows, texts × labels, one array for each of POOL."""
    return [
        scores[[i for i, r in enumerate(rows) if r.source in sources and not r.is_toxic]]
        for sources in POOL.values()
    ]


def choose_presets(pools: Pools) -> dict[str, dict[str, float]]:
    """Thresholds of each preset: the lowest that keep the union within its rate."""
    return {name: _thresholds(pools, rate) for name, rate in RATES.items()}


def held_part(pools: Pools, thresholds: Mapping[str, float]) -> float:
    """The part of clean texts, averaged over pools, that any attribute holds."""
    return float(np.mean([is_held(scores, thresholds).mean() for scores in pools]))


def of_a_thousand(held_of_clean: float, held_of_toxic: float) -> dict[str, dict[str, int]]:
    """What a preset does to 1,000 comments at several parts of toxic ones (`2 %` …)."""
    figures = {}
    for part in TOXIC_PARTS:
        toxic = 1000 * part
        caught, calm = toxic * held_of_toxic, (1000 - toxic) * held_of_clean
        figures[f"{part:.0%}"] = {
            "held": round(caught + calm),
            "held_and_toxic": round(caught),
            "toxic_and_published": round(toxic - caught),
        }
    return figures


def _thresholds(pools: Pools, rate: float) -> dict[str, float]:
    chosen: dict[str, float] = {}
    for step in range(1, _STEPS + 1):
        thresholds = _at(pools, rate * step / _STEPS)
        if held_part(pools, thresholds) <= rate:
            chosen = thresholds
    return chosen


def _at(pools: Pools, rate: float) -> dict[str, float]:
    """Thresholds at which toxicity alone holds `rate` of the pools, others their share of it."""
    share = rate * _SHARE_OF_OTHERS
    thresholds = {LABELS[0]: _quantile(pools, 0, rate)}
    for column, label in enumerate(LABELS[1:], start=1):
        if label not in _EXPLAINS_ONLY:
            thresholds[label] = max(_quantile(pools, column, share), _LEAST_OF_OTHERS)
    return thresholds


def _quantile(pools: Pools, column: int, rate: float) -> float:
    """The score that `rate` of the pools, each counting the same, reaches; rounded up."""
    values = np.concatenate([scores[:, column] for scores in pools])
    weights = np.concatenate([np.full(len(s), 1 / len(s) / len(pools)) for s in pools])
    order = np.argsort(-values)
    reached = np.cumsum(weights[order])
    place = min(int(np.searchsorted(reached, rate)), len(values) - 1)
    return math.ceil(float(values[order][place]) * 1000 + 1e-6) / 1000
