"""Which graph serves: settled once on each machine, against Detoxify's scores, without torch."""

import json
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import moderation.scoring.serving.parity as parity
from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.catalog import find_model
from moderation.scoring.serving.compiled import FACTS, folder_for, read_facts
from moderation.scoring.serving.engine import load_scorer
from moderation.scoring.serving.parity import Agreement, compare

TRUE = Agreement(moved=0.01, largest=0.2, flipped={"balanced": 2}, texts=500)


@pytest.fixture
def fresh_cache(tiny_cache: Path, tmp_path: Path) -> Path:
    """A cache copied to another machine: no verdict of this one lies in it."""
    cache = tmp_path / "models"
    shutil.copytree(tiny_cache, cache, ignore=shutil.ignore_patterns("verdict-*"))
    return cache


def folder_of(model: Path, cache: Path) -> Path:
    return folder_for(find_model(str(model), cache), cache)


def test_the_first_load_judges_and_later_loads_believe(
    tiny_folder: Path, fresh_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[str] = []

    def watch(*arguments: object, **named: object) -> Agreement:
        judged.append(str(arguments[2]))
        return compare(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(parity, "compare", watch)
    first, second = (load_scorer(str(tiny_folder), fresh_cache, threads=1) for _ in range(2))

    assert judged and judged[-1] == first.info.version.rpartition("-")[2]
    assert len(judged) == len(set(judged))
    assert second.info == first.info


def test_another_processor_is_judged_anew(
    tiny_folder: Path, tiny_cache: Path, fresh_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_scorer(str(tiny_folder), fresh_cache, threads=1)
    monkeypatch.setattr(parity, "_cpu_flags", lambda: frozenset({"avx2"}))

    load_scorer(str(tiny_folder), fresh_cache, threads=1)

    verdicts = list(folder_of(tiny_folder, fresh_cache).glob("verdict-*.json"))
    assert len(verdicts) == 2


def test_a_quantised_graph_that_is_not_true_here_does_not_serve(
    tiny_folder: Path, fresh_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("int8", "int7"):
        monkeypatch.setitem(parity.TOLERANCES, kind, -1.0)

    scorer = load_scorer(str(tiny_folder), fresh_cache, threads=1)

    assert scorer.info.version.endswith("-float")
    verdict = next(folder_of(tiny_folder, fresh_cache).glob("verdict-*.json"))
    assert json.loads(verdict.read_text())["kind"] == "float"


def test_where_not_even_the_float_graph_is_true_nothing_serves(
    tiny_folder: Path, fresh_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in parity.TOLERANCES:
        monkeypatch.setitem(parity.TOLERANCES, kind, -1.0)

    with pytest.raises(ScorerUnavailable, match="model compile"):
        load_scorer(str(tiny_folder), fresh_cache, threads=1)
    assert not list(folder_of(tiny_folder, fresh_cache).glob("*verdict-*"))


def test_a_verdict_may_be_read_by_whoever_may_read_the_model(
    tiny_folder: Path, fresh_cache: Path
) -> None:
    folder = folder_of(tiny_folder, fresh_cache)
    (folder / FACTS).chmod(0o640)

    load_scorer(str(tiny_folder), fresh_cache, threads=1)

    assert stat.S_IMODE(next(folder.glob("verdict-*.json")).stat().st_mode) == 0o640


def test_a_folder_that_may_only_be_read_serves_all_the_same(
    tiny_folder: Path, fresh_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(parity.tempfile, "NamedTemporaryFile", refuse)

    assert load_scorer(str(tiny_folder), fresh_cache, threads=1).score(["hello"])


@pytest.mark.parametrize(
    ("agreement", "is_true"),
    [
        (TRUE, True),
        (replace(TRUE, flipped={}), True),
        (replace(TRUE, moved=0.012), False),
        (replace(TRUE, flipped={"balanced": 0, "strict": 3}), False),
    ],
)
def test_one_in_a_hundred_may_move_and_one_in_two_hundred_may_flip(
    agreement: Agreement, is_true: bool
) -> None:
    assert agreement.is_true() is is_true


def test_an_x86_without_vnni_gets_seven_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity.platform, "machine", lambda: "x86_64")
    assert parity._candidates(frozenset({"avx2", "fma"})) == ("int7", "float")
    assert parity._candidates(frozenset({"avx2", "avx_vnni"})) == ("int8", "float")
    monkeypatch.setattr(parity.platform, "machine", lambda: "aarch64")
    assert parity._candidates(frozenset({"asimd"})) == ("int8", "float")


def test_flips_are_counted_against_the_presets(
    tiny_folder: Path, tiny_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(tiny_folder, tiny_cache)
    facts = read_facts(folder)
    presets = {"balanced": {"toxicity": 0.5}}

    honest = compare(folder, facts, "float", presets, threads=1)
    monkeypatch.setattr(parity, "_scores", lambda graph, texts, shape: _all_toxic(shape))
    lying = compare(folder, facts, "float", presets, threads=1)

    assert honest.flipped == {"balanced": 0} and honest.largest <= 0.001
    assert lying.flipped["balanced"] > 10 and lying.moved > 0.9


def _all_toxic(shape: tuple[int, ...]) -> np.ndarray:
    return np.ones(shape, dtype=np.float32)
