"""Opening a Detoxify checkpoint safely: hash first, tensors only, no name looked up anywhere.

Imports torch, transformers and detoxify: for compiling only, never while serving.
"""

from dataclasses import dataclass
from typing import Any

import torch
from detoxify.detoxify import get_model_and_tokenizer
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.catalog import Model
from moderation.scoring.checkpoints.digest import sha256_of

# What Detoxify calls the labels of its older checkpoints.
_RENAMED = {
    "toxic": "toxicity",
    "severe_toxic": "severe_toxicity",
    "identity_hate": "identity_attack",
}


@dataclass(frozen=True)
class Checkpoint:
    """A loaded model in evaluation mode and float32, as Detoxify itself would load it."""

    sha256: str
    network: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    labels: tuple[str, ...]


def load_checkpoint(model: Model) -> Checkpoint:
    """Open the model's checkpoint after checking its hash.

    Raises ScorerUnavailable when a file is missing, the hash differs, or the content is not
    Detoxify's format.
    """
    digest = _checked_digest(model)
    try:
        loaded = torch.load(model.checkpoint, map_location="cpu", weights_only=True)
        arch = loaded["config"]["arch"]["args"]
        labels = tuple(_RENAMED.get(c, c) for c in loaded["config"]["dataset"]["args"]["classes"])
        network, tokenizer = _build(arch, _in_float32(loaded["state_dict"]), str(model.folder))
    except Exception as error:
        raise ScorerUnavailable(
            f"{model.checkpoint} does not open as a Detoxify checkpoint with the configuration "
            f"and tokenizer in {model.folder}: {error!r}"
        ) from error
    network.train(mode=False)
    return Checkpoint(sha256=digest, network=network, tokenizer=tokenizer, labels=labels)


def _checked_digest(model: Model) -> str:
    try:
        digest = sha256_of(model.checkpoint)
    except OSError as error:
        raise ScorerUnavailable(f"{model.checkpoint} cannot be read: fetch the model") from error
    if not digest.startswith(model.digest):
        raise ScorerUnavailable(
            f"{model.checkpoint} is not the file it should be: its sha256 begins {digest[:8]}, "
            f"expected {model.digest[:8]}; fetch the model again"
        )
    return digest


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
