"""What the linear layers of a network get to see: passed on while texts run through it.

Imports torch: for compiling only.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import nn

from moderation.scoring.checkpoints.checkpoint import Checkpoint

See = Callable[[str, torch.Tensor], None]
"""Takes a layer's name and one of its inputs (… × the layer's columns)."""


def linear_layers(checkpoint: Checkpoint) -> dict[str, nn.Linear]:
    """Every linear layer by its name in the network."""
    modules = checkpoint.network.named_modules()
    return {name: layer for name, layer in modules if isinstance(layer, nn.Linear)}


def watch_inputs(
    checkpoint: Checkpoint,
    layers: Mapping[str, nn.Linear],
    texts: Sequence[str],
    see: See,
    *,
    max_tokens: int,
) -> None:
    """Run the texts one by one, and show `see` each input of each of the layers."""
    handles = [_watch(name, layer, see) for name, layer in layers.items()]
    try:
        with torch.no_grad():
            for text in texts:
                tokens = checkpoint.tokenizer(
                    text, return_tensors="pt", truncation=True, max_length=max_tokens
                )
                checkpoint.network(**tokens)
    finally:
        for handle in handles:
            handle.remove()


def _watch(name: str, layer: nn.Linear, see: See) -> torch.utils.hooks.RemovableHandle:
    return layer.register_forward_pre_hook(lambda _, inputs: see(name, inputs[0]))
