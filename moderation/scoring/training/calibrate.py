"""Making probabilities mean what they say on the natural mix of one source.

Each label gets a slope and an offset on its logit, folded into the last layer, so that
plain Detoxify gives the same numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from transformers import BertForSequenceClassification

from moderation.scoring.labels import LABELS
from moderation.scoring.training.data import UNKNOWN, Row

SOURCE = "jigsaw2018"
# With fewer positives a slope would be chance.
FEWEST_POSITIVES = 30
_BINS = 10


@dataclass(frozen=True)
class Line:
    """What a label's logit is multiplied by, and what is then added."""

    slope: float = 1.0
    offset: float = 0.0


def calibrate(rows: Sequence[Row], logits: npt.NDArray[np.float32]) -> tuple[Line, ...]:
    """A line for each label, from the rows of SOURCE; none where it does not help.

    A line helps when fitted on one half it lowers the log loss of the other, both ways round.
    """
    lines = []
    for column in range(len(LABELS)):
        x, y = _of_source(rows, logits, column)
        lines.append(_fit(x, y) if _helps(x, y) else Line())
    return tuple(lines)


def fold_in(model: BertForSequenceClassification, lines: Sequence[Line]) -> None:
    """Change the model's last layer so that its logits follow the lines."""
    with torch.no_grad():
        for column, line in enumerate(lines):
            model.classifier.weight[column] *= line.slope
            model.classifier.bias[column] *= line.slope
            model.classifier.bias[column] += line.offset


def reliability(rows: Sequence[Row], probabilities: npt.NDArray[np.float32]) -> dict[str, Any]:
    """How far toxicity means what it says on SOURCE, in ten bins of equal width.

    `error` is the expected calibration error, the mean gap between probability and part toxic,
    weighted by texts (Guo et al., "On calibration of modern neural networks", 2017); `bins` is
    the reliability diagram: texts, mean probability and part toxic of each.
    """
    x, y = _of_source(rows, probabilities, 0)
    places = np.minimum((x * _BINS).astype(int), _BINS - 1)
    bins = [
        {
            "texts": int((places == b).sum()),
            "predicted": round(float(x[places == b].mean()), 4),
            "toxic": round(float(y[places == b].mean()), 4),
        }
        for b in range(_BINS)
        if (places == b).any()
    ]
    gaps = [b["texts"] * abs(b["predicted"] - b["toxic"]) for b in bins]
    return {"error": round(sum(gaps) / len(x), 4), "bins": bins}


def _of_source(
    rows: Sequence[Row], values: npt.NDArray[np.float32], column: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    chosen = [i for i, r in enumerate(rows) if r.source == SOURCE and r.labels[column] != UNKNOWN]
    labels = np.array([int(rows[i].labels[column]) for i in chosen])
    return values[chosen, column].astype(np.float64), labels


def _fit(x: npt.NDArray[np.float64], y: npt.NDArray[np.int64]) -> Line:
    fitted = LogisticRegression(C=100.0).fit(x[:, None], y)
    return Line(slope=float(fitted.coef_[0, 0]), offset=float(fitted.intercept_[0]))


def _helps(x: npt.NDArray[np.float64], y: npt.NDArray[np.int64]) -> bool:
    if y.sum() < FEWEST_POSITIVES:
        return False
    before = after = 0.0
    for fitted_on, tried_on in ((0, 1), (1, 0)):
        line = _fit(x[fitted_on::2], y[fitted_on::2])
        held, labels = x[tried_on::2], y[tried_on::2]
        before += log_loss(labels, _sigmoid(held))
        after += log_loss(labels, _sigmoid(line.slope * held + line.offset))
    return after < before


def _sigmoid(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    answer: npt.NDArray[np.float64] = 1 / (1 + np.exp(-x))
    return answer
