"""`python -m moderation.scoring.compile MODEL CACHE_DIR`: compile a model, once for each machine.

Run in a process of its own: it takes torch and a gigabyte of memory, which serving must not.
"""

import argparse
import fcntl
import logging
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from moderation.errors import ScorerUnavailable
from moderation.scoring.catalog import find_model
from moderation.scoring.compiled import folder_for, read_facts


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
    with _only_one(cache, progress):
        if _is_whole(target):
            return target
        # Torch takes seconds to import: only where there is something to compile.
        from moderation.scoring.build import build

        made = Path(tempfile.mkdtemp(prefix=".making-", dir=cache))
        try:
            build(found, made, progress)
            shutil.rmtree(target, ignore_errors=True)
            made.rename(target)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    progress(f"{found.name} is compiled")
    return target


def main() -> int:
    """The command line; 0 when the model is compiled, 1 with a sentence when it is not."""
    parser = argparse.ArgumentParser(prog="python -m moderation.scoring.compile")
    parser.add_argument("model", help="home, an official Detoxify name, or a folder")
    parser.add_argument("cache", type=Path, help="folder of compiled models")
    options = parser.parse_args()
    _quieten_libraries()
    try:
        compile_model(options.model, options.cache, lambda line: print(line, flush=True))
    except ScorerUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _quieten_libraries() -> None:
    """Leave the lines to `progress`, and the network alone; before any of them is imported."""
    os.environ.update(
        HF_HUB_OFFLINE="1", HF_HUB_DISABLE_PROGRESS_BARS="1", TRANSFORMERS_VERBOSITY="error"
    )
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")


def _is_whole(folder: Path) -> bool:
    try:
        read_facts(folder)
    except ScorerUnavailable:
        return False
    return True


@contextmanager
def _only_one(cache: Path, progress: Callable[[str], None]) -> Iterator[None]:
    """Hold the cache's lock; it goes with the process, however that ends."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another process that is compiling")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
