"""What the rest of the product sees of the classifier: scores, facts about a model, a protocol."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Score:
    """A model's numbers for one text."""

    attributes: Mapping[str, float]
    """Detoxify's label → probability, 0 to 1."""
    complete: bool
    """False where the text is longer than what was scored."""
    language: str | None
    """ISO 639-1 code, or None where nobody can tell."""
    has_words: bool = True
    """False where there are none that a language could be told by."""
    readings: tuple[str, ...] = ()
    """What the text says beneath disguises, where that differs: for word lists, never stored."""


@dataclass(frozen=True)
class ModelInfo:
    """What a score was made with."""

    name: str
    """`home`, an official Detoxify name, or the name in a folder's manifest."""
    checkpoint: str
    """The checkpoint's sha256, first 12 hex digits."""
    graph: str
    """`int8` or `float`: what the checkpoint was compiled to."""
    normaliser: int
    """The version of the reading beneath disguises; 0 where there is none."""
    languages: frozenset[str]
    """ISO 639-1 codes of the languages the model was trained on."""
    attributes: tuple[str, ...]
    """The labels of its scores, in the order of its outputs."""
    presets: Mapping[str, Mapping[str, float]]
    """Preset → attribute → the probability from which a comment is held. Empty if none."""
    mark_from: float
    """The weight, in logits, from which an explanation marks a word."""

    @property
    def version(self) -> str:
        """Checkpoint and graph in one word: `3fa94c…-int8`."""
        return f"{self.checkpoint}-{self.graph}"


Span = tuple[int, int]
"""Where words stand in a text: the first character's index, and the one behind the last."""


class Scorer(Protocol):
    """Turns texts into scores."""

    info: ModelInfo

    def score(self, texts: Sequence[str]) -> list[Score]:
        """One score for each text, in their order.

        Raises ScorerUnavailable when the model fails or answers something that is no number.
        """
        ...

    def explain(
        self, text: str, attributes: Sequence[str], between: Callable[[], None]
    ) -> list[Span]:
        """The words of the text that raised the scores of these attributes; none may stand out.

        Spans are in order and do not overlap. Attributes that the model does not know are passed
        over. `between` is called every now and then; what it raises ends the explanation.
        Raises ScorerUnavailable like `score`.
        """
        ...
