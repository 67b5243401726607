"""A compiled model on disk: a folder with graphs, tokenizer, reference scores and a page of facts.

The folder depends on the checkpoint and on how graphs are made, and its name says both. Nothing
in it depends on a machine: which of its graphs serves is settled where it serves (`parity`).
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.catalog import Model
from moderation.scoring.checkpoints.digest import sha256_of

GRAPHS = {"int8": "int8.onnx", "int7": "int7.onnx", "float": "float.onnx"}
"""Kind → file. `int7` has weights of seven bits, for processors whose sums of eight overflow."""
TOKENIZER = "tokenizer.json"
REFERENCE = "reference.json"
FACTS = "compiled.json"
FILES = (*GRAPHS.values(), TOKENIZER, REFERENCE)
REMEDY = "run `flask --app wsgi model compile`"
_SCORING = Path(__file__).parents[1]
# What shapes a compiled folder: how a checkpoint is opened, and all that is made from it.
_EXPORTER = ("checkpoints/checkpoint.py", "compiling/*.py", "compiling/*.txt", "sentences/*.txt")


@dataclass(frozen=True)
class Facts:
    """What serving must know of a compiled model."""

    sha256: str
    """Of the checkpoint, 64 hex digits."""
    labels: tuple[str, ...]
    max_tokens: int
    """The longest input in tokens, the two special ones included."""
    pad_id: int
    files: dict[str, str]
    """Name → sha256 of the files beside this page."""


def folder_for(model: Model, cache: Path) -> Path:
    """Where the model's compiled folder lies, whether or not it exists."""
    made_from = hashlib.sha256(f"{_exporter_digest()}{sorted(model.files.items())}".encode())
    return cache / f"{_stem(model.name)}-{model.digest[:8]}-{made_from.hexdigest()[:8]}"


@cache
def _exporter_digest() -> str:
    """Of the code and texts that make compiled folders: whoever changes them compiles anew."""
    every = hashlib.sha256()
    for path in sorted(path for pattern in _EXPORTER for path in _SCORING.glob(pattern)):
        every.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return every.hexdigest()


def compiled_folders(name: str, cache: Path) -> list[Path]:
    """All that was ever compiled of the model called `name`, by whichever recipe."""
    pattern = re.compile(rf"{_stem(name)}-[0-9a-f]{{8}}-[0-9a-f]{{8}}")
    return [path for path in cache.glob(f"{_stem(name)}-*") if pattern.fullmatch(path.name)]


def _stem(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def write_facts(folder: Path, facts: Facts) -> None:
    """Write the page of facts: the last file, so that its presence means completeness."""
    (folder / FACTS).write_text(json.dumps(asdict(facts), indent=2) + "\n", "utf-8")


def read_facts(folder: Path) -> Facts:
    """The facts of a compiled folder; raises ScorerUnavailable where it is missing or damaged."""
    try:
        return _parse((folder / FACTS).read_text("utf-8"))
    except FileNotFoundError as error:
        raise ScorerUnavailable(f"the model is not compiled here: {REMEDY}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ScorerUnavailable(f"{folder / FACTS} is not readable: {REMEDY}") from error


def check_files(folder: Path, facts: Facts, names: Iterable[str] = FILES) -> None:
    """Raise ScorerUnavailable where one of the folder's files is not what its sha256 says."""
    for name in names:
        try:
            digest = sha256_of(folder / name)
        except OSError as error:
            raise ScorerUnavailable(f"{folder / name} is not readable: {REMEDY}") from error
        if digest != facts.files[name]:
            raise ScorerUnavailable(f"{folder / name} is damaged: {REMEDY}")


def _parse(text: str) -> Facts:
    raw = json.loads(text)
    if set(raw["files"]) != set(FILES):
        raise ValueError("the list of files is not complete")
    return Facts(**{**raw, "labels": tuple(raw["labels"])})
