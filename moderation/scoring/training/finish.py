"""From trained weights to a finished folder: calibration, presets, measured quality."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer
from transformers import BertForSequenceClassification

from moderation.scoring.compiling.compile import compile_model
from moderation.scoring.serving.engine import load_scorer
from moderation.scoring.training.calibrate import calibrate, fold_in, reliability
from moderation.scoring.training.data import Row, texts_of
from moderation.scoring.training.evaluate import measure, score_table
from moderation.scoring.training.figures import Flags, is_held
from moderation.scoring.training.infer import logits_of
from moderation.scoring.training.presets import (
    TOXIC_SOURCES,
    choose_presets,
    clean_pools,
    held_part,
    of_a_thousand,
)
from moderation.scoring.training.save import save_model, write_manifest


def calibrate_and_save(
    model: BertForSequenceClassification,
    tokenizer: Tokenizer,
    validation: Sequence[Row],
    home: Path,
) -> None:
    """Fold the calibration into the model and write it, still without presets."""
    lines = calibrate(validation, logits_of(model, tokenizer, texts_of(validation)))
    fold_in(model, lines)
    report(f"calibration: {lines}")
    save_model(model, tokenizer, home)


def finish(home: Path, cache: Path, data: Path, validation: Sequence[Row]) -> None:
    """Choose presets and `mark_from`, measure quality on the served path, and write all down."""
    compile_model(str(home), cache, report)
    scores = score_table(load_scorer(str(home), cache), texts_of(validation))
    pools = clean_pools(validation, scores)
    presets = choose_presets(pools)
    write_manifest(home, presets=presets, mark_from=None, quality={})
    spans = measure(data, load_scorer(str(home), cache), ["spans"])["spans"]
    mark_from = spans["best"]["threshold"]
    write_manifest(home, presets=presets, mark_from=mark_from, quality={})
    quality: dict[str, Any] = {
        "calibration": reliability(validation, scores),
        "validation": {
            name: _validated(validation, is_held(scores, thresholds), held_part(pools, thresholds))
            for name, thresholds in presets.items()
        },
        "tests": measure(data, load_scorer(str(home), cache)),
    }
    write_manifest(home, presets=presets, mark_from=mark_from, quality=quality)
    report(json.dumps({"presets": presets, "quality": quality}, indent=2))


def report(line: str) -> None:
    """Print a line with the time of day, at once."""
    print(time.strftime("%H:%M:%S"), line, flush=True)


def _validated(rows: Sequence[Row], held: Flags, held_of_clean: float) -> dict[str, Any]:
    """What a preset holds of the validation rows: by source, and of 1,000 comments of a site."""
    by_source = _by_source(rows, held)
    recall = float(np.mean([by_source[source]["toxic"] for source in TOXIC_SOURCES]))
    return {
        "held_of_clean": round(held_of_clean, 4),
        "held_of_toxic": round(recall, 4),
        "of_1000": of_a_thousand(held_of_clean, recall),
        "by_source": by_source,
    }


def _by_source(rows: Sequence[Row], held: Flags) -> dict[str, Any]:
    """The part held of each source's clean and toxic validation rows."""
    figures: dict[str, Any] = {}
    for source in sorted({row.source for row in rows}):
        for kind, is_toxic in (("clean", False), ("toxic", True)):
            chosen = [i for i, r in enumerate(rows) if (r.source, r.is_toxic) == (source, is_toxic)]
            if chosen:
                figures.setdefault(source, {})[kind] = round(float(held[chosen].mean()), 4)
    return figures
