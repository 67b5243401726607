"""One epoch as batches of rows of similar length, some disguised, some with a group named."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from tokenizers import Tokenizer

from moderation.scoring.labels import LABELS
from moderation.scoring.training.counterfactuals import name_group
from moderation.scoring.training.data import OWN, UNKNOWN, Row, mix_offset, share_of
from moderation.scoring.training.perturb import perturb
from moderation.scoring.training.raters import place_of

BATCH = 32
LENGTH = 128
# The share of rows disguised. Clean ones are more often, or the model would learn that odd
# spelling itself is toxic.
DISGUISED_CLEAN = 0.3
DISGUISED_TOXIC = 0.12
# The share of rows about people in which a group is named: of the calm sources, and of the toxic
# rows of others. Their clean rows may be sour about people, and hateful once a group is named.
NAMED = 0.5
NAMED_TOXIC = 0.2
CALM_SOURCES = ("jigsaw2018", "jigsaw2018-lower", "goemotions-positive")
# Rows sorted by length together: long enough for little padding, short enough to mix.
_POOL = BATCH * 64
_NO_OFFSETS = [0.0] * (len(LABELS) - 1)


@dataclass(frozen=True)
class Batch:
    """Tokens (rows × longest), attention mask alike, labels (rows × 6), weights (rows), what is
    added to the logit of each label for the row's source (rows × 6), and whose raters they had."""

    ids: torch.Tensor
    mask: torch.Tensor
    labels: torch.Tensor
    weights: torch.Tensor
    offsets: torch.Tensor
    raters: torch.Tensor


def plan_epoch(
    rows: Sequence[Row], tokenizer: Tokenizer, *, part: float, seed: int
) -> list[list[tuple[list[int], Row]]]:
    """The batches of one epoch, with `part` of the public data, in a random order.

    The same seed gives the same plan.
    """
    chance = random.Random(seed)  # noqa: S311 - a shuffle, not a secret
    drawn = [
        _maybe_named(row, chance)
        for row in rows
        for _ in range(_times(share_of(row.source, part), chance))
    ]
    chance.shuffle(drawn)
    texts = [_maybe_disguised(row, chance) for row in drawn]
    tokens = [_cut(encoding.ids) for encoding in tokenizer.encode_batch(texts)]
    pairs = list(zip(tokens, drawn, strict=True))
    plan: list[list[tuple[list[int], Row]]] = []
    for start in range(0, len(pairs), _POOL):
        pool = sorted(pairs[start : start + _POOL], key=lambda pair: len(pair[0]))
        batches = [pool[i : i + BATCH] for i in range(0, len(pool), BATCH)]
        chance.shuffle(batches)
        plan.extend(batches)
    return plan


def collate(pairs: Sequence[tuple[list[int], Row]]) -> Batch:
    """Tensors of one batch, padded to its longest row."""
    longest = max(len(ids) for ids, _ in pairs)
    return Batch(
        ids=torch.tensor([ids + [0] * (longest - len(ids)) for ids, _ in pairs]),
        mask=torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids, _ in pairs]),
        labels=torch.tensor([row.labels for _, row in pairs]),
        weights=torch.tensor([row.weight for _, row in pairs]),
        offsets=torch.tensor([[mix_offset(row.source)] + _NO_OFFSETS for _, row in pairs]),
        raters=torch.tensor([place_of(row) for _, row in pairs]),
    )


def _times(share: float, chance: random.Random) -> int:
    return int(share) + (chance.random() < share % 1)


def _maybe_named(row: Row, chance: random.Random) -> Row:
    if row.source == OWN:
        return row
    share = NAMED if row.source in CALM_SOURCES else NAMED_TOXIC * row.is_toxic
    text = name_group(row.text, chance) if chance.random() < share else None
    if text is None:
        return row
    # Whether an insult is now one for being of the group, nobody has said.
    last = UNKNOWN if row.is_toxic else row.labels[-1]
    return replace(row, text=text, labels=(*row.labels[:-1], last))


def _maybe_disguised(row: Row, chance: random.Random) -> str:
    share = DISGUISED_TOXIC if row.is_toxic else DISGUISED_CLEAN
    return perturb(row.text, chance) if chance.random() < share else row.text


def _cut(ids: list[int]) -> list[int]:
    return ids if len(ids) <= LENGTH else [*ids[: LENGTH - 1], ids[-1]]
