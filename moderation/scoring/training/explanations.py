"""How well explanations find the words that raters marked, and how often they mark clean texts."""

import csv
import gzip
import json
import math
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from moderation.scoring.serving.engine import CompiledScorer
from moderation.scoring.serving.explain import Weighed, mark
from moderation.scoring.training.data import read_test

# Comments as they come; what other tests call clean was picked for being hard.
CLEAN = "wikipedia_talk_benign"
CLEAN_TEXTS = 300
PRESET = "balanced"
MOST_CLEAN_MARKED = 0.02
_ATTRIBUTES = ("toxicity",)
_THRESHOLDS = [n / 10 for n in range(-50, 300)]


class _Post(NamedTuple):
    """A text of test_spans: which characters raters marked, and its weighed words."""

    text: str
    marked: frozenset[int]
    words: Sequence[Weighed]


class _Clean(NamedTuple):
    """A clean text: whether it is held all the same, and the weight of its heaviest word."""

    is_held: bool
    heaviest: float


def measure_explanations(data: Path, scorer: CompiledScorer) -> dict[str, Any]:
    """Character F1 on test_spans, as SemEval-2021 task 5 defines it, and marks in clean texts.

    The best threshold is the one with the highest F1 on even rows, among those by which at most
    2 % of the clean texts are held and marked. The manifest's `mark_from` should be that;
    `odd_rows` of `in_force`, the one the scorer uses, is the figure to report.
    """
    began = time.process_time()
    posts = [_Post(t, m, scorer.weigh(t, _ATTRIBUTES)) for t, m in read_spans(data)]
    seconds = time.process_time() - began
    clean = _read_clean(data, scorer)
    best = _best_threshold(posts[0::2], clean)
    return {
        "texts": len(posts),
        "milliseconds": round(1000 * seconds / len(posts), 1),
        **{
            name: {
                "threshold": threshold,
                "even_rows": round(_quality(posts[0::2], threshold), 4),
                "odd_rows": round(_quality(posts[1::2], threshold), 4),
                "clean_held_and_marked": _marked_part(clean, threshold, only_held=True),
                "clean_marked_if_all_were_held": _marked_part(clean, threshold, only_held=False),
            }
            for name, threshold in (("best", best), ("in_force", scorer.info.mark_from))
        },
    }


def read_spans(data: Path) -> list[tuple[str, frozenset[int]]]:
    """The texts of test_spans with the offsets of the characters that raters found toxic."""
    path = data / "test_spans.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return [(row["text"], frozenset(json.loads(row["spans"]))) for row in csv.DictReader(file)]


def character_f1(found: frozenset[int], marked: frozenset[int]) -> float:
    """F1 of two sets of offsets: 1 where both are empty, 0 where one is (SemEval-2021 task 5)."""
    if not found or not marked:
        return float(found == marked)
    return 2 * len(found & marked) / (len(found) + len(marked))


def _read_clean(data: Path, scorer: CompiledScorer) -> list[_Clean]:
    texts, toxic, _ = read_test(data / f"test_{CLEAN}.csv.gz")
    clean = [text for text, is_toxic in zip(texts, toxic, strict=True) if not is_toxic]
    return [_look_at(text, scorer) for text in clean[:CLEAN_TEXTS]]


def _look_at(text: str, scorer: CompiledScorer) -> _Clean:
    limits = scorer.info.presets.get(PRESET, {})
    [score] = scorer.score([text])
    weights = (word.weight for word in scorer.weigh(text, _ATTRIBUTES))
    return _Clean(
        is_held=any(score.attributes[name] >= limit for name, limit in limits.items()),
        heaviest=max(weights, default=-math.inf),
    )


def _best_threshold(posts: Sequence[_Post], clean: Sequence[_Clean]) -> float:
    qualities = {
        threshold: _quality(posts, threshold)
        for threshold in _THRESHOLDS
        if _marked_part(clean, threshold, only_held=True) <= MOST_CLEAN_MARKED
    }
    return max(qualities, key=lambda threshold: (qualities[threshold], threshold))


def _marked_part(clean: Sequence[_Clean], threshold: float, *, only_held: bool) -> float:
    """The part, 0..1, of clean texts that are explained with any mark.

    Only held comments are explained when serving; without `only_held`, as if all were.
    """
    marked = (t.heaviest >= threshold and (t.is_held or not only_held) for t in clean)
    return round(_mean(marked), 4)


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def _quality(posts: Sequence[_Post], threshold: float) -> float:
    return float(np.mean([character_f1(_offsets(post, threshold), post.marked) for post in posts]))


def _offsets(post: _Post, threshold: float) -> frozenset[int]:
    words = [(word.start, word.end) for word in post.words if word.weight >= threshold]
    return frozenset(i for span in mark(post.text, words) for i in range(*span))
