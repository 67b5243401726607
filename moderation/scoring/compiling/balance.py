"""Preparing a network for 8 bits: few outlying inputs shall not spoil what is left for the rest.

Some columns of a transformer's activations are far larger than the others, and 8 bits spread over
them leave little for these. Two things help, and change nothing but how well all fits in 8 bits.
Each input column of a linear layer is divided by a factor, and its weights are multiplied by it
(Xiao et al., SmoothQuant, 2022). And the few columns that matter most are multiplied apart, in
full precision (Dettmers et al., LLM.int8, 2022). Imports torch: for compiling only.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from moderation.scoring.checkpoints.checkpoint import Checkpoint
from moderation.scoring.compiling.inputs import linear_layers, watch_inputs

# How much of the spread goes to the weights.
_STRENGTH = 0.5
_LEAST = 1e-5
# One in so many columns is multiplied in full precision.
_ONE_EXACT_IN = 24


def balance(checkpoint: Checkpoint, texts: Sequence[str], *, max_tokens: int) -> None:
    """Balance the layers that see whole texts in place, by the inputs they get for the texts."""
    layers = linear_layers(checkpoint)
    largest, groups = _look(checkpoint, layers, texts, max_tokens=max_tokens)
    for names in groups:
        plan = Plan([layers[name] for name in names], largest[names[0]])
        for name in names:
            parent, _, leaf = name.rpartition(".")
            owner = checkpoint.network.get_submodule(parent)
            setattr(owner, leaf, _Balanced(layers[name], plan))


class Plan:
    """How the common input of some layers is treated: `factors` that its columns are divided by,
    `exact`, the places of those multiplied apart, and `inverse` of the factors, 0 for these."""

    def __init__(self, layers: Sequence[nn.Linear], largest: torch.Tensor) -> None:
        """Plan by the largest absolute value of each column."""
        columns = layers[0].in_features
        weights = torch.stack([layer.weight.detach().abs().amax(dim=0) for layer in layers])
        weights = weights.amax(dim=0).clamp(min=_LEAST)
        largest = largest.clamp(min=_LEAST)
        factors = largest**_STRENGTH / weights ** (1 - _STRENGTH)
        factors = factors / factors.median()
        # Just out of the activation function, where the graph expects no less than it answers.
        self.factors = factors.clamp(min=1) if columns > layers[0].out_features else factors
        exact = (largest * weights).topk(max(columns // _ONE_EXACT_IN, 1)).indices
        self.exact = exact.sort().values
        self.inverse = (1 / self.factors).index_fill(0, self.exact, 0)


def largest_of(inputs: torch.Tensor) -> torch.Tensor:
    """The largest absolute value of each column of inputs (… × columns)."""
    largest: torch.Tensor = inputs.abs().flatten(0, -2).amax(dim=0)
    return largest


class _Balanced(nn.Module):
    """A linear layer whose inputs are divided, whose weights are multiplied, some columns apart."""

    def __init__(self, layer: nn.Linear, plan: Plan) -> None:
        super().__init__()
        weight = layer.weight.detach()
        self.layer = nn.Linear(layer.in_features, layer.out_features, bias=False)
        self.layer.weight.data = (weight * plan.factors).index_fill(1, plan.exact, 0)
        self.bias = layer.bias
        self.inverse = nn.Buffer(plan.inverse)
        self.columns = nn.Buffer(plan.exact)
        self.exact = nn.Buffer(weight[:, plan.exact].T.contiguous())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        exact = x.index_select(-1, self.columns) @ self.exact + self.bias
        answer: torch.Tensor = self.layer(x * self.inverse)
        return answer + exact


def _look(
    checkpoint: Checkpoint,
    layers: Mapping[str, nn.Linear],
    texts: Sequence[str],
    *,
    max_tokens: int,
) -> tuple[dict[str, torch.Tensor], list[list[str]]]:
    """The largest absolute input of each column of each layer over all texts, and which layers
    get the same input. The head, which sees one token of a text, is left out."""
    largest: dict[str, torch.Tensor] = {}
    last: dict[str, torch.Tensor] = {}

    def see(name: str, inputs: torch.Tensor) -> None:
        if inputs.dim() == 3:
            columns = largest_of(inputs)
            largest[name] = torch.maximum(largest.get(name, columns), columns)
            last[name] = inputs

    watch_inputs(checkpoint, layers, texts, see, max_tokens=max_tokens)
    groups: dict[int, list[str]] = {}
    for name, inputs in last.items():
        groups.setdefault(id(inputs), []).append(name)
    return largest, list(groups.values())
