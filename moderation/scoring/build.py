"""Making a compiled folder from a checkpoint, and proving it against Detoxify's own scores.

Imports torch through its neighbours: for compiling only, never while serving.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from moderation.errors import ScorerUnavailable
from moderation.scoring.catalog import Model
from moderation.scoring.checkpoint import Checkpoint, load_checkpoint
from moderation.scoring.compiled import GRAPH, TOKENIZER, Facts, write_facts
from moderation.scoring.digest import sha256_of
from moderation.scoring.export import export_graph, quantise_graph
from moderation.scoring.graph import Graph
from moderation.scoring.reference_texts import REFERENCE_TEXTS

LONGEST = 512
# A text's score may move this far in the float graph and in the quantised one.
FLOAT_TOLERANCE = 0.001
INT8_TOLERANCE = 0.05
# The part of the reference texts that may move further before the float graph serves.
MAY_DIFFER = 0.01

_FLOAT_GRAPH = "float.onnx"


def build(
    model: Model, folder: Path, progress: Callable[[str], None], *, quantise: bool = True
) -> None:
    """Fill an empty folder with the model's graph, tokenizer and facts.

    The quantised graph is kept where its scores agree with Detoxify's, else the float graph.
    Raises ScorerUnavailable when the checkpoint does not open or the export is not true to it.
    """
    progress(f"opening {model.name}")
    checkpoint = load_checkpoint(model)
    max_tokens = _max_tokens(checkpoint)
    _save_tokenizer(checkpoint, folder)
    progress("exporting the graph")
    export_graph(checkpoint.network, folder / _FLOAT_GRAPH, max_tokens=max_tokens)
    facts = Facts(
        sha256=checkpoint.sha256,
        kind="float",
        labels=checkpoint.labels,
        max_tokens=max_tokens,
        pad_id=int(checkpoint.tokenizer.pad_token_id or 0),
        files={},
    )
    kind = _choose_graph(checkpoint, facts, folder, progress, quantise=quantise)
    files = {name: sha256_of(folder / name) for name in (GRAPH, TOKENIZER)}
    write_facts(folder, Facts(**{**vars(facts), "kind": kind, "files": files}))


def reference_scores(checkpoint: Checkpoint, texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """What `Detoxify.predict` answers for each text alone: texts × labels, 0..1."""
    rows = []
    with torch.inference_mode():
        for text in texts:
            tokens = checkpoint.tokenizer(
                text, return_tensors="pt", truncation=True, max_length=_max_tokens(checkpoint)
            )
            rows.append(torch.sigmoid(checkpoint.network(**tokens).logits)[0].numpy())
    return np.stack(rows)


def _choose_graph(
    checkpoint: Checkpoint,
    facts: Facts,
    folder: Path,
    progress: Callable[[str], None],
    *,
    quantise: bool,
) -> str:
    """Leave one graph in the folder, under its final name, and say which kind it is."""
    texts = _within_one_window(checkpoint, facts.max_tokens)
    expected = reference_scores(checkpoint, texts)
    exported = folder / _FLOAT_GRAPH
    if not _agrees(exported, folder, facts, texts, expected, tolerance=FLOAT_TOLERANCE):
        raise ScorerUnavailable("the exported graph does not reproduce the model's scores")
    if quantise:
        progress("quantising to 8 bits and comparing with Detoxify")
        quantise_graph(exported, folder / GRAPH)
        if _agrees(folder / GRAPH, folder, facts, texts, expected, tolerance=INT8_TOLERANCE):
            exported.unlink()
            return "int8"
        progress("8 bits lose too much for this model: serving it unquantised")
    exported.replace(folder / GRAPH)
    return "float"


def _agrees(
    path: Path,
    folder: Path,
    facts: Facts,
    texts: Sequence[str],
    expected: npt.NDArray[np.float32],
    *,
    tolerance: float,
) -> bool:
    graph = Graph(path, folder / TOKENIZER, facts, threads=None)
    found = np.stack([graph.run([graph.encode(text)[0]])[0] for text in texts])
    moved = np.abs(found - expected).max(axis=1) > tolerance
    return bool(moved.mean() <= MAY_DIFFER)


def _within_one_window(checkpoint: Checkpoint, max_tokens: int) -> list[str]:
    # Detoxify cuts a longer text where we score it in windows: not comparable.
    return [t for t in REFERENCE_TEXTS if len(checkpoint.tokenizer(t)["input_ids"]) <= max_tokens]


def _max_tokens(checkpoint: Checkpoint) -> int:
    positions = int(checkpoint.network.config.max_position_embeddings)
    # RoBERTa and its kin number positions from behind their padding index.
    if checkpoint.network.config.model_type in {"roberta", "xlm-roberta"}:
        positions -= int(checkpoint.network.config.pad_token_id) + 1
    return min(positions, int(checkpoint.tokenizer.model_max_length), LONGEST)


def _save_tokenizer(checkpoint: Checkpoint, folder: Path) -> None:
    fast = getattr(checkpoint.tokenizer, "backend_tokenizer", None)
    if fast is None:
        raise ScorerUnavailable("the model's tokenizer has no fast form, which serving needs")
    fast.no_truncation()
    fast.no_padding()
    fast.save(str(folder / TOKENIZER))
