"""The words that raise a score: found by the shipped model, and anywhere in any text."""

import csv
import gzip
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.errors import ScorerUnavailable
from moderation.scoring.serving.engine import CompiledScorer, load_scorer
from moderation.scoring.serving.explain import (
    CHARACTERS_A_PASSAGE,
    MOST_PASSAGES,
    MOST_TOKENS,
    MOST_WORDS,
    Logits,
    mark,
    weigh_words,
)
from moderation.scoring.serving.windows import TOKENS_A_BATCH, Window
from moderation.scoring.training.evaluate import measure
from moderation.scoring.training.explanations import character_f1
from tests.scoring.tiny_models import write_manifest

TOXICITY = ["toxicity"]
texts = st.text(st.characters(codec=None), max_size=80) | st.lists(
    st.sampled_from(
        ["idiot", "1d1ot", "i d i o t", "ѕtupіd", "the", ".", "!", "\n", " ", "🙂", "𝓯"]
    )
).map("".join)


def marked(scorer: CompiledScorer, text: str) -> list[str]:
    """The words that the scorer marks."""
    return [text[start:end] for start, end in scorer.explain(text, TOXICITY)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Shame on the mayor, he is an idiot.", ["idiot"]),
        ("Only a stupid idiot plants trees there.", ["stupid idiot"]),
        ("What a moron. The plan for the bridge is fine otherwise.", ["moron"]),
        ("Read it again, you m0r0n.", ["m0r0n"]),
        ("Nobody asked you, i d i o t, so be quiet.", ["i d i o t"]),
        ("The library opens at nine on Mondays.", []),
    ],
)
def test_it_finds_the_words_that_raised_the_score(
    home_scorer: CompiledScorer, text: str, words: list[str]
) -> None:
    assert marked(home_scorer, text) == words


def test_it_finds_an_insult_deep_in_a_long_text(home_scorer: CompiledScorer) -> None:
    calm = "The council met on Monday and spoke about the new bridge over the river. " * 20

    assert marked(home_scorer, f"{calm}The mayor is an idiot. {calm}") == ["idiot"]


def test_it_explains_nothing_by_attributes_that_the_model_does_not_know(
    home_scorer: CompiledScorer,
) -> None:
    assert home_scorer.explain("You idiot.", ["sexual_explicit"]) == []
    assert home_scorer.explain("You idiot.", []) == []


@settings(max_examples=50)
@given(texts)
def test_spans_of_any_text_are_in_range_in_order_and_apart(
    tiny_scorer: CompiledScorer, text: str
) -> None:
    words = tiny_scorer.weigh(text, tiny_scorer.info.attributes)
    for spans in (
        mark(text, [(word.start, word.end) for word in words]),
        tiny_scorer.explain(text, tiny_scorer.info.attributes),
    ):
        edges = [edge for span in spans for edge in span]
        assert edges == sorted(set(edges))
        assert not edges or (edges[0] >= 0 and edges[-1] <= len(text))


