"""A compiled model on disk: a folder with the graph, the tokenizer and a page of facts.

The folder's name says what it depends on, the checkpoint and the exporter, and nothing else;
whoever changes how graphs are made raises RECIPE, and every machine compiles anew.
"""

import json
import re
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.catalog import Model
from moderation.scoring.checkpoints.digest import sha256_of

RECIPE = 2
GRAPH = "graph.onnx"
TOKENIZER = "tokenizer.json"
FACTS = "compiled.json"
REMEDY = "run `flask --app wsgi model compile`"


@dataclass(frozen=True)
class Facts:
    """What serving must know of a compiled model."""

    sha256: str
    """Of the checkpoint, 64 hex digits."""
    kind: str
    """`int8`, or `float` where the quantised graph was not true enough."""
    labels: tuple[str, ...]
    max_tokens: int
    """The longest input in tokens, the two special ones included."""
    pad_id: int
    files: dict[str, str]
    """Name → sha256 of the files beside this page."""


def folder_for(model: Model, cache: Path) -> Path:
    """Where the model's compiled folder lies, whether or not it exists."""
    name = re.sub(r"[^a-z0-9]+", "-", model.name.lower()).strip("-")
    return cache / f"{name}-{model.digest[:8]}-{RECIPE}-ort{version('onnxruntime')}"


def compiled_folders(name: str, cache: Path) -> list[Path]:
    """All that was ever compiled of the model called `name`, by whichever recipe."""
    pattern = re.compile(rf"{re.escape(name)}-[0-9a-f]{{8}}-\d+-ort[\d.]+")
    return [path for path in cache.glob(f"{name}-*") if pattern.fullmatch(path.name)]


def write_facts(folder: Path, facts: Facts) -> None:
    """Write the page of facts: the last file, so that its presence means completeness."""
    (folder / FACTS).write_text(json.dumps(asdict(facts), indent=2) + "\n", "utf-8")


def read_facts(folder: Path) -> Facts:
    """The facts of a compiled folder, after checking every file against its sha256.

    Raises ScorerUnavailable where the folder is missing, incomplete or damaged.
    """
    try:
        facts = _parse((folder / FACTS).read_text("utf-8"))
        damaged = [name for name, known in facts.files.items() if sha256_of(folder / name) != known]
    except FileNotFoundError as error:
        raise ScorerUnavailable(f"the model is not compiled here: {REMEDY}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ScorerUnavailable(f"{folder / FACTS} is not readable: {REMEDY}") from error
    if damaged:
        raise ScorerUnavailable(f"{folder / damaged[0]} is damaged: {REMEDY}")
    return facts


def _parse(text: str) -> Facts:
    raw = json.loads(text)
    if set(raw["files"]) != {GRAPH, TOKENIZER}:
        raise ValueError("the list of files is not complete")
    return Facts(**{**raw, "labels": tuple(raw["labels"])})
