"""Which models there are: the one in the box, Detoxify's own, and folders like the one in the box.

A model is known by the sha256 of its checkpoint, from its manifest or, for an official one,
from its file's name. Only a checkpoint whose hash matches is ever opened.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from moderation.errors import ScorerUnavailable

HOME = Path(__file__).parent.parent / "home"
CHECKPOINT = "checkpoint.ckpt"
MANIFEST = "manifest.json"

# Detoxify's release files; what follows the last hyphen is the start of their sha256.
OFFICIAL_FILES = {
    "original": "toxic_original-c1212f89.ckpt",
    "unbiased": "toxic_debiased-c7548aa0.ckpt",
    "multilingual": "multilingual_debiased-0b549669.ckpt",
    "original-small": "original-albert-0e1d6498.ckpt",
    "unbiased-small": "unbiased-albert-c8519128.ckpt",
}
_ENGLISH = frozenset({"en"})
_MULTILINGUAL = frozenset({"en", "fr", "es", "it", "pt", "tr", "ru"})


@dataclass(frozen=True)
class Model:
    """Where a model's files lie and what is known of it before it is opened."""

    name: str
    folder: Path
    """Holds config.json and the tokenizer's files."""
    checkpoint: Path
    digest: str
    """The checkpoint's sha256 in hex: all of it, or its first 8 digits for an official one."""
    languages: frozenset[str]
    presets: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: _NO_PRESETS)


_NO_PRESETS: Mapping[str, Mapping[str, float]] = MappingProxyType({})


def find_model(model: str, cache: Path) -> Model:
    """The model called `home`, an official name, or that of a folder with a manifest.

    An official model's files are expected under `checkpoints/NAME/` beside the cache folder.
    Raises ScorerUnavailable for an unknown name and for a folder without a usable manifest.
    """
    if model == "home":
        return _from_folder(HOME)
    if model in OFFICIAL_FILES:
        return _official(model, cache.parent / "checkpoints" / model)
    folder = Path(model)
    if folder.is_dir():
        return _from_folder(folder.resolve())
    names = ", ".join(["home", *OFFICIAL_FILES])
    raise ScorerUnavailable(f"no model {model!r}: use one of {names}, or an existing folder")


def _official(name: str, folder: Path) -> Model:
    file = OFFICIAL_FILES[name]
    return Model(
        name=name,
        folder=folder,
        checkpoint=folder / file,
        digest=Path(file).stem.rpartition("-")[2],
        languages=_MULTILINGUAL if name == "multilingual" else _ENGLISH,
    )


def _from_folder(folder: Path) -> Model:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        return Model(
            name=str(manifest["name"]),
            folder=folder,
            checkpoint=folder / CHECKPOINT,
            digest=_whole_digest(manifest["sha256"]),
            languages=frozenset(manifest["languages"]),
            presets=manifest.get("presets", _NO_PRESETS),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ScorerUnavailable(
            f"{folder / MANIFEST} is missing or unusable ({error!r}): it must name the model, "
            "its languages and the sha256 of its checkpoint"
        ) from error


def _whole_digest(digest: str) -> str:
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError("sha256 is not 64 hex digits")
    return digest
