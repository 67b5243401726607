"""The scorer that serves: a compiled graph, bounded in time and memory for every text.

Needs onnxruntime, tokenizers and numpy; torch is never imported here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.catalog import Model, find_model
from moderation.scoring.reading import language, normalise
from moderation.scoring.score import ModelInfo, Score, Span
from moderation.scoring.serving.compiled import (
    GRAPHS,
    REMEDY,
    TOKENIZER,
    Facts,
    check_files,
    folder_for,
    read_facts,
)
from moderation.scoring.serving.explain import Weighed, mark, weigh_words
from moderation.scoring.serving.graph import Graph
from moderation.scoring.serving.parity import choose_kind
from moderation.scoring.serving.windows import Window, batches_by_length

MAX_WINDOWS = 8
# Far more than eight windows hold, so that a megabyte is never tokenised.
MAX_CHARACTERS = 32_000

# Keeps a probability's logit finite; float32 says no more about one nearer to 0 or 1.
_NEAREST = 1e-6

_Numbers = npt.NDArray[np.float32]


def load_scorer(model: str, cache: Path, *, threads: int | None = None) -> "CompiledScorer":
    """Load a compiled model; `threads` is the number of cores one text uses, None for all.

    `model` is `home`, an official Detoxify name or a folder. The first load on a machine takes
    seconds: it compares the graphs with Detoxify's scores. Raises ScorerUnavailable, naming
    the remedy, when the compiled model is missing, damaged or of another checkpoint.
    """
    found = find_model(model, cache)
    folder = folder_for(found, cache)
    facts = read_facts(folder)
    if not facts.sha256.startswith(found.digest):
        raise ScorerUnavailable(f"{folder} was made from another checkpoint: {REMEDY}")
    language.warm_up()
    normalise.warm_up()
    kind = choose_kind(folder, facts, found.presets, threads=threads)
    check_files(folder, facts, (GRAPHS[kind], TOKENIZER))
    graph = Graph(folder / GRAPHS[kind], folder / TOKENIZER, facts, threads=threads)
    return CompiledScorer(info=_info(found, facts, kind), graph=graph)


@dataclass(frozen=True)
class _Piece:
    """One text, read: the windows that are scored, whether they are all of it, what it says."""

    windows: list[Window]
    complete: bool
    readings: tuple[str, ...]


class CompiledScorer:
    """Scores texts with a compiled graph; safe to use from several threads."""

    def __init__(self, info: ModelInfo, graph: Graph) -> None:
        self.info = info
        self._graph = graph

    def score(self, texts: Sequence[str]) -> list[Score]:
        """One score for each text, in their order; the highest of a text's windows counts.

        A disguised text is read twice, as it stands and beneath its disguises. At most eight
        windows of a reading are scored; `complete` is False where it is longer.
        Raises ScorerUnavailable when the model fails or answers something that is no number.
        """
        pieces = [self._piece(text) for text in texts]
        windows = [window for piece in pieces for window in piece.windows]
        rows = self._run(windows)
        scores, start = [], 0
        for text, piece in zip(texts, pieces, strict=True):
            end = start + len(piece.windows)
            scores.append(self._score(text, piece, rows[start:end]))
            start = end
        return scores

    def explain(
        self, text: str, attributes: Sequence[str], between: Callable[[], None] = lambda: None
    ) -> list[Span]:
        """The words of the text that raised the scores of these attributes; none may stand out.

        Offsets are those of `text`, also where a word was read beneath a disguise. At most 64
        words are looked at, those of the worst sentences, and about 8,192 tokens read. `between`
        is called before each run of at most 512 tokens; what it raises ends the explanation.
        Raises ScorerUnavailable like `score`.
        """
        words = self.weigh(text, attributes, between)
        least = self.info.mark_from
        return mark(text, [(w.start, w.end) for w in words if w.weight >= least])

    def weigh(
        self, text: str, attributes: Sequence[str], between: Callable[[], None] = lambda: None
    ) -> list[Weighed]:
        """The words of the text that `explain` looks at, in order, each with its weight.

        `between` and what is raised as there.
        """
        columns = [i for i, name in enumerate(self.info.attributes) if name in attributes]
        if not columns:
            return []
        reading = normalise.normalise(text[:MAX_CHARACTERS])
        words = weigh_words(
            reading.text,
            logits_of=lambda texts: self._logits(texts, between)[:, columns],
            tokens_of=lambda texts: [len(self._graph.encode(text)[0]) for text in texts],
        )
        return [Weighed(*reading.original_span(w.start, w.end), w.weight) for w in words]

    def _logits(self, texts: Sequence[str], between: Callable[[], None]) -> _Numbers:
        """The logits of short texts: texts × attributes.

        They go in batches, in 8 bits too: all of them vary one text, and only compare there.
        """
        windows = [self._graph.encode(text)[0] for text in texts]
        rows = np.empty((len(windows), len(self.info.attributes)), dtype=np.float32)
        for batch in batches_by_length(windows):
            between()
            rows[batch] = self._graph.run([windows[i] for i in batch])
        rows = rows.clip(_NEAREST, 1 - _NEAREST)
        logits: _Numbers = np.log(rows / (1 - rows))
        return logits

    def _piece(self, text: str) -> _Piece:
        """The text's windows, and those of what it says beneath its disguises where they differ."""
        read = text[:MAX_CHARACTERS]
        windows = self._graph.encode(normalise.undress(read))
        plain = normalise.normalise(read).text
        others = [] if plain == read else self._graph.encode(plain)
        longest = max(len(windows), len(others))
        others = [window for window in others[:MAX_WINDOWS] if window not in windows]
        complete = len(text) <= MAX_CHARACTERS and longest <= MAX_WINDOWS
        return _Piece(windows[:MAX_WINDOWS] + others, complete, normalise.readings(read, plain))

    def _run(self, windows: list[Window]) -> list[_Numbers]:
        rows = [np.empty(0, dtype=np.float32)] * len(windows)
        for batch in batches_by_length(windows):
            for index, row in zip(batch, self._graph.run([windows[i] for i in batch]), strict=True):
                rows[index] = row
        return rows

    def _score(self, text: str, piece: _Piece, rows: Sequence[_Numbers]) -> Score:
        strictest = np.max(np.stack(rows), axis=0)
        told = language.identify(text[:MAX_CHARACTERS])
        return Score(
            attributes=dict(zip(self.info.attributes, map(float, strictest), strict=True)),
            complete=piece.complete,
            language=told,
            has_words=told is not None or language.has_words(text),
            readings=piece.readings,
        )


def _info(model: Model, facts: Facts, kind: str) -> ModelInfo:
    return ModelInfo(
        name=model.name,
        checkpoint=facts.sha256[:12],
        graph=kind,
        normaliser=normalise.NORMALISER_VERSION,
        languages=model.languages,
        attributes=facts.labels,
        presets=model.presets,
        mark_from=model.mark_from,
    )
