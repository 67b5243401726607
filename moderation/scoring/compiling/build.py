"""Making a compiled folder from a checkpoint, and proving it against Detoxify's own scores.

Imports torch through its neighbours: for compiling only, never while serving.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.catalog import Model
from moderation.scoring.checkpoints.checkpoint import Checkpoint, load_checkpoint
from moderation.scoring.checkpoints.digest import sha256_of
from moderation.scoring.compiling.balance import balance
from moderation.scoring.compiling.export import export_graph
from moderation.scoring.compiling.quantise import halve_embeddings, quantise_graph
from moderation.scoring.compiling.reference_texts import (
    BALANCE_TEXTS,
    REFERENCE_TEXTS,
    ROUNDING_TEXTS,
)
from moderation.scoring.compiling.rounding import input_moments, rounded, spread_of
from moderation.scoring.serving.compiled import (
    FILES,
    GRAPHS,
    REFERENCE,
    TOKENIZER,
    Facts,
    write_facts,
)
from moderation.scoring.serving.parity import choose_kind, compare

LONGEST = 512
# Kind of graph → the largest whole number a weight becomes.
STEPS = {"int8": 127, "int7": 63}


def build(model: Model, folder: Path, progress: Callable[[str], None]) -> None:
    """Fill an empty folder with the model's graphs, tokenizer, reference scores and facts.

    Raises ScorerUnavailable when the checkpoint does not open or the export is not true to it.
    """
    progress(f"opening {model.name}")
    checkpoint = load_checkpoint(model)
    if checkpoint.left_out:
        progress(f"left out, since no rule knows them: {', '.join(checkpoint.left_out)}")
    longest = _max_tokens(checkpoint)
    _save_tokenizer(checkpoint, folder)
    _save_reference(checkpoint, folder)
    progress("exporting the graph")
    export_graph(checkpoint.network, folder / GRAPHS["float"], max_tokens=longest)
    halve_embeddings(folder / GRAPHS["float"])
    progress("quantising to 8 bits")
    balance(checkpoint, BALANCE_TEXTS, max_tokens=longest)
    _quantise(checkpoint, folder)
    facts = _facts(checkpoint, folder)
    if not compare(folder, facts, "float", {}, threads=None).is_true():
        raise ScorerUnavailable("the exported graph does not reproduce the model's scores")
    write_facts(folder, facts)
    if choose_kind(folder, facts, model.presets, threads=None) == "float":
        progress("8 bits lose too much for this model: serving it unquantised")


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


def _quantise(checkpoint: Checkpoint, folder: Path) -> None:
    """Write the graphs with weights of eight and of seven bits, and spoil the network."""
    longest, rounded_graph = _max_tokens(checkpoint), folder / "rounded.onnx"
    moments = input_moments(checkpoint, ROUNDING_TEXTS, max_tokens=longest)
    spreads = {name: spread_of(moment) for name, moment in moments.items()}
    network = checkpoint.network
    layers = {name: cast(nn.Linear, network.get_submodule(name)) for name in moments}
    exact = {name: layer.weight.detach().clone() for name, layer in layers.items()}
    for kind, steps in STEPS.items():
        for name, layer in layers.items():
            layer.weight.data = rounded(exact[name], spreads[name], steps=steps)
        export_graph(network, rounded_graph, max_tokens=longest)
        quantise_graph(rounded_graph, folder / GRAPHS[kind], steps=steps)
    rounded_graph.unlink()


def _save_reference(checkpoint: Checkpoint, folder: Path) -> None:
    # Detoxify cuts a longer text where we score it in windows: not comparable.
    longest, tokenizer = _max_tokens(checkpoint), checkpoint.tokenizer
    texts = [t for t in REFERENCE_TEXTS if len(tokenizer(t)["input_ids"]) <= longest]
    scores = reference_scores(checkpoint, texts).round(6).astype(float).tolist()
    page = {"texts": texts, "scores": scores}
    (folder / REFERENCE).write_text(json.dumps(page, ensure_ascii=False), "utf-8")


def _facts(checkpoint: Checkpoint, folder: Path) -> Facts:
    return Facts(
        sha256=checkpoint.sha256,
        labels=checkpoint.labels,
        max_tokens=_max_tokens(checkpoint),
        pad_id=int(checkpoint.tokenizer.pad_token_id or 0),
        files={name: sha256_of(folder / name) for name in FILES},
    )


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
