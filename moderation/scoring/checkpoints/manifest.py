"""A model's page of facts, beside its checkpoint: the hash that is trusted, and what goes with it.

Presets stand here and nowhere else, so they belong to the one checkpoint of that hash.
"""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from moderation.errors import ScorerUnavailable

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """What is known of a checkpoint before it is opened."""

    name: str
    sha256: str
    """Of the checkpoint, 64 hex digits; a file with another hash is never opened."""
    languages: tuple[str, ...]
    """ISO 639-1 codes of the languages it was trained on."""
    labels: tuple[str, ...] = ()
    """What it scores; empty where nobody has said so yet."""
    presets: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Preset → attribute → the probability from which a comment is held."""
    mark_from: float | None = None
    """The weight, in logits, from which an explanation marks a word; None where none was chosen."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Name → sha256 of the configuration and tokenizer files, where they were recorded."""


def read_manifest(folder: Path) -> Manifest:
    """The folder's manifest. Raises ScorerUnavailable where it is missing or unusable."""
    try:
        return _parse(json.loads((folder / MANIFEST).read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ScorerUnavailable(
            f"{folder / MANIFEST} is missing or unusable ({error!r}): it must name the model, "
            "its languages and the sha256 of its checkpoint"
        ) from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, whole or not at all."""
    made = folder / f".{MANIFEST}"
    made.write_text(json.dumps(asdict(manifest), indent=2, ensure_ascii=False) + "\n", "utf-8")
    os.replace(made, folder / MANIFEST)


def _parse(raw: dict[str, Any]) -> Manifest:
    return Manifest(
        name=str(raw["name"]),
        sha256=whole_digest(raw["sha256"]),
        languages=tuple(raw["languages"]),
        labels=tuple(raw.get("labels", ())),
        presets=raw.get("presets", {}),
        mark_from=_weight(raw.get("mark_from")),
        files=dict(raw.get("files", {})),
    )


def _weight(raw: Any) -> float | None:
    """The same. Raises ValueError where it is neither a finite number nor None."""
    if raw is None or (type(raw) in (int, float) and abs(raw) < math.inf):
        return raw  # type: ignore[no-any-return]
    raise ValueError(
        "mark_from is no number: evaluate --only spans prints the best, or leave it out"
    )


def whole_digest(digest: str) -> str:
    """The same 64 hex digits. Raises ValueError where they are anything else."""
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError("sha256 is not 64 hex digits")
    return digest
