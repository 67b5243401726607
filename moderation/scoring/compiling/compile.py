"""Compiling a model once for each machine: under a lock, never half-written."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.catalog import find_model
from moderation.scoring.checkpoints.lock import only_one
from moderation.scoring.serving.compiled import (
    check_files,
    compiled_folders,
    folder_for,
    read_facts,
)

# Seconds: a server of the release before may still start again, or an upgrade be taken back.
KEEP_OLD_FOR = 7 * 24 * 3600
_MAKING = ".making-"


def compile_model(model: str, cache: Path, progress: Callable[[str], None]) -> Path:
    """The folder of the compiled model, made now where it is missing or damaged.

    Half-made folders are never seen under the final name, and of two processes one waits for
    the other's. `progress` is told in words what happens. Raises ScorerUnavailable when the
    model's files are missing, not what their hash says, or do not compile.
    """
    found = find_model(model, cache)
    target = folder_for(found, cache)
    if _is_whole(target):
        progress(f"{found.name} is compiled already")
        return target
    with only_one(cache, progress):
        if _is_whole(target):
            return target
        # Torch takes seconds to import: only where there is something to compile.
        from moderation.scoring.compiling.build import build

        _remove(cache.glob(f"{_MAKING}*"), progress)  # under the lock nobody is making one
        made = Path(tempfile.mkdtemp(prefix=_MAKING, dir=cache))
        try:
            build(found, made, progress)
            # Whoever serves may be another user than who compiled.
            made.chmod(0o755)
            shutil.rmtree(target, ignore_errors=True)
            made.rename(target)
        finally:
            shutil.rmtree(made, ignore_errors=True)
        _remove(_old(target, compiled_folders(found.name, cache)), progress)
    progress(f"{found.name} is compiled")
    return target


def _old(target: Path, folders: Iterable[Path]) -> list[Path]:
    """Those beside the target that nothing was written into for KEEP_OLD_FOR."""
    before = time.time() - KEEP_OLD_FOR
    return [path for path in folders if path != target and path.stat().st_mtime < before]


def _remove(folders: Iterable[Path], progress: Callable[[str], None]) -> None:
    for folder in folders:
        progress(f"removing {folder.name}, which is not used any more")
        shutil.rmtree(folder, ignore_errors=True)


def _is_whole(folder: Path) -> bool:
    try:
        check_files(folder, read_facts(folder))
    except ScorerUnavailable:
        return False
    return True
