"""Running a compiled graph: tokens in windows, bounded memory, plain arrays out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from moderation.errors import ScorerUnavailable
from moderation.scoring.serving.compiled import REMEDY, Facts
from moderation.scoring.serving.windows import Window, cut_windows


class Graph:
    """A graph and its tokenizer, loaded; safe to use from several threads."""

    def __init__(self, path: Path, tokenizer: Path, facts: Facts, *, threads: int | None) -> None:
        """Load both files; `threads` is the number of cores one run uses, None for all.

        Raises ScorerUnavailable when either does not load.
        """
        self._facts = facts
        try:
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
            self._session = onnxruntime.InferenceSession(
                str(path), _options(threads), providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise ScorerUnavailable(f"{path.parent} does not load: {REMEDY}") from error
        self._first, self._last = self._special_tokens()

    def encode(self, text: str) -> list[Window]:
        """The windows of token ids that cover the text, without limit to their number."""
        # Half a surrogate pair, which JSON can carry, is no text to the tokenizer.
        sound = text.encode("utf-8", "replace").decode("utf-8")
        body = self._tokenizer.encode(sound, add_special_tokens=False).ids
        return cut_windows(
            body, first=self._first, last=self._last, max_tokens=self._facts.max_tokens
        )

    def run(self, windows: Sequence[Window]) -> npt.NDArray[np.float32]:
        """The probabilities of each window: windows × labels, 0..1.

        What does not fit in memory together is scored in halves. Raises ScorerUnavailable when
        the runtime fails on a single window or an answer is no number.
        """
        try:
            probabilities = self._run_together(windows)
        except Exception as error:
            if len(windows) > 1:
                middle = len(windows) // 2
                return np.concatenate([self.run(windows[:middle]), self.run(windows[middle:])])
            # The runtime's message may quote its input; its type says enough.
            raise ScorerUnavailable(f"the model failed: {type(error).__name__}") from None
        if not np.isfinite(probabilities).all():
            raise ScorerUnavailable(f"the model answered something that is no number: {REMEDY}")
        return probabilities

    def _run_together(self, windows: Sequence[Window]) -> npt.NDArray[np.float32]:
        ids, mask = self._padded(windows)
        scores = self._session.run(["scores"], {"input_ids": ids, "attention_mask": mask})[0]
        return np.asarray(scores, dtype=np.float32)

    def _padded(
        self, windows: Sequence[Window]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        shape = (len(windows), max(len(window) for window in windows))
        ids = np.full(shape, self._facts.pad_id, dtype=np.int64)
        mask = np.zeros(shape, dtype=np.int64)
        for row, window in enumerate(windows):
            ids[row, : len(window)] = window
            mask[row, : len(window)] = 1
        return ids, mask

    def _special_tokens(self) -> tuple[int, int]:
        """What the tokenizer puts before and behind a text: BERT's [CLS] and [SEP], say."""
        ids = self._tokenizer.encode("").ids
        if len(ids) != 2:
            raise ScorerUnavailable("the tokenizer does not frame a text with two tokens")
        return ids[0], ids[1]


def _options(threads: int | None) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    if threads is not None:
        options.intra_op_num_threads = threads
    # Idle threads sleep: the web server has a use for the cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
