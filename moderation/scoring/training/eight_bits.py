"""A network in training, working in 8 bits as the compiled graph does.

Gradients pass a rounding as if it were none (straight-through estimator: Bengio et al.,
"Estimating or propagating gradients through stochastic neurons", 2013).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional
from transformers import BertForSequenceClassification

from moderation.scoring.compiling.balance import Plan, largest_of
from moderation.scoring.compiling.quantise import LEAST_OF_GELU, SMALLEST_SCALE
from moderation.scoring.compiling.reference_texts import BALANCE_TEXTS
from moderation.scoring.training.infer import logits_of

_STEPS = 127
_STEPS_OF_ONE_SIGN = 255


class Rounding:
    """Lets the layers of a model's encoder work in 8 bits for a while."""

    def __init__(self, model: BertForSequenceClassification, tokenizer: Tokenizer) -> None:
        """Balance the layers by the inputs they have now."""
        modules = model.bert.encoder.modules()
        layers = [module for module in modules if isinstance(module, nn.Linear)]
        largest = _largest_inputs(model, tokenizer, layers)
        self._plans = {layer: Plan([layer], largest[layer]) for layer in layers}

    @contextmanager
    def on(self) -> Iterator[None]:
        """Within, the layers round their inputs and weights."""
        for layer, plan in self._plans.items():
            vars(layer)["forward"] = partial(_answer, layer, plan)
        try:
            yield
        finally:
            for layer in self._plans:
                del vars(layer)["forward"]


def _answer(layer: nn.Linear, plan: Plan, inputs: torch.Tensor) -> torch.Tensor:
    product: torch.Tensor = _Product.apply(inputs, layer.weight, plan)  # type: ignore[no-untyped-call]
    return product + layer.bias


class _Product(torch.autograd.Function):
    """Inputs (… × columns) times weights (outputs × columns), both rounded but in exact columns."""

    @staticmethod
    def forward(ctx: Any, inputs: torch.Tensor, weight: torch.Tensor, plan: Plan) -> torch.Tensor:
        kind = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else weight.dtype
        ctx.save_for_backward(inputs.to(kind), weight.to(kind))
        rows = inputs.float().flatten(0, -2)
        exact = rows[:, plan.exact] @ weight[:, plan.exact].T
        rows = rows * plan.inverse
        rounded = (weight * plan.factors).index_fill(1, plan.exact, 0)
        narrows = weight.shape[0] < weight.shape[1]
        if narrows:
            rows = rows - LEAST_OF_GELU
            scale = rows.amax(dim=1, keepdim=True) / _STEPS_OF_ONE_SIGN
        else:
            scale = rows.abs().amax(dim=1, keepdim=True) / _STEPS
        scale = scale.clamp(min=SMALLEST_SCALE)
        scale_of_weights = rounded.abs().amax(dim=1).clamp(min=SMALLEST_SCALE) / _STEPS
        # Whole numbers up to 256 are exact in bfloat16, so the product is that of the graph.
        whole = (rounded / scale_of_weights[:, None]).round_().to(kind)
        product = functional.linear((rows / scale).round_().to(kind), whole)
        answer = product.float() * scale * scale_of_weights + exact
        if narrows:
            answer += LEAST_OF_GELU * scale_of_weights * whole.float().sum(dim=1)
        return answer.to(kind).reshape(*inputs.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None]:
        inputs, weight = ctx.saved_tensors
        gradient = gradients[0].to(weight.dtype)
        of_weight = gradient.flatten(0, -2).T @ inputs.flatten(0, -2)
        return gradient @ weight, of_weight.float(), None


def _largest_inputs(
    model: BertForSequenceClassification, tokenizer: Tokenizer, layers: Sequence[nn.Linear]
) -> dict[nn.Linear, torch.Tensor]:
    """The largest absolute input of each column of each layer, over the texts of balancing."""
    largest: dict[nn.Linear, torch.Tensor] = {}

    def see(layer: nn.Linear, inputs: tuple[torch.Tensor]) -> None:
        columns = largest_of(inputs[0])
        largest[layer] = torch.maximum(largest.get(layer, columns), columns)

    handles = [layer.register_forward_pre_hook(see) for layer in layers]
    logits_of(model, tokenizer, BALANCE_TEXTS)
    for handle in handles:
        handle.remove()
    return largest
