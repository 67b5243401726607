"""Preparing a network for 8 bits: moving the scale of outlying inputs into the weights.

A few columns of a transformer's activations are far larger than the rest, and 8 bits spread
over them leave little for the others. Dividing each input column of a linear layer by a
factor, and multiplying the weights by it, changes nothing but how well both fit in 8 bits
(Xiao et al., SmoothQuant, 2022). Imports torch: for compiling only.
"""

from collections.abc import Sequence

import torch
from torch import nn

from moderation.scoring.checkpoints.checkpoint import Checkpoint
from moderation.scoring.compiling.inputs import linear_layers, watch_inputs

# How much of the spread goes to the weights: of none, 0.3, 0.5 and 0.65 the one that flips the
# fewest decisions of version 1 of `home` on the reference texts.
_STRENGTH = 0.5
_LEAST = 1e-5


def balance(checkpoint: Checkpoint, texts: Sequence[str], *, max_tokens: int) -> None:
    """Balance the linear layers in place, by the inputs they get for the texts.

    Those that narrow stay: their inputs, just out of the activation function, have one sign.
    """
    layers = {
        name: layer
        for name, layer in linear_layers(checkpoint).items()
        if layer.in_features <= layer.out_features
    }
    largest = _largest_inputs(checkpoint, layers, texts, max_tokens=max_tokens)
    for name, columns in largest.items():
        parent, _, leaf = name.rpartition(".")
        owner = checkpoint.network.get_submodule(parent)
        setattr(owner, leaf, _Balanced(layers[name], columns))


class _Balanced(nn.Module):
    """A linear layer that divides its input's columns and has multiplied its weights."""

    def __init__(self, layer: nn.Linear, largest: torch.Tensor) -> None:
        super().__init__()
        weights = layer.weight.detach().abs().amax(dim=0).clamp(min=_LEAST)
        factors = largest.clamp(min=_LEAST) ** _STRENGTH / weights ** (1 - _STRENGTH)
        factors = factors / factors.median()
        self.register_buffer("inverse", 1 / factors)
        self.inverse: torch.Tensor
        self.layer = nn.Linear(layer.in_features, layer.out_features)
        self.layer.weight = nn.Parameter(layer.weight.detach() * factors)
        self.layer.bias = layer.bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.layer(x * self.inverse)
        return answer


def _largest_inputs(
    checkpoint: Checkpoint, layers: dict[str, nn.Linear], texts: Sequence[str], *, max_tokens: int
) -> dict[str, torch.Tensor]:
    """The largest absolute input of each column of each layer, over all texts."""
    largest: dict[str, torch.Tensor] = {}

    def see(name: str, inputs: torch.Tensor) -> None:
        columns = inputs.abs().reshape(-1, inputs.shape[-1]).amax(dim=0)
        largest[name] = torch.maximum(largest.get(name, columns), columns)

    watch_inputs(checkpoint, layers, texts, see, max_tokens=max_tokens)
    return largest