class Counting:
    """Says the same of all texts, each character a token, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.calls = 0

    def __call__(self, asked: Sequence[str]) -> Logits:
        self.asked += asked
        self.calls += 1
        return np.zeros((len(asked), 1), dtype=np.float32)

    @staticmethod
    def tokens(texts: Sequence[str]) -> list[int]:
        """Two more than characters: the special ones."""
        return [len(text) + 2 for text in texts]


def test_a_short_text_is_read_in_one_batch() -> None:
    counting = Counting()
    weigh_words("Trees give shade. Cars give noise, dust and noise.", counting, counting.tokens)

    assert counting.calls == 1
    assert len(counting.asked) == len(set(counting.asked))


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"word{n}." for n in range(4000)),
        "no" * 20_000,
        "a!" * 5000,
        "x\n" * 9000,
        " ".join(f"{n:x>40}" for n in range(700)),
        ". ".join(f"{n:x>40}" for n in range(700)),
        " ".join(f"{n:x>6}" for n in range(4000)),
    ],
    ids=["words", "one word", "marks", "lines", "long words", "long sentences", "many words"],
)
def test_the_cost_of_any_text_is_bounded(text: str) -> None:
    counting = Counting()
    words = weigh_words(text, counting, counting.tokens)

    assert 0 < len(words) <= MOST_WORDS
    assert len(counting.asked) <= MOST_PASSAGES + 3 * MOST_WORDS
    assert max(map(len, counting.asked)) <= CHARACTERS_A_PASSAGE
    assert sum(counting.tokens(counting.asked)) <= MOST_TOKENS


def test_a_text_of_plain_words_is_weighed_whole() -> None:
    text = "mayor bridge council river " * (MOST_WORDS // 4)

    words = weigh_words(text, Counting(), lambda texts: [2 * len(t.split()) + 2 for t in texts])

    assert len(words) == MOST_WORDS


def test_others_are_let_go_first_between_the_runs_of_an_explanation(
    tiny_scorer: CompiledScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stop(Exception):
        pass

    runs: list[int] = []
    run = tiny_scorer._graph.run

    def watched(windows: Sequence[Window]) -> Logits:
        runs.append(sum(map(len, windows)))
        return run(windows)

    def stop_after_two() -> None:
        if len(runs) == 2:
            raise Stop

    monkeypatch.setattr(tiny_scorer._graph, "run", watched)
    with pytest.raises(Stop):
        tiny_scorer.explain("Many words. " * 300, tiny_scorer.info.attributes, stop_after_two)

    assert len(runs) == 2 and max(runs) <= TOKENS_A_BATCH


def test_each_model_marks_from_its_own_weight(
    tiny_folder: Path, tiny_cache: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_folder, folder)
    marked = []
    for weight in (-100, 100):
        write_manifest(folder, mark_from=weight)
        scorer = load_scorer(str(folder), tiny_cache, threads=1)
        marked.append(scorer.explain("Some words", scorer.info.attributes))

    assert marked == [[(5, 10)], []]


def test_what_fails_says_so(tiny_scorer: CompiledScorer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_windows: object) -> None:
        raise ScorerUnavailable("told to fail")

    monkeypatch.setattr(tiny_scorer._graph, "run", fail)
    with pytest.raises(ScorerUnavailable):
        tiny_scorer.explain("A text", tiny_scorer.info.attributes)


def test_neighbours_are_marked_as_one() -> None:
    text = "you stupid  old fool, you fool"

    assert mark(text, [(4, 10), (12, 15), (16, 20), (26, 30)]) == [(4, 20), (26, 30)]


@pytest.mark.parametrize(
    ("found", "raters", "figure"),
    [
        ((), (), 1.0),
        ((1, 2), (), 0.0),
        ((), (1, 2), 0.0),
        ((1, 2), (3, 4), 0.0),
        ((1, 2, 3), (2, 3, 4, 5, 6), 0.5),
    ],
)
def test_the_figure_is_that_of_the_shared_task(
    found: tuple[int, ...], raters: tuple[int, ...], figure: float
) -> None:
    assert character_f1(frozenset(found), frozenset(raters)) == figure


def test_a_model_is_measured_on_spans(tiny_scorer: CompiledScorer, tmp_path: Path) -> None:
    files = {
        "test_spans": [["text", "spans", "note"], *[["You fool.", "[4, 5, 6, 7]", ""]] * 4],
        "test_wikipedia_talk_benign": [["text", "toxic", "note"], ["?!", "0", ""]],
    }
    for name, rows in files.items():
        with gzip.open(tmp_path / f"{name}.csv.gz", "wt", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)

    figures = measure(tmp_path, tiny_scorer, ["spans"])["spans"]

    # "fool" is the only word, so some threshold marks it and nothing else.
    assert figures["in_force"]["threshold"] == tiny_scorer.info.mark_from
    assert figures["best"]["even_rows"] == figures["best"]["odd_rows"] == 1
    assert (figures["texts"], figures["best"]["clean_held_and_marked"]) == (4, 0)
