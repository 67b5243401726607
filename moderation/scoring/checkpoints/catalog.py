"""Which models there are: the one in the box, Detoxify's own, added ones, and other folders.

A model is known by the sha256 of its checkpoint, from its manifest or, for an official one that
was put in place by hand, from its file's name. Only a checkpoint whose hash matches is ever opened.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.manifest import MANIFEST, read_manifest
from moderation.scoring.checkpoints.official import OFFICIAL

HOME = Path(__file__).parent.parent / "home"
CHECKPOINT = "checkpoint.ckpt"
# Where no `mark_from` was chosen for a model: what was best for the first one in the box.
MARK_FROM = 1.6
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
"""What an added model may be called."""


@dataclass(frozen=True)
class Model:
    """Where a model's files lie and what is known of it before it is opened."""

    name: str
    folder: Path
    """Holds config.json and the tokenizer's files."""
    checkpoint: Path
    digest: str
    """The checkpoint's sha256 in hex, or its first 8 digits where only those are known."""
    languages: frozenset[str]
    labels: tuple[str, ...] = ()
    presets: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    mark_from: float = MARK_FROM
    """The weight, in logits, from which an explanation marks a word."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Name → sha256 of the folder's other files, as far as they are pinned."""


def find_model(model: str, cache: Path) -> Model:
    """The model called `home`, an official or added name, or that of a folder with a manifest.

    Files of official and added models lie in `checkpoints/NAME/` beside the cache folder.
    Raises ScorerUnavailable for an unknown name and for a folder without a usable manifest.
    """
    if model == "home":
        return _from_folder(HOME)
    if model in OFFICIAL:
        return _official(model, folder_of(model, cache))
    if model in added_models(cache):
        return _from_folder(folder_of(model, cache))
    folder = Path(model)
    if _is_folder(folder):
        return _from_folder(folder.resolve())
    names = ", ".join(known_models(cache))
    raise ScorerUnavailable(f"no model {model!r}: use one of {names}, or an existing folder")


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # too long for a name, or with a NUL in it
        return False


def known_models(cache: Path) -> list[str]:
    """The names of all models: the one in the box, the official ones, the added ones."""
    return ["home", *OFFICIAL, *added_models(cache)]


def added_models(cache: Path) -> list[str]:
    """The names of the models that were added on this machine."""
    found = (path.parent.name for path in checkpoints(cache).glob(f"*/{MANIFEST}"))
    return sorted(name for name in found if NAME.fullmatch(name) and name not in OFFICIAL)


def checkpoints(cache: Path) -> Path:
    """The folder of checkpoints, beside that of compiled models."""
    return cache.parent / "checkpoints"


def folder_of(name: str, cache: Path) -> Path:
    """Where an official or added model's files lie, whether or not they do."""
    return checkpoints(cache) / name


def _official(name: str, folder: Path) -> Model:
    official = OFFICIAL[name]
    if (folder / MANIFEST).exists():
        return _pinned(name, folder)
    return Model(
        name=name,
        folder=folder,
        checkpoint=folder / official.file,
        digest=official.digest,
        languages=official.languages,
        labels=official.labels,
    )


def _pinned(name: str, folder: Path) -> Model:
    official = OFFICIAL[name]
    found = _from_folder(folder, official.file)
    if not found.digest.startswith(official.digest):
        raise ScorerUnavailable(
            f"{folder / MANIFEST} is of another checkpoint than Detoxify's {name}: "
            f"remove {folder} and fetch the model again"
        )
    return found


def _from_folder(folder: Path, checkpoint: str = CHECKPOINT) -> Model:
    manifest = read_manifest(folder)
    return Model(
        name=manifest.name,
        folder=folder,
        checkpoint=folder / checkpoint,
        digest=manifest.sha256,
        languages=frozenset(manifest.languages),
        labels=manifest.labels,
        presets=manifest.presets,
        mark_from=MARK_FROM if manifest.mark_from is None else manifest.mark_from,
        files=manifest.files,
    )
