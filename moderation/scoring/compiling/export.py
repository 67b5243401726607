"""From a loaded checkpoint to an ONNX graph: texts' tokens in, probabilities out.

Imports torch and onnx: for compiling only, never while serving.
"""

from pathlib import Path

import torch
from transformers import PreTrainedModel

_MOST_TEXTS = 4096


class _Probabilities(torch.nn.Module):
    """The network with Detoxify's sigmoid behind it."""

    def __init__(self, network: PreTrainedModel) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        logits = self.network(input_ids=input_ids, attention_mask=attention_mask).logits
        return torch.sigmoid(logits)


def export_graph(network: PreTrainedModel, path: Path, *, max_tokens: int) -> None:
    """Write the float graph: `input_ids` and `attention_mask` (texts × tokens, int64) to
    `scores` (texts × labels, float32, 0..1)."""
    ids = torch.full((2, 8), 5, dtype=torch.int64)
    mask = torch.ones_like(ids)
    mask[1, 4:] = 0
    texts = torch.export.Dim("texts", min=1, max=_MOST_TEXTS)
    tokens = torch.export.Dim("tokens", min=2, max=max_tokens)
    shape = {0: texts, 1: tokens}
    torch.onnx.export(
        _Probabilities(network).train(mode=False),
        (ids, mask),
        str(path),
        input_names=["input_ids", "attention_mask"],
        output_names=["scores"],
        dynamic_shapes=(shape, shape),
        dynamo=True,
        external_data=False,
        verbose=False,
    )
