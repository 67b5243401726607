"""What training makes smaller: distance to the labels, or, to polish a model, to its own answers.

A trained model is polished by a short second training: it learns our own sentences, answers on all
other rows as it did before (self-distillation: Furlanello et al., "Born-again neural networks",
2018), and answers the same in 8 bits as in full precision.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Protocol

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import BertForSequenceClassification

from moderation.scoring.training.batches import Batch
from moderation.scoring.training.data import UNKNOWN
from moderation.scoring.training.eight_bits import Rounding
from moderation.scoring.training.raters import Raters

# Processors without bfloat16 imitate it, thirty times slower than float32.
BFLOAT16 = bool(torch.cpu.get_capabilities().get("avx512_bf16"))
# The weight of the squared difference between the logits in full precision and in 8 bits.
_FAITHFUL = 150


class Objective(Protocol):
    """A loss, and the modules that are trained to lower it, by name."""

    modules: Mapping[str, nn.Module]

    def loss(self, batch: Batch) -> torch.Tensor:
        """How far off a batch is, one number."""


class LearnLabels:
    """Close to the labels; the raters of each source keep their habits to themselves."""

    def __init__(self, model: BertForSequenceClassification) -> None:
        self._model = model
        self._raters = Raters(model.config.hidden_size)
        self.modules: Mapping[str, nn.Module] = {"model": model, "raters": self._raters}

    def loss(self, batch: Batch) -> torch.Tensor:
        """Masked cross-entropy, and the size of the habits."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=BFLOAT16):
            features = self._model.bert(batch.ids, attention_mask=batch.mask).pooler_output
            features = self._model.dropout(features)
            logits = self._model.classifier(features).float()
        logits[:, 0] += self._raters(features.float(), batch.raters)
        return masked_loss(logits, batch) + self._raters.penalty()


class Polish:
    """Close to our own labels and elsewhere to the model's first answers, also in 8 bits."""

    def __init__(self, model: BertForSequenceClassification, tokenizer: Tokenizer) -> None:
        self._model = model
        self._first = deepcopy(model).train(mode=False)
        self._rounding = Rounding(model, tokenizer)
        self.modules: Mapping[str, nn.Module] = {"model": model}

    def loss(self, batch: Batch) -> torch.Tensor:
        """Masked cross-entropy of both precisions, and how far they are apart."""
        # Dropout would drown what rounding does.
        self._model.train(mode=False)
        with torch.no_grad():
            answers = torch.sigmoid(_logits(self._first, batch))
        labels = torch.where(batch.own[:, None], batch.labels, answers)
        soft = replace(batch, labels=labels, offsets=torch.zeros_like(batch.offsets))
        exact = _logits(self._model, batch)
        with self._rounding.on():
            served = _logits(self._model, batch)
        wrong = (masked_loss(exact, soft) + masked_loss(served, soft)) / 2
        return wrong + _FAITHFUL * (exact - served).square().mean()


def masked_loss(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Cross-entropy over known labels only, each row by its weight."""
    known = batch.labels != UNKNOWN
    each = nn.functional.binary_cross_entropy_with_logits(
        logits + batch.offsets, batch.labels.clamp(min=0), reduction="none"
    )
    by_row = (each * known).sum(dim=1)
    return (by_row * batch.weights).sum() / batch.weights.sum()


def _logits(model: BertForSequenceClassification, batch: Batch) -> torch.Tensor:
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=BFLOAT16):
        answer: torch.Tensor = model(batch.ids, attention_mask=batch.mask).logits
    return answer.float()
