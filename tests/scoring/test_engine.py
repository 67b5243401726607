"""The scorer that serves: bounded, in order, and an error rather than a wrong number."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.catalog import find_model
from moderation.scoring.serving.compiled import FACTS, GRAPHS, TOKENIZER, folder_for
from moderation.scoring.serving.engine import (
    MAX_CHARACTERS,
    MAX_WINDOWS,
    CompiledScorer,
    load_scorer,
)
from tests.scoring.tiny_models import LABELS, make_model

REMEDY = "flask --app wsgi model compile"


def test_it_answers_one_score_for_each_text_in_their_order(tiny_scorer: CompiledScorer) -> None:
    texts = ["a long walk in the park " * 5, "no", "you are a moron, go away", ""]

    together = tiny_scorer.score(texts)

    alone = [tiny_scorer.score([text])[0] for text in texts]
    for one, other in zip(together, alone, strict=True):
        assert tuple(one.attributes) == LABELS
        assert one.attributes == pytest.approx(other.attributes, abs=0.001)
    assert len({round(score.attributes["toxicity"], 3) for score in together}) > 1


def test_no_texts_are_no_scores(tiny_scorer: CompiledScorer) -> None:
    assert tiny_scorer.score([]) == []


def test_it_knows_its_model(tiny_scorer: CompiledScorer, tiny_folder: Path) -> None:
    digest = json.loads((tiny_folder / "manifest.json").read_text())["sha256"]
    info = tiny_scorer.info

    assert info.name == "tiny"
    assert info.version.startswith(digest[:12] + "-")
    assert info.version.endswith(("-int8", "-int7", "-float"))
    assert info.languages == {"en"}
    assert info.attributes == LABELS
    assert info.presets == {"balanced": {"toxicity": 0.5}}


def test_a_long_text_counts_by_its_strictest_window(tiny_scorer: CompiledScorer) -> None:
    filler, other = "the train was late again ", "shut up, you liar, go to hell, moron "
    long_text = filler * 30 + other * 3

    score = tiny_scorer.score([long_text])[0]

    windows = tiny_scorer._graph.encode(long_text)
    assert 1 < len(windows) <= MAX_WINDOWS
    each = np.stack([tiny_scorer._graph.run([window])[0] for window in windows])
    assert score.complete
    assert list(score.attributes.values()) == pytest.approx(each.max(axis=0).tolist(), abs=0.001)


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("short", True),
        ("the " * 100, True),
        ("the " * 600, False),
        ("x" * (MAX_CHARACTERS + 1), False),
        ("word " * 200_000, False),
    ],
)
def test_it_says_when_a_text_was_longer_than_what_it_scored(
    tiny_scorer: CompiledScorer, text: str, complete: bool
) -> None:
    assert tiny_scorer.score([text])[0].complete is complete


def test_half_a_surrogate_pair_is_scored_like_any_text(tiny_scorer: CompiledScorer) -> None:
    assert 0 <= tiny_scorer.score(["broken \ud800 text"])[0].attributes["toxicity"] <= 1


def test_it_tells_the_language_of_each_text(tiny_scorer: CompiledScorer) -> None:
    scores = tiny_scorer.score(["What a lovely day it was", "halt die Fresse", "😀"])

    assert [score.language for score in scores] == ["en", "de", None]


def test_it_tells_what_each_text_says_beneath_its_disguise(tiny_scorer: CompiledScorer) -> None:
    texts = ["a lovely day", "you 1d10t", "z3bra"]
    plain, known, guessed = (score.readings for score in tiny_scorer.score(texts))
    assert plain == ()
    assert known == ("you idiot",)
    assert guessed == ("zebra",)


def test_it_tells_whether_a_text_has_words(tiny_scorer: CompiledScorer) -> None:
    scores = tiny_scorer.score(["What a lovely day it was", "brzt", "😀"])
    assert [score.has_words for score in scores] == [True, True, False]


def test_an_answer_that_is_no_number_is_an_error_and_not_a_score(
    tiny_scorer: CompiledScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def run(self, *_: object) -> list[np.ndarray]:
            return [np.full((1, len(LABELS)), np.nan, dtype=np.float32)]

    monkeypatch.setattr(tiny_scorer._graph, "_session", Broken())
    with pytest.raises(ScorerUnavailable):
        tiny_scorer.score(["hello"])


def test_a_failing_runtime_is_an_error_that_does_not_quote_the_comment(
    tiny_scorer: CompiledScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def run(self, *_: object) -> list[np.ndarray]:
            raise RuntimeError("cannot allocate for: hello there")

    monkeypatch.setattr(tiny_scorer._graph, "_session", Broken())
    with pytest.raises(ScorerUnavailable) as caught:
        tiny_scorer.score(["hello there"])
    assert "hello" not in str(caught.value)


def test_what_does_not_fit_in_memory_together_is_scored_in_halves(
    tiny_scorer: CompiledScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["thank you", "go away, moron", "no", "see you on Monday"] * 4
    expected = [score.attributes for score in tiny_scorer.score(texts)]
    session, sizes = tiny_scorer._graph._session, []

    class Small:
        def run(self, names: list[str], inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
            sizes.append(len(inputs["input_ids"]))
            if sizes[-1] > 3:
                raise MemoryError
            return session.run(names, inputs)

    monkeypatch.setattr(tiny_scorer._graph, "_session", Small())
    found = [score.attributes for score in tiny_scorer.score(texts)]

    assert max(sizes) > 3
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, abs=0.001)


def test_a_text_scores_the_same_alone_and_among_others(home_scorer: CompiledScorer) -> None:
    texts = ["Thanks.", "what a load of rubbish from the mayor", "you liar " * 40, "First!"]

    together = home_scorer.score(texts)

    for text, score in zip(texts, together, strict=True):
        alone = home_scorer.score([text])[0].attributes
        assert score.attributes == pytest.approx(alone, abs=0.001)


def test_a_model_that_is_not_compiled_names_the_remedy(tiny_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ScorerUnavailable, match=REMEDY):
        load_scorer(str(tiny_folder), tmp_path)


@pytest.mark.parametrize("file", ["the graph that serves", TOKENIZER, FACTS])
def test_a_damaged_file_is_found_before_anything_is_scored(
    file: str, tiny_folder: Path, tiny_cache: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "models"
    shutil.copytree(tiny_cache, cache)
    serving = GRAPHS[load_scorer(str(tiny_folder), cache).info.graph]
    name = serving if file == "the graph that serves" else file
    path = folder_for(find_model(str(tiny_folder), cache), cache) / name
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(ScorerUnavailable, match=REMEDY):
        load_scorer(str(tiny_folder), cache)


def test_a_file_that_still_loads_but_is_not_the_compiled_one_is_refused(
    tiny_folder: Path, tiny_cache: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "models"
    shutil.copytree(tiny_cache, cache)
    tokenizer = folder_for(find_model(str(tiny_folder), cache), cache) / TOKENIZER
    tokenizer.write_bytes(tokenizer.read_bytes() + b"\n")

    with pytest.raises(ScorerUnavailable, match="damaged"):
        load_scorer(str(tiny_folder), cache)


def test_a_graph_of_another_checkpoint_is_not_served(
    tiny_folder: Path, tiny_cache: Path, tmp_path: Path
) -> None:
    other = make_model(tmp_path / "other", "albert")
    cache = tmp_path / "models"
    mine = folder_for(find_model(str(tiny_folder), tiny_cache), tiny_cache)
    shutil.copytree(mine, folder_for(find_model(str(other), cache), cache))

    with pytest.raises(ScorerUnavailable, match="another checkpoint"):
        load_scorer(str(other), cache)
