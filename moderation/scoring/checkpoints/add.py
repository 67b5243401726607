"""Adding a model from files on this machine: copied, trusted by its hash, whole or not at all."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.catalog import CHECKPOINT, NAME, checkpoints, folder_of
from moderation.scoring.checkpoints.digest import sha256_of
from moderation.scoring.checkpoints.manifest import (
    MANIFEST,
    Manifest,
    read_manifest,
    write_manifest,
)
from moderation.scoring.checkpoints.official import OFFICIAL

CONFIGURATION = "config.json"
_ADDING = ".adding-"
# Seconds after which a folder that is still being made was left by a killed process.
_ABANDONED_AFTER = 24 * 3600
# All that transformers looks for beside it; nothing that is code, and no weights.
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
)
_VOCABULARIES = {
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "sentencepiece.bpe.model",
}


@dataclass(frozen=True)
class Source:
    """A model's files as somebody brought them."""

    checkpoint: Path
    folder: Path
    """Holds the configuration and the tokenizer."""
    files: tuple[str, ...]
    """Which of the known ones are there."""

    @property
    def official(self) -> str | None:
        """The official name whose release file is called like the checkpoint."""
        return next((n for n, o in OFFICIAL.items() if o.file == self.checkpoint.name), None)


def find_source(path: Path, config: Path | None = None) -> Source:
    """The files of a model: `path` is their folder, or the checkpoint itself.

    `config` is the folder of configuration and tokenizer, by default the checkpoint's own.
    Raises ScorerUnavailable naming what is missing.
    """
    checkpoint = _only_checkpoint(path) if path.is_dir() else path
    folder = config or checkpoint.parent
    files = tuple(name for name in TOKENIZER_FILES if (folder / name).is_file())
    if not (folder / CONFIGURATION).is_file():
        raise ScorerUnavailable(
            f"{folder} has no {CONFIGURATION}: give the folder of the base model's configuration "
            "and tokenizer with --config"
        )
    if not _VOCABULARIES & set(files):
        raise ScorerUnavailable(
            f"{folder} has no tokenizer: one of {', '.join(sorted(_VOCABULARIES))} must lie there"
        )
    return Source(checkpoint, folder, (CONFIGURATION, *files))


@contextmanager
def staged(source: Source, name: str, cache: Path) -> Iterator[tuple[Path, Manifest]]:
    """A fresh folder with copies of the files, and a first manifest; gone at the end.

    The manifest has the copy's hash and what the source's own manifest says of this very hash;
    it is not written yet, so nothing can open the copy. Raises ScorerUnavailable for a name that
    is taken or cannot be one.
    """
    _require_free(name, cache)
    checkpoints(cache).mkdir(parents=True, exist_ok=True)
    _remove_abandoned(checkpoints(cache))
    folder = Path(tempfile.mkdtemp(prefix=_ADDING, dir=checkpoints(cache)))
    try:
        for file in source.files:
            shutil.copyfile(source.folder / file, folder / file)
        shutil.copyfile(source.checkpoint, folder / CHECKPOINT)
        yield folder, _first_manifest(source, name, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def settle(folder: Path, manifest: Manifest, cache: Path) -> None:
    """Give a staged folder its place; from then on the model is known by its name."""
    write_manifest(folder, manifest)
    if manifest.name in OFFICIAL:
        (folder / CHECKPOINT).rename(folder / OFFICIAL[manifest.name].file)
    folder.chmod(0o755)
    folder.rename(folder_of(manifest.name, cache))


def _remove_abandoned(folder: Path) -> None:
    for left in folder.glob(f"{_ADDING}*"):
        if time.time() - left.stat().st_mtime > _ABANDONED_AFTER:
            shutil.rmtree(left, ignore_errors=True)


def _only_checkpoint(folder: Path) -> Path:
    found = sorted(folder.glob("*.ckpt"))
    if len(found) != 1:
        raise ScorerUnavailable(
            f"{folder} holds {len(found)} files *.ckpt: name the checkpoint itself, and its "
            "folder with --config"
        )
    return found[0]


def _require_free(name: str, cache: Path) -> None:
    if name == "home" or not NAME.fullmatch(name):
        raise ScorerUnavailable(
            f"a model cannot be called {name!r}: give another --name of small letters, digits "
            "and hyphens, at most 40"
        )
    if folder_of(name, cache).exists():
        raise ScorerUnavailable(
            f"there are files of a model {name} already: give another --name, or run "
            f"`flask --app wsgi model remove {name}` first"
        )


def _first_manifest(source: Source, name: str, folder: Path) -> Manifest:
    digest = sha256_of(folder / CHECKPOINT)
    files = {file: sha256_of(folder / file) for file in source.files}
    known = OFFICIAL.get(name)
    manifest = Manifest(
        name=name,
        sha256=digest,
        languages=tuple(sorted(known.languages)) if known else (),
        files=files,
    )
    if known and not digest.startswith(known.digest):
        raise ScorerUnavailable(
            f"{source.checkpoint} is not Detoxify's {name}: its sha256 begins {digest[:8]}, "
            f"expected {known.digest}; give another --name if it is a model of your own"
        )
    return _with_own_facts(manifest, source.folder)


def _with_own_facts(manifest: Manifest, folder: Path) -> Manifest:
    """What the source's manifest says, if it is of the same checkpoint; else nothing of it."""
    if not (folder / MANIFEST).is_file():
        return manifest
    own = read_manifest(folder)
    if own.sha256 != manifest.sha256:
        return manifest
    return replace(
        manifest,
        languages=manifest.languages or own.languages,
        presets=own.presets,
        mark_from=own.mark_from,
    )
