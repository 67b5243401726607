"""Which graph of a compiled folder this machine serves: the fastest that agrees with Detoxify.

Detoxify's scores of texts written for this project lie in the folder. At the first load on a
machine its runtime is held against them, and what came out is kept beside the graphs, for this
processor and runtime; later loads read it.
"""

import hashlib
import json
import os
import platform
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from moderation.errors import ScorerUnavailable
from moderation.scoring.serving.compiled import (
    FACTS,
    GRAPHS,
    REFERENCE,
    REMEDY,
    TOKENIZER,
    Facts,
    check_files,
)
from moderation.scoring.serving.graph import Graph
from moderation.scoring.serving.windows import batches_by_length

# Raise it when scoring itself (graph, windows, tokens) changes: all machines measure anew.
PARITY_VERSION = 1
# How far a text's score may move: in a quantised graph and in the float one.
TOLERANCES = {"int8": 0.05, "int7": 0.05, "float": 0.001}
# The part of the texts whose score may move further.
MAY_MOVE = 0.01
# The part of the texts that a preset may hold in one and pass in the other.
MAY_FLIP = 0.005

Presets = Mapping[str, Mapping[str, float]]
_Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Agreement:
    """How well a graph's scores agree with Detoxify's."""

    moved: float
    """The part of the texts that moved by more than the tolerance."""
    largest: float
    """The largest change of any attribute of any text."""
    flipped: dict[str, int]
    """Preset → the number of texts decided otherwise."""
    texts: int

    def is_true(self) -> bool:
        """Whether the graph may serve."""
        flips = max(self.flipped.values(), default=0)
        return self.moved <= MAY_MOVE and flips <= MAY_FLIP * self.texts


def choose_kind(folder: Path, facts: Facts, presets: Presets, *, threads: int | None) -> str:
    """The kind of graph this machine serves; measured now where that was not done yet.

    Raises ScorerUnavailable where not even the float graph agrees, a file is damaged, or a preset
    names an attribute that the model does not have.
    """
    unknown = {name for at in presets.values() for name in at} - set(facts.labels)
    if unknown:
        raise ScorerUnavailable(
            f"the manifest's presets name what the model does not score: {sorted(unknown)}"
        )
    verdict = folder / f"verdict-{_machine(facts, presets)}.json"
    known = _read(verdict)
    if known in GRAPHS:
        return known
    judged: dict[str, object] = {}
    for kind in _candidates(_cpu_flags()):
        agreement = compare(folder, facts, kind, presets, threads=threads)
        judged[kind] = agreement.__dict__
        if agreement.is_true():
            _write(verdict, {"kind": kind, "agreement": judged})
            return kind
    raise ScorerUnavailable(f"no graph in {folder} gives the model's scores here: {REMEDY}")


def compare(
    folder: Path, facts: Facts, kind: str, presets: Presets, *, threads: int | None
) -> Agreement:
    """Score the reference texts with one of the folder's graphs."""
    check_files(folder, facts, (GRAPHS[kind], TOKENIZER, REFERENCE))
    graph = Graph(folder / GRAPHS[kind], folder / TOKENIZER, facts, threads=threads)
    page = json.loads((folder / REFERENCE).read_text("utf-8"))
    expected = np.array(page["scores"], dtype=np.float32)
    found = _scores(graph, page["texts"], expected.shape)
    change = np.abs(found - expected).max(axis=1)
    flips = {
        name: int((_held(found, facts, at) != _held(expected, facts, at)).sum())
        for name, at in presets.items()
    }
    return Agreement(
        moved=float((change > TOLERANCES[kind]).mean()),
        largest=float(change.max()),
        flipped=flips,
        texts=len(expected),
    )


def _scores(graph: Graph, texts: list[str], shape: tuple[int, ...]) -> _Numbers:
    windows = [graph.encode(text)[0] for text in texts]
    found = np.empty(shape, dtype=np.float32)
    for batch in batches_by_length(windows):
        found[batch] = graph.run([windows[index] for index in batch])
    return found


def _held(scores: _Numbers, facts: Facts, thresholds: Mapping[str, float]) -> npt.NDArray[np.bool_]:
    columns = [facts.labels.index(name) for name in thresholds]
    least = np.array(list(thresholds.values()), dtype=np.float32)
    return np.asarray((scores[:, columns] >= least).any(axis=1), dtype=np.bool_)


def _candidates(flags: frozenset[str]) -> tuple[str, ...]:
    """From the fastest to the surest. Without VNNI an x86 adds pairs of products in 16 bits,
    which eight bits overflow."""
    is_x86 = platform.machine().lower() in {"x86_64", "amd64"}
    adds_in_32_bits = not is_x86 or any("vnni" in flag for flag in flags)
    return ("int8" if adds_in_32_bits else "int7", "float")


def _cpu_flags() -> frozenset[str]:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith(("flags", "Features")):
                return frozenset(line.partition(":")[2].split())
    return frozenset()


def _machine(facts: Facts, presets: Presets) -> str:
    """What a verdict depends on beside the folder: processor, runtime and presets."""
    parts = (
        platform.machine(),
        sorted(_cpu_flags()),
        onnxruntime.__version__,
        facts.files,
        (PARITY_VERSION, TOLERANCES, MAY_MOVE, MAY_FLIP),
        {name: dict(at) for name, at in presets.items()},
    )
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def _read(verdict: Path) -> str:
    try:
        return str(json.loads(verdict.read_text("utf-8"))["kind"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _write(verdict: Path, page: Mapping[str, object]) -> None:
    """Atomically; where the folder may only be read, every load measures anew."""
    with (
        suppress(OSError),
        tempfile.NamedTemporaryFile(
            "w", dir=verdict.parent, prefix=".verdict-", delete=False
        ) as file,
    ):
        json.dump(page, file, indent=2)
        file.flush()
        # A temporary file is for its owner alone, while who loads later may be another user.
        os.fchmod(file.fileno(), stat.S_IMODE((verdict.parent / FACTS).stat().st_mode))
        os.replace(file.name, verdict)
