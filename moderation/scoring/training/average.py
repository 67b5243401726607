"""The mean of several trainings' weights, and of their start.

Trainings from one start lie in one basin: the mean is better than each (Wortsman et al., "Model
soups", 2022), and with the start in it forgets less (the same, "Robust fine-tuning of zero-shot
models", 2022).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

Model = TypeVar("Model", bound=nn.Module)


def average(start: Model, states: Sequence[Path], keep: float) -> Model:
    """The start with the mean of `states` for weights, of which its own are `keep`, 0..1."""
    own = start.state_dict()
    trained = [torch.load(state, weights_only=True)["model"] for state in states]
    mean = {name: torch.stack([t[name] for t in trained]).mean(dim=0) for name in own}
    start.load_state_dict({n: keep * own[n] + (1 - keep) * mean[n] for n in own})
    return start
