"""`python -m moderation.scoring.training.evaluate DATA_DIR`: a model's figures on the tests.

Scores go the way they go when serving: the compiled graph, windows, the model's own presets.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from moderation.scoring.compiling.compile import compile_model
from moderation.scoring.reading.language import has_words, identify
from moderation.scoring.score import Scorer
from moderation.scoring.serving.engine import CompiledScorer, load_scorer
from moderation.scoring.training.data import read_test
from moderation.scoring.training.explanations import measure_explanations

FOREIGN = ("french", "spanish", "italian", "portuguese")
_ROUNDS = 200
_CHUNK = 512

Numbers = npt.NDArray[np.float64]
Part = Callable[[Path, CompiledScorer], dict[str, Any]]


def measure(data: Path, scorer: CompiledScorer, only: Sequence[str] = ()) -> dict[str, Any]:
    """Every figure of the model card, or those of `only`, by test and name."""
    return {name: part(data, scorer) for name, part in PARTS.items() if not only or name in only}


def main() -> None:
    """Compile the model where needed, measure, print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m moderation.scoring.training.evaluate")
    parser.add_argument("data", type=Path, help="folder with the test files")
    parser.add_argument("--model", default="home", help="home, an official name, or a folder")
    parser.add_argument("--cache", type=Path, default=Path("instance/cache/models"))
    parser.add_argument("--only", nargs="+", choices=PARTS, default=[], help="these figures only")
    options = parser.parse_args()
    compile_model(options.model, options.cache, lambda line: print(line, file=sys.stderr))
    scorer = load_scorer(options.model, options.cache)
    print(json.dumps(measure(options.data, scorer, options.only), indent=2))


def score_table(scorer: Scorer, texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """The scores of texts: texts × the scorer's attributes."""
    rows: list[list[float]] = []
    for start in range(0, len(texts), _CHUNK):
        for score in scorer.score(texts[start : start + _CHUNK]):
            rows.append([score.attributes[name] for name in scorer.info.attributes])
    return np.array(rows, dtype=np.float32)


def held_at(table: npt.NDArray[np.float32], scorer: Scorer, preset: str) -> npt.NDArray[np.bool_]:
    """Which rows of `score_table` any attribute's threshold in the preset holds."""
    thresholds = scorer.info.presets[preset]
    columns = [scorer.info.attributes.index(name) for name in thresholds]
    reached = table[:, columns] >= list(thresholds.values())
    return np.asarray(np.any(reached, axis=1), dtype=np.bool_)


def _quality(data: Path, name: str, scorer: Scorer) -> dict[str, Any]:
    texts, toxic, _ = read_test(data / f"test_{name}.csv.gz")
    return _figures(np.array(toxic), score_table(scorer, texts), scorer)


def _figures(toxic: Numbers, table: npt.NDArray[np.float32], scorer: Scorer) -> dict[str, Any]:
    toxicity = table[:, scorer.info.attributes.index("toxicity")]
    figures: dict[str, Any] = {"texts": len(toxic), "toxic": int(toxic.sum())}
    figures["auc"] = round(float(roc_auc_score(toxic, toxicity)), 4)
    figures["auc_95"] = _interval(toxic, toxicity)
    for preset in scorer.info.presets:
        held = held_at(table, scorer, preset)
        figures[preset] = {
            "false_positive_rate": round(float(held[toxic == 0].mean()), 4),
            "recall": round(float(held[toxic == 1].mean()), 4),
        }
    return figures


def _interval(toxic: Numbers, scores: npt.NDArray[np.float32]) -> list[float]:
    """The 95 % interval of the AUC, by resampling the texts."""
    chance = np.random.default_rng(0)
    areas = []
    for _ in range(_ROUNDS):
        drawn = chance.integers(0, len(toxic), len(toxic))
        areas.append(roc_auc_score(toxic[drawn], scores[drawn]))
    return [round(float(x), 4) for x in np.quantile(areas, (0.025, 0.975))]


def _hatecheck(data: Path, scorer: Scorer) -> dict[str, Any]:
    """`target_*_nh` rows are left out: labelled not hateful, they are abuse all the same."""
    texts, toxic, notes = read_test(data / "test_hatecheck.csv.gz")
    table = score_table(scorer, texts)
    kept = np.array([not (n.startswith("target_") and n.endswith("_nh")) for n in notes])
    figures = _figures(np.array(toxic)[kept], table[kept], scorer)
    if "balanced" in scorer.info.presets:
        held = held_at(table, scorer, "balanced")
        figures["held_by_function"] = {
            note: round(float(held[np.array(notes) == note].mean()), 2)
            for note in sorted(set(notes))
        }
    return figures


def _obfuscated(data: Path, scorer: Scorer) -> dict[str, Any]:
    texts, _, clean = read_test(data / "test_obfuscated.csv.gz")
    tables = score_table(scorer, texts), score_table(scorer, clean)
    return {
        "texts": len(texts),
        **{
            preset: {
                "recall": round(float(held_at(tables[0], scorer, preset).mean()), 4),
                "recall_on_the_clean_texts": round(
                    float(held_at(tables[1], scorer, preset).mean()), 4
                ),
            }
            for preset in scorer.info.presets
        },
    }


def _languages(data: Path) -> dict[str, float]:
    """English texts not taken for English, and foreign texts taken for it: parts of 1."""
    english = {n: 1 - _english_part(data / f"test_{n}.csv.gz") for n in ("robtest", "olid")}
    foreign = {n: _english_part(data / f"test_hatecheck_{n}.csv.gz") for n in FOREIGN}
    return {name: round(part, 4) for name, part in {**english, **foreign}.items()}


def _english_part(path: Path) -> float:
    texts = [text for text in read_test(path)[0] if has_words(text)]
    return float(np.mean([identify(text) == "en" for text in texts]))


def _quality_of(name: str) -> Part:
    return lambda data, scorer: _quality(data, name, scorer)


PARTS: dict[str, Part] = {
    "robtest": _quality_of("robtest"),
    "olid": _quality_of("olid"),
    "hatecheck": _hatecheck,
    "identity_terms": _quality_of("identity_terms"),
    "wikipedia_talk_benign": _quality_of("wikipedia_talk_benign"),
    "obfuscated": _obfuscated,
    "language": lambda data, _scorer: _languages(data),
    "spans": measure_explanations,
}


if __name__ == "__main__":
    main()
