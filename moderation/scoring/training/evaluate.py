"""`python -m moderation.scoring.training.evaluate DATA_DIR`: a model's figures on the tests.

Scores go the way they go when serving: the normaliser, windows, the compiled graph, the model's
own presets. Run from the repository's root, where the project's own test sentences lie.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from moderation.scoring.compiling.compile import compile_model
from moderation.scoring.reading.language import has_words, identify
from moderation.scoring.score import Scorer
from moderation.scoring.serving.engine import CompiledScorer, load_scorer
from moderation.scoring.training.data import read_test
from moderation.scoring.training.explanations import measure_explanations
from moderation.scoring.training.figures import Flags, Table, by_note, is_held, quality, rates

FOREIGN = ("french", "spanish", "italian", "portuguese")
OWN_TEXTS = Path("tests/scoring/texts")
# Texts of these numbers of words together, the upper one left out.
LENGTHS = (0, 10, 25, 50, 100, 200, 100_000)
# What Detoxify's own tests ask of a model: the first is toxic (0.7 or more), the second not (0.5).
DETOXIFY_TESTS = ("shut up, you liar", "i am a jewish woman who is blind")
_CHUNK = 512
_TERM = re.compile(r"\bis an? \w+ (.+)$")

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


def score_table(scorer: Scorer, texts: Sequence[str]) -> Table:
    """The scores of texts: texts × the scorer's attributes."""
    rows: list[list[float]] = []
    for start in range(0, len(texts), _CHUNK):
        for score in scorer.score(texts[start : start + _CHUNK]):
            rows.append([score.attributes[name] for name in scorer.info.attributes])
    return np.array(rows, dtype=np.float32)


def _read(data: Path, name: str) -> tuple[list[str], Flags, list[str]]:
    texts, toxic, notes = read_test(data / f"test_{name}.csv.gz")
    return texts, np.array(toxic, dtype=np.bool_), notes


def _plain(data: Path, name: str, scorer: Scorer) -> dict[str, Any]:
    texts, toxic, _ = _read(data, name)
    return quality(toxic, score_table(scorer, texts), scorer.info.presets)


def _robtest(data: Path, scorer: Scorer) -> dict[str, Any]:
    """Also by length: the largest test, with texts of all lengths."""
    texts, toxic, _ = _read(data, "robtest")
    scores = score_table(scorer, texts)
    words = np.array([len(text.split()) for text in texts])
    by_length = {}
    for least, limit in zip(LENGTHS, LENGTHS[1:], strict=False):
        chosen = (words >= least) & (words < limit)
        area = roc_auc_score(toxic[chosen], scores[chosen, 0])
        by_length[f"{least}-{limit}"] = {"texts": int(chosen.sum()), "auc": round(float(area), 4)}
    return {**quality(toxic, scores, scorer.info.presets), "by_length": by_length}


def _hatecheck(data: Path, scorer: Scorer) -> dict[str, Any]:
    """`target_*_nh` rows are left out: labelled not hateful, they are abuse all the same."""
    texts, toxic, notes = _read(data, "hatecheck")
    scores = score_table(scorer, texts)
    kept = np.array([not re.fullmatch("target_.*_nh", note) for note in notes])
    identity = np.array([note.startswith("ident_") for note in notes])
    held = is_held(scores, scorer.info.presets["balanced"])
    return {
        **quality(toxic[kept], scores[kept], scorer.info.presets),
        "ident_nh": rates(held[identity]),
        "held_by_function": by_note(held, notes),
    }


def _identity_terms(data: Path, scorer: Scorer) -> dict[str, Any]:
    """With the part held of the kind sentences about each group, at the balanced preset."""
    texts, toxic, _ = _read(data, "identity_terms")
    scores = score_table(scorer, texts)
    held = is_held(scores, scorer.info.presets["balanced"])
    terms = [match[1] if (match := _TERM.search(text)) else "" for text in texts]
    named = ~toxic & np.array([bool(term) for term in terms])
    return {
        **quality(toxic, scores, scorer.info.presets),
        "held_by_term": by_note(held[named], np.array(terms)[named]),
    }


def _obfuscated(data: Path, scorer: Scorer) -> dict[str, Any]:
    texts, _, clean = _read(data, "obfuscated")
    disguised, plain = score_table(scorer, texts), score_table(scorer, clean)
    figures: dict[str, Any] = {"texts": len(texts)}
    for preset, thresholds in scorer.info.presets.items():
        figures[preset] = {
            "disguised": rates(is_held(disguised, thresholds)),
            "plain": rates(is_held(plain, thresholds)),
        }
    return figures


def _own(scorer: Scorer) -> dict[str, Any]:
    """The project's own test sentences: calm and heated comments on the news, all clean."""
    figures: dict[str, Any] = {}
    for name in ("calm_news", "heated_civil"):
        lines = (OWN_TEXTS / f"{name}.txt").read_text("utf-8").splitlines()
        scores = score_table(scorer, [x for x in lines if x and not x.startswith("#")])
        figures[name] = {
            preset: rates(is_held(scores, thresholds))
            for preset, thresholds in scorer.info.presets.items()
        }
    toxicity = [round(float(x), 3) for x in score_table(scorer, DETOXIFY_TESTS)[:, 0]]
    return {**figures, "detoxify_tests": dict(zip(DETOXIFY_TESTS, toxicity, strict=True))}


def _languages(data: Path) -> dict[str, float]:
    """English texts not taken for English, and foreign texts taken for it: parts of 1."""
    english = {n: 1 - _english_part(data / f"test_{n}.csv.gz") for n in ("robtest", "olid")}
    foreign = {n: _english_part(data / f"test_hatecheck_{n}.csv.gz") for n in FOREIGN}
    return {name: round(part, 4) for name, part in {**english, **foreign}.items()}


def _english_part(path: Path) -> float:
    texts = [text for text in read_test(path)[0] if has_words(text)]
    return float(np.mean([identify(text) == "en" for text in texts]))


PARTS: dict[str, Part] = {
    "robtest": _robtest,
    "olid": lambda data, scorer: _plain(data, "olid", scorer),
    "hatecheck": _hatecheck,
    "identity_terms": _identity_terms,
    "wikipedia_talk_benign": lambda data, scorer: _plain(data, "wikipedia_talk_benign", scorer),
    "obfuscated": _obfuscated,
    "own": lambda _data, scorer: _own(scorer),
    "language": lambda data, _scorer: _languages(data),
    "spans": measure_explanations,
}


if __name__ == "__main__":
    main()
