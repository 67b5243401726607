"""Rounding a network's weights to 8 bits so that the errors of a row cancel out.

Columns are rounded one after the other, and what rounding a column changed in the layer's
output is made good by the columns still to come (Frantar et al., GPTQ, 2022). Imports torch:
for compiling only.
"""

from collections.abc import Sequence

import torch

from moderation.scoring.checkpoints.checkpoint import Checkpoint
from moderation.scoring.compiling.inputs import linear_layers, watch_inputs

# Added to the diagonal, as a part of its mean, so that columns without inputs can be inverted.
_DAMPING = 0.01
# Columns that are made good at once are made good fast.
_BLOCK = 128

Moments = dict[str, torch.Tensor]
"""Layer → the sum of the outer products of its inputs, columns × columns."""


def input_moments(checkpoint: Checkpoint, texts: Sequence[str], *, max_tokens: int) -> Moments:
    """What the linear layers that see whole texts get for the texts."""
    moments: Moments = {}

    def see(name: str, inputs: torch.Tensor) -> None:
        # The head sees one token of a text, and stays as it is.
        if inputs.dim() == 3:
            rows = inputs.reshape(-1, inputs.shape[-1])
            moments[name] = moments.get(name, torch.zeros(())) + rows.T @ rows

    watch_inputs(checkpoint, linear_layers(checkpoint), texts, see, max_tokens=max_tokens)
    return moments


def spread_of(moments: torch.Tensor) -> torch.Tensor:
    """How an error in one column is spread over the next: the inverse's upper Cholesky factor."""
    exact = moments.double()
    exact += torch.eye(len(exact), dtype=exact.dtype) * _DAMPING * exact.diagonal().mean()
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(exact))
    spread: torch.Tensor = torch.linalg.cholesky(inverse, upper=True).float()
    return spread


def rounded(weights: torch.Tensor, spread: torch.Tensor, *, steps: int) -> torch.Tensor:
    """The weights (outputs × inputs) on a grid of -steps..steps for each output.

    The largest weight of an output stays what it is, so that the grid can be read off again.
    """
    left = weights.detach().clone()
    largest, at = left.abs().max(dim=1)
    scale = (largest / steps).clamp(min=1e-12)
    ends = left.gather(1, at[:, None])[:, 0].sign() * steps
    answer, errors = torch.zeros_like(left), torch.zeros_like(left)
    for start in range(0, left.shape[1], _BLOCK):
        end = min(start + _BLOCK, left.shape[1])
        for column in range(start, end):
            whole = torch.clamp(torch.round(left[:, column] / scale), -steps, steps)
            answer[:, column] = torch.where(at == column, ends, whole) * scale
            errors[:, column] = (left[:, column] - answer[:, column]) / spread[column, column]
            left[:, column:end] -= errors[:, column, None] * spread[column, column:end]
        left[:, end:] -= errors[:, start:end] @ spread[start:end, end:]
    return answer
