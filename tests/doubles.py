"""Real, small stand-ins for what lies outside: a clock that stands still, a scorer that knows."""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence

from moderation.errors import ScorerUnavailable
from moderation.scoring.score import ModelInfo, Score, Span

NOON = dt.datetime(2026, 5, 4, 12, 0, tzinfo=dt.UTC)
INFO = ModelInfo(
    name="double",
    checkpoint="0123456789ab",
    graph="int8",
    normaliser=1,
    languages=frozenset({"en"}),
    attributes=("toxicity", "insult"),
    presets={"balanced": {"toxicity": 0.8, "insult": 0.8}},
    mark_from=1.6,
)


class Clock:
    """A clock that moves when told to."""

    def __init__(self, start: dt.datetime = NOON) -> None:
        self.now = start

    def __call__(self) -> dt.datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.now += dt.timedelta(seconds=seconds)


class FixedScorer:
    """Finds a text toxic when it holds "idiot"; fails when `broken`, or on the text "poison"."""

    info = INFO

    def __init__(self) -> None:
        self.broken = False
        self.seen: list[str] = []
        self.explained: list[tuple[str, tuple[str, ...]]] = []

    def score(self, texts: Sequence[str]) -> list[Score]:
        """The numbers for the texts."""
        if self.broken:
            raise ScorerUnavailable("told to be broken")
        if "poison" in texts:
            raise RuntimeError("told to fail on this text")
        self.seen += texts
        return [Score(self._attributes(text), complete=True, language="en") for text in texts]

    def explain(
        self, text: str, attributes: Sequence[str], between: Callable[[], None]
    ) -> list[Span]:
        """Where "idiot" stands."""
        between()
        if self.broken:
            raise ScorerUnavailable("told to be broken")
        self.explained.append((text, tuple(attributes)))
        return [match.span() for match in re.finditer("idiot", text, re.IGNORECASE)]

    def _attributes(self, text: str) -> Mapping[str, float]:
        toxic = 0.95 if "idiot" in text.lower() else 0.05
        return {"toxicity": toxic, "insult": toxic / 2}
