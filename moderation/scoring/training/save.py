"""Writing the finished model as a folder that Detoxify and the product both load."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import BertForSequenceClassification

from moderation.scoring.checkpoints.catalog import CHECKPOINT
from moderation.scoring.checkpoints.digest import sha256_of
from moderation.scoring.checkpoints.manifest import MANIFEST
from moderation.scoring.labels import LABELS
from moderation.scoring.training.encoder import START

# Relative to the repository's root, from where plain Detoxify then needs no hub.
PLACE = "moderation/scoring/home"
VERSION = "3"
# What made this version; VERSION_2 is the checkpoint that lay in PLACE before (df470e826822).
RECIPE = (
    "python -m moderation.scoring.training DATA_DIR OUT_DIR --start VERSION_2"
    " --epochs 2 --draws 2 --minutes 62 --keep 0.15"
)
_TOKENIZER_CONFIG = {
    "tokenizer_class": "BertTokenizer",
    "do_lower_case": True,
    "model_max_length": 512,
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
_SOURCES = {
    "start": f"{START}; trained before, as versions 1 (b434ea0a81b3) and 2 (df470e826822)",
    "jigsaw2018": "CC0; texts from Wikipedia talk pages, CC BY-SA 3.0",
    "cad": "Contextual Abuse Dataset 1.1, CC BY 4.0",
    "hatexplain": "MIT",
    "davidson": "MIT",
    "goemotions-positive": "GoEmotions, CC BY 4.0",
    "paradetox": "CC0",
    "toxic-spans": "SemEval-2021 task 5 (Civil Comments), CC0",
    "hatemoji-build": "CC BY 4.0",
    "toxigen-demos": "MIT",
    "own": "sentences written for this project",
}


def save_model(model: BertForSequenceClassification, tokenizer: Tokenizer, folder: Path) -> None:
    """Write checkpoint (half precision), configuration, tokenizer, and a first manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: tensor.half() for name, tensor in model.state_dict().items()}
    torch.save({"config": _detoxify_config(), "state_dict": state}, folder / CHECKPOINT)
    config = {**model.config.to_dict(), "architectures": [type(model).__name__], "dtype": "float32"}
    # The path of the start on this machine is nobody's business.
    config.pop("_name_or_path", None)
    _write(folder / "config.json", config)
    _write(folder / "tokenizer_config.json", _TOKENIZER_CONFIG)
    tokenizer.save(str(folder / "tokenizer.json"))
    write_manifest(folder, presets={}, mark_from=None, quality={})


def write_manifest(
    folder: Path,
    *,
    presets: Mapping[str, Mapping[str, float]],
    mark_from: float | None,
    quality: Mapping[str, Any],
) -> None:
    """Write what is known of the checkpoint in the folder; it pins the checkpoint's hash.

    `mark_from` is the weight from which a word is marked, None where none was chosen yet.
    """
    checkpoint = folder / CHECKPOINT
    manifest = {
        "name": "home",
        "version": VERSION,
        "sha256": sha256_of(checkpoint),
        "size": checkpoint.stat().st_size,
        "licence": "Apache-2.0 for the start; see the sources for the data",
        "sources": _SOURCES,
        "recipe": RECIPE,
        "recipe_commit": _commit(),
        "languages": ["en"],
        "labels": list(LABELS),
        "presets": presets,
        "mark_from": mark_from,
        "quality": quality,
    }
    _write(folder / MANIFEST, manifest)


def _commit() -> str | None:
    """The commit of the recipe at work, where it lies in a git checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603, our own words
    return done.stdout.strip() or None


def _detoxify_config() -> dict[str, Any]:
    arch = {
        "model_type": PLACE,
        "model_name": "BertForSequenceClassification",
        "tokenizer_name": "BertTokenizer",
        "num_classes": len(LABELS),
    }
    return {"arch": {"args": arch}, "dataset": {"args": {"classes": list(LABELS)}}}


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
