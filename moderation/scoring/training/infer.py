"""A model's raw outputs on validation rows, in float32."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from moderation.scoring.labels import LABELS

LENGTH = 512
_BATCH = 16


def logits_of(
    model: PreTrainedModel, tokenizer: Tokenizer, texts: Sequence[str]
) -> npt.NDArray[np.float32]:
    """Texts × labels, before the sigmoid, from the first 512 tokens of each text."""
    model.train(mode=False)
    tokens = [_cut(encoding.ids) for encoding in tokenizer.encode_batch(list(texts))]
    order = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
    rows = np.empty((len(tokens), len(LABELS)), dtype=np.float32)
    with torch.inference_mode():
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            rows[chosen] = _run(model, [tokens[i] for i in chosen])
    return rows


def _run(model: PreTrainedModel, tokens: Sequence[list[int]]) -> npt.NDArray[np.float32]:
    longest = max(len(row) for row in tokens)
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in tokens])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in tokens])
    answer: npt.NDArray[np.float32] = model(input_ids=ids, attention_mask=mask).logits.numpy()
    return answer


def _cut(ids: list[int]) -> list[int]:
    return ids if len(ids) <= LENGTH else [*ids[: LENGTH - 1], ids[-1]]
