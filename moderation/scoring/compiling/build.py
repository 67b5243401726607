"""Making a compiled folder from a checkpoint, and proving it against Detoxify's own scores.

Imports torch through its neighbours: for compiling only, never while serving.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.catalog import Model
from moderation.scoring.checkpoints.checkpoint import Checkpoint, load_checkpoint
from moderation.scoring.checkpoints.digest import sha256_of
from moderation.scoring.compiling.balance import balance
from moderation.scoring.compiling.export import export_graph, quantise_graph
from moderation.scoring.compiling.reference_texts import BALANCE_TEXTS, REFERENCE_TEXTS
from moderation.scoring.serving.compiled import GRAPH, TOKENIZER, Facts, write_facts
from moderation.scoring.serving.graph import Graph

LONGEST = 512
# A text's score may move this far in the float graph and in the quantised one.
FLOAT_TOLERANCE = 0.001
INT8_TOLERANCE = 0.05
# The part of the reference texts that may move further before the float graph serves.
MAY_DIFFER = 0.01


def build(
    model: Model, folder: Path, progress: Callable[[str], None], *, quantise: bool = True
) -> None:
    """Fill an empty folder with the model's graph, tokenizer and facts.

    The quantised graph is kept where its scores agree with Detoxify's, else the float graph.
    Raises ScorerUnavailable when the checkpoint does not open or the export is not true to it.
    """
    progress(f"opening {model.name}")
    checkpoint = load_checkpoint(model)
    if checkpoint.left_out:
        progress(f"left out, since no rule knows them: {', '.join(checkpoint.left_out)}")
    facts = _facts(checkpoint)
    _save_tokenizer(checkpoint, folder)
    texts = _within_one_window(checkpoint, facts.max_tokens)
    judge = _Judge(folder, facts, texts, reference_scores(checkpoint, texts))
    progress("exporting the graph")
    export_graph(checkpoint.network, folder / GRAPH, max_tokens=facts.max_tokens)
    if not judge.agrees(GRAPH, tolerance=FLOAT_TOLERANCE):
        raise ScorerUnavailable("the exported graph does not reproduce the model's scores")
    if quantise:
        progress("quantising to 8 bits and comparing with Detoxify")
        facts = _quantised(checkpoint, facts, judge, progress)
    files = {name: sha256_of(folder / name) for name in (GRAPH, TOKENIZER)}
    write_facts(folder, replace(facts, files=files))


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


@dataclass(frozen=True)
class _Judge:
    """What Detoxify answers for some texts, to hold graphs in the folder against."""

    folder: Path
    facts: Facts
    texts: Sequence[str]
    expected: npt.NDArray[np.float32]

    def agrees(self, graph_file: str, *, tolerance: float) -> bool:
        """Whether the scores of all but a hundredth of the texts stay within the tolerance."""
        graph = Graph(self.folder / graph_file, self.folder / TOKENIZER, self.facts, threads=None)
        found = np.stack([graph.run(graph.encode(text))[0] for text in self.texts])
        moved = np.abs(found - self.expected).max(axis=1) > tolerance
        return bool(moved.mean() <= MAY_DIFFER)


def _quantised(
    checkpoint: Checkpoint, facts: Facts, judge: _Judge, progress: Callable[[str], None]
) -> Facts:
    """Put the 8-bit graph in the place of the float one, if it is true enough."""
    balanced, small = judge.folder / "balanced.onnx", judge.folder / "int8.onnx"
    balance(checkpoint, BALANCE_TEXTS, max_tokens=facts.max_tokens)
    export_graph(checkpoint.network, balanced, max_tokens=facts.max_tokens)
    quantise_graph(balanced, small)
    balanced.unlink()
    if judge.agrees(small.name, tolerance=INT8_TOLERANCE):
        small.replace(judge.folder / GRAPH)
        return replace(facts, kind="int8")
    small.unlink()
    progress("8 bits lose too much for this model: serving it unquantised")
    return facts


def _facts(checkpoint: Checkpoint) -> Facts:
    return Facts(
        sha256=checkpoint.sha256,
        kind="float",
        labels=checkpoint.labels,
        max_tokens=_max_tokens(checkpoint),
        pad_id=int(checkpoint.tokenizer.pad_token_id or 0),
        files={},
    )


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
