"""Opening a Detoxify checkpoint safely: hash first, tensors only, no name looked up anywhere.

Imports torch, transformers and detoxify: for compiling only, never while serving.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from detoxify.detoxify import get_model_and_tokenizer
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.catalog import Model
from moderation.scoring.checkpoints.digest import sha256_of
from moderation.statuses import ATTRIBUTES

# What Detoxify calls the labels of its older checkpoints.
_RENAMED = {
    "toxic": "toxicity",
    "severe_toxic": "severe_toxicity",
    "identity_hate": "identity_attack",
}
# Detoxify's architectures, and what a configuration calls them.
_ARCHITECTURES = {
    "BertForSequenceClassification": "bert",
    "AlbertForSequenceClassification": "albert",
    "RobertaForSequenceClassification": "roberta",
    "XLMRobertaForSequenceClassification": "xlm-roberta",
}


@dataclass(frozen=True)
class Checkpoint:
    """A loaded model in evaluation mode and float32, as Detoxify itself would load it."""

    sha256: str
    network: PreTrainedModel
    """With one output for each label."""
    tokenizer: PreTrainedTokenizerBase
    labels: tuple[str, ...]
    left_out: tuple[str, ...]
    """Labels of the checkpoint that are none of Detoxify's: nothing could be decided by them."""


def load_checkpoint(model: Model) -> Checkpoint:
    """Open the model's checkpoint after checking its hash.

    Raises ScorerUnavailable when a file is missing, a hash differs, the content is not
    Detoxify's format, or the parts do not belong together.
    """
    digest = _checked_digest(model)
    try:
        loaded = torch.load(model.checkpoint, map_location="cpu", weights_only=True)
        arch, state = loaded["config"]["arch"]["args"], _in_float32(loaded["state_dict"])
        _require_matching_configuration(model, arch)
        network, tokenizer = _build(arch, state, str(model.folder))
        _require_all_weights(model, network, state)
        labels = [_RENAMED.get(c, c) for c in loaded["config"]["dataset"]["args"]["classes"]]
        columns = _known_columns(model, labels, outputs=network.config.num_labels or 0)
        _keep_outputs(network, columns)
    except ScorerUnavailable:
        raise
    except Exception as error:
        raise ScorerUnavailable(
            f"{model.checkpoint} does not open as a Detoxify checkpoint with the configuration "
            f"and tokenizer in {model.folder}: {error!r}"
        ) from error
    network.train(mode=False)
    return Checkpoint(
        sha256=digest,
        network=network,
        tokenizer=tokenizer,
        labels=tuple(labels[column] for column in columns),
        left_out=tuple(label for label in labels if label not in ATTRIBUTES),
    )


def _checked_digest(model: Model) -> str:
    try:
        digest = sha256_of(model.checkpoint)
        changed = [n for n, known in model.files.items() if sha256_of(model.folder / n) != known]
    except OSError as error:
        raise ScorerUnavailable(
            f"{error.filename} cannot be read: run `flask --app wsgi model fetch` or "
            "`model add` for this model"
        ) from error
    if not digest.startswith(model.digest):
        raise ScorerUnavailable(
            f"{model.checkpoint} is not the file it should be: its sha256 begins {digest[:8]}, "
            f"expected {model.digest[:8]}; fetch the model again"
        )
    if changed:
        raise ScorerUnavailable(
            f"{model.folder / changed[0]} is not the file that came with the model: its sha256 "
            "changed; fetch or add the model again"
        )
    return digest


def _require_matching_configuration(model: Model, arch: Mapping[str, Any]) -> None:
    expected = _ARCHITECTURES.get(arch["model_name"])
    if expected is None:
        raise ScorerUnavailable(
            f"{model.checkpoint} is a {arch['model_name']}, which cannot be compiled here; "
            f"what can is {', '.join(_ARCHITECTURES)}"
        )
    found = json.loads((model.folder / "config.json").read_text("utf-8")).get("model_type")
    if found != expected:
        raise ScorerUnavailable(
            f"{model.folder / 'config.json'} describes a network of the type {found}, but the "
            f"checkpoint holds one of the type {expected}: take the files of its own base model"
        )


def _build(
    arch: dict[str, Any], state: dict[str, torch.Tensor], folder: str
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    # Detoxify looks up `model_type` as a hub name, unless it is a folder that exists.
    network, tokenizer = get_model_and_tokenizer(**{**arch, "model_type": folder}, state_dict=state)
    # The plain form of attention makes the leaner graph.
    network.set_attn_implementation("eager")
    return network.float(), tokenizer


def _in_float32(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in state.items()
    }


def _require_all_weights(
    model: Model, network: PreTrainedModel, state: Mapping[str, torch.Tensor]
) -> None:
    """transformers fills what a checkpoint lacks with random numbers, and only warns."""
    missing = sorted(network.state_dict().keys() - state.keys())
    if missing:
        raise ScorerUnavailable(
            f"{model.checkpoint} lacks {len(missing)} of the network's weights ({missing[0]}, "
            f"for one): {model.folder / 'config.json'} describes another network"
        )


def _known_columns(model: Model, labels: Sequence[str], *, outputs: int) -> list[int]:
    """The network's outputs whose labels are Detoxify's, by number.

    Outputs beyond the labels are Detoxify's identity columns, which it leaves out too.
    """
    columns = [column for column, label in enumerate(labels) if label in ATTRIBUTES]
    known = [labels[column] for column in columns]
    if not columns or len(set(known)) < len(known) or len(labels) > outputs:
        raise ScorerUnavailable(
            f"{model.checkpoint} names {len(labels)} labels for {outputs} outputs "
            f"({', '.join(labels)}); some must be of {', '.join(ATTRIBUTES)}, each once"
        )
    return columns


def _keep_outputs(network: PreTrainedModel, columns: Sequence[int]) -> None:
    """Cut the last layer down to some of its outputs."""
    last = getattr(network.classifier, "out_proj", network.classifier)
    assert isinstance(last, nn.Linear)
    last.weight = nn.Parameter(last.weight.detach()[list(columns)])
    last.bias = nn.Parameter(last.bias.detach()[list(columns)])
    last.out_features = len(columns)
