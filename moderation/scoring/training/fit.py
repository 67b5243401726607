"""The training loop: masked, weighted cross-entropy, resumable, ending on time."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import BertForSequenceClassification

from moderation.scoring.training.batches import Batch, collate, plan_epoch
from moderation.scoring.training.data import UNKNOWN, Row
from moderation.scoring.training.raters import Raters

RATE = 7e-5
# Processors without bfloat16 imitate it, thirty times slower than float32.
BFLOAT16 = bool(torch.cpu.get_capabilities().get("avx512_bf16"))
WARM_UP = 0.05
SAVE_EVERY = 500
REPORT_EVERY = 50


Parts = Mapping[str, nn.Module | torch.optim.Optimizer]


@dataclass
class Course:
    """How far training is: steps done of all planned, seconds spent of those allowed."""

    total: int
    seconds_allowed: float
    step: int = 0
    seconds: float = 0.0

    @property
    def progress(self) -> float:
        """0 at the start to 1 at the end, by steps or by the clock, whichever is ahead."""
        return max(self.step / self.total, self.seconds / self.seconds_allowed)


def fit(
    model: BertForSequenceClassification,
    tokenizer: Tokenizer,
    rows: Sequence[Row],
    *,
    epochs: int,
    part: float,
    draw: int,
    minutes: float,
    state: Path,
    report: Callable[[str], None],
) -> Course:
    """Train in place for `epochs`, or for `minutes` of wall time if those end first.

    An epoch has `part` of the public rows, 0..1; each `draw` chooses others.
    The learning rate falls to nothing at whichever end comes first. Every 500 steps the
    state is written to `state`, and a later call with the same arguments goes on from it.
    """
    plans = [
        plan_epoch(rows, tokenizer, part=part, seed=draw * epochs + epoch)
        for epoch in range(epochs)
    ]
    steps = [batch for plan in plans for batch in plan]
    course = Course(total=len(steps), seconds_allowed=minutes * 60)
    raters = Raters(model.config.hidden_size)
    weights = [*model.parameters(), *raters.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=RATE, weight_decay=0.01, fused=True)
    parts: Parts = {"model": model, "raters": raters, "optimizer": optimizer}
    _resume(parts, course, state)
    report(f"{len(steps)} steps in {epochs} epoch(s), from step {course.step}")
    model.train()
    losses: list[float] = []
    while course.step < course.total and course.progress < 1:
        began = time.monotonic()
        for group in optimizer.param_groups:
            group["lr"] = RATE * rate_at(course.progress)
        batch = collate(steps[course.step])
        losses.append(_step(optimizer, batch_loss(model, raters, batch)))
        course.step += 1
        course.seconds += time.monotonic() - began
        if course.step % REPORT_EVERY == 0:
            report(_line(course, losses[-REPORT_EVERY * 4 :]))
        if course.step % SAVE_EVERY == 0:
            _keep(parts, course, state)
    _keep(parts, course, state)
    return course


def batch_loss(model: BertForSequenceClassification, raters: Raters, batch: Batch) -> torch.Tensor:
    """The loss of a batch, in which each source's raters keep their habits to themselves."""
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=BFLOAT16):
        features = model.bert(input_ids=batch.ids, attention_mask=batch.mask).pooler_output
        features = model.dropout(features)
        logits = model.classifier(features).float()
    logits[:, 0] += raters(features.float(), batch.raters)
    return masked_loss(logits, batch) + raters.penalty()


def masked_loss(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Cross-entropy over known labels only, each row by its weight."""
    known = batch.labels != UNKNOWN
    each = nn.functional.binary_cross_entropy_with_logits(
        logits + batch.offsets, batch.labels.clamp(min=0), reduction="none"
    )
    by_row = (each * known).sum(dim=1)
    return (by_row * batch.weights).sum() / batch.weights.sum()


def rate_at(progress: float) -> float:
    """The learning rate's part at a progress of 0..1: up during warm-up, then down to 0."""
    if progress < WARM_UP:
        return max(progress / WARM_UP, 0.01)
    return max((1 - progress) / (1 - WARM_UP), 0.0)


def _step(optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> float:
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    for group in optimizer.param_groups:
        nn.utils.clip_grad_norm_(group["params"], 1.0)
    optimizer.step()
    return float(loss.detach())


def _line(course: Course, losses: list[float]) -> str:
    figures = {
        "step": course.step,
        "of": course.total,
        "loss": round(sum(losses) / len(losses), 4),
        "minutes": round(course.seconds / 60, 1),
        "ms_a_step": round(course.seconds / course.step * 1000),
        "progress": round(course.progress, 3),
    }
    return json.dumps(figures)


def _keep(parts: Parts, course: Course, state: Path) -> None:
    kept = {name: part.state_dict() for name, part in parts.items()}
    partial = state.with_suffix(".part")
    torch.save({**kept, "step": course.step, "seconds": course.seconds}, partial)
    partial.replace(state)


def _resume(parts: Parts, course: Course, state: Path) -> None:
    if not state.exists():
        return
    kept = torch.load(state, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(kept[name])
    course.step, course.seconds = kept["step"], kept["seconds"]
