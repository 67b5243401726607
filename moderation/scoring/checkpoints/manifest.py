"""A model's page of facts, beside its checkpoint: the hash that is trusted, and what goes with it.

Presets stand here and nowhere else, so they belong to the one checkpoint of that hash.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from moderation.errors import ScorerUnavailable

MANIFEST = "manifest.json"

_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
_Threshold = Annotated[float, Field(ge=0, le=1)]
_Weight = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(frozen=True)
class Manifest:
    """What is known of a checkpoint before it is opened."""

    name: str
    sha256: _Sha256
    """Of the checkpoint, 64 hex digits; a file with another hash is never opened."""
    languages: tuple[_Language, ...]
    """ISO 639-1 codes of the languages it was trained on."""
    labels: tuple[str, ...] = ()
    """What it scores; empty where nobody has said so yet."""
    presets: Mapping[str, Mapping[str, _Threshold]] = field(default_factory=dict)
    """Preset → attribute → the probability from which a comment is held."""
    mark_from: _Weight | None = None
    """The weight, in logits, from which an explanation marks a word; None where none was chosen."""
    files: Mapping[str, _Sha256] = field(default_factory=dict)
    """Name → sha256 of the configuration and tokenizer files, where they were recorded."""


_ADAPTER = TypeAdapter(Manifest)


def read_manifest(folder: Path) -> Manifest:
    """The folder's manifest. Raises ScorerUnavailable where it is missing or unusable."""
    path = folder / MANIFEST
    try:
        return _ADAPTER.validate_json(path.read_bytes(), strict=True)
    except OSError as error:
        raise ScorerUnavailable(f"{path} is not readable ({error.strerror})") from error
    except ValidationError as error:
        wrong = error.errors()[0]
        place = ".".join(map(str, wrong["loc"])) or "it"
        raise ScorerUnavailable(
            f"{path} is unusable: {place}: {wrong['msg']}. Correct it, or add the model again"
        ) from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, whole or not at all."""
    made = folder / f".{MANIFEST}"
    made.write_text(json.dumps(asdict(manifest), indent=2, ensure_ascii=False) + "\n", "utf-8")
    os.replace(made, folder / MANIFEST)
