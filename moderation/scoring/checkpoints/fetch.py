"""Fetching one of Detoxify's released models: the checkpoint, its configuration, its tokenizer.

The checkpoint's hash is known before: its first 8 digits from its name, as torch.hub checks
them. Of the other files, which nothing unpickles, the hub's revision is known. The whole hashes
of all are written down with the first fetch, and from then on nothing else counts as the model.
"""

from collections.abc import Callable
from pathlib import Path

from moderation.scoring.checkpoints.catalog import folder_of
from moderation.scoring.checkpoints.digest import sha256_of
from moderation.scoring.checkpoints.download import Watch, download
from moderation.scoring.checkpoints.lock import only_one
from moderation.scoring.checkpoints.manifest import (
    MANIFEST,
    Manifest,
    read_manifest,
    write_manifest,
)
from moderation.scoring.checkpoints.official import OFFICIAL

BASE_FILES = ("config.json", "tokenizer_config.json", "tokenizer.json")
# The largest released checkpoint has 1.1 GB, the largest tokenizer 9 MB.
MOST_CHECKPOINT = 2_000_000_000
MOST_OTHER = 40_000_000


def fetch_model(name: str, cache: Path, watch: Watch, say: Callable[[str], None]) -> Manifest:
    """Fetch what is missing or damaged of an official model into `checkpoints/NAME/`.

    `watch` shows a file's progress, `say` is told in words why it waits. Raises
    ScorerUnavailable, naming the remedy, where a file does not come or is not the right one.
    """
    official, folder = OFFICIAL[name], folder_of(name, cache)
    with only_one(folder.parent, say):
        old = read_manifest(folder) if (folder / MANIFEST).exists() else None
        pinned = old.files if old else {}
        files = {
            file: _fetch(official.base + file, folder / file, pinned.get(file, ""), watch)
            for file in BASE_FILES
        }
        digest = old.sha256 if old else official.digest
        manifest = Manifest(
            name=name,
            sha256=_fetch(official.address, folder / official.file, digest, watch, MOST_CHECKPOINT),
            languages=tuple(sorted(official.languages)),
            labels=official.labels,
            presets=old.presets if old else {},
            mark_from=old.mark_from if old else None,
            files=files,
        )
        write_manifest(folder, manifest)
    return manifest


def _fetch(address: str, target: Path, digest: str, watch: Watch, most: int = MOST_OTHER) -> str:
    """The file's sha256, after fetching it where it is not here already."""
    if digest and target.is_file():
        found = sha256_of(target)
        if found.startswith(digest):
            return found
    return download(address, target, digest=digest, most=most, watch=watch)
