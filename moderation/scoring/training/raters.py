"""What one source's raters call toxic beyond what the model shall: learned apart, then dropped."""

import torch
from torch import nn

from moderation.scoring.training.data import RATERS, Row

# Keeps habits small beside what all sources agree on.
_STRENGTH = 0.3


class Raters(nn.Module):
    """A linear function of the model's features for each source, added to its logit of toxicity.

    So the habits and the noise of one source's raters need not bend the model (a shared function
    plus one of each domain: Daumé, "Frustratingly easy domain adaptation", 2007). Rows of sources
    that are not in RATERS have none: what they say is what the model learns.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.habits = nn.Embedding(len(RATERS) + 1, width, padding_idx=0)
        nn.init.zeros_(self.habits.weight)

    def forward(self, features: torch.Tensor, sources: torch.Tensor) -> torch.Tensor:
        """What is added to the logit of each row, from its features (rows × width)."""
        added: torch.Tensor = (features * self.habits(sources)).sum(dim=1)
        return added

    def penalty(self) -> torch.Tensor:
        """What the loss gains with the size of the habits."""
        return _STRENGTH * self.habits.weight.square().sum(dim=1).mean()


def place_of(row: Row) -> int:
    """The row's source as `Raters` counts them, 0 for one without habits."""
    return RATERS.index(row.source) + 1 if row.source in RATERS else 0
