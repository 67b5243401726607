"""Compiling: true to Detoxify, safe to interrupt, nothing opened whose hash is not known."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from detoxify import Detoxify
from onnx import TensorProto, helper, numpy_helper
from torch import nn

import moderation.scoring.compiling.build as build_module
import moderation.scoring.serving.compiled as compiled_module
import moderation.scoring.serving.parity as parity
from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.catalog import CHECKPOINT, find_model
from moderation.scoring.checkpoints.checkpoint import load_checkpoint
from moderation.scoring.compiling.balance import Plan, balance, largest_of
from moderation.scoring.compiling.build import build, reference_scores
from moderation.scoring.compiling.compile import KEEP_OLD_FOR, compile_model
from moderation.scoring.compiling.inputs import linear_layers
from moderation.scoring.compiling.quantise import halve_embeddings
from moderation.scoring.compiling.reference_texts import REFERENCE_TEXTS
from moderation.scoring.compiling.rounding import rounded, spread_of
from moderation.scoring.serving.compiled import (
    FACTS,
    FILES,
    GRAPHS,
    TOKENIZER,
    check_files,
    folder_for,
    read_facts,
)
from moderation.scoring.serving.graph import Graph
from tests.scoring.tiny_models import ARCHITECTURES, LABELS, make_model, write_manifest


def ignore(line: str) -> None:
    """A progress that nobody watches."""


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_float_graph_gives_detoxifys_own_scores(architecture: str, tmp_path: Path) -> None:
    folder = make_model(tmp_path / "model", architecture)
    compiled = tmp_path / "compiled"
    compiled.mkdir()

    build(find_model(str(folder), tmp_path), compiled, ignore)

    facts = read_facts(compiled)
    graph = Graph(compiled / GRAPHS["float"], compiled / TOKENIZER, facts, threads=1)
    detoxify = Detoxify(checkpoint=str(folder / CHECKPOINT), huggingface_config_path=str(folder))
    detoxify.model.float()
    texts = [text for text in REFERENCE_TEXTS if len(graph.encode(text)) == 1]
    expected = [list(detoxify.predict(text).values()) for text in texts]
    found = [graph.run(graph.encode(text))[0] for text in texts]
    assert len(texts) > 300
    assert facts.labels == LABELS
    assert np.std(expected, axis=0).min() > 0.01
    assert np.abs(np.array(found) - np.array(expected)).max() <= 0.001


def test_a_compiled_model_is_not_compiled_again(tiny_folder: Path, tiny_cache: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "moderation.scoring.compiling"]

    done = subprocess.run(
        [*command, str(tiny_folder), str(tiny_cache)], capture_output=True, text=True, check=True
    )

    assert "compiled already" in done.stdout
    assert "onnxruntime" not in done.stderr.replace("onnxruntime.quantization", "")
    assert not any(line.endswith(" torch") for line in done.stderr.splitlines())


def test_a_damaged_model_is_compiled_anew(
    tiny_folder: Path, tiny_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "models"
    shutil.copytree(tiny_cache, cache)
    compiled = folder_for(find_model(str(tiny_folder), cache), cache)
    (compiled / GRAPHS["int8"]).write_bytes(b"half a graph")
    monkeypatch.setattr(build_module, "build", copy_of(tiny_cache / compiled.name))

    assert compile_model(str(tiny_folder), cache, ignore) == compiled

    check_files(compiled, read_facts(compiled))
    assert [path.name for path in cache.iterdir() if path.name != ".lock"] == [compiled.name]


def test_a_failed_build_leaves_nothing_under_the_final_name(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(build_module, "export_graph", full_disk)
    with pytest.raises(OSError, match="No space left"):
        compile_model(str(tiny_folder), tmp_path / "models", ignore)
    assert [path.name for path in (tmp_path / "models").iterdir()] == [".lock"]


def test_a_compiled_folder_is_complete_and_says_which_graph_serves_here(
    tiny_folder: Path, tiny_cache: Path
) -> None:
    compiled = folder_for(find_model(str(tiny_folder), tiny_cache), tiny_cache)

    names = {path.name for path in compiled.iterdir()}

    assert names >= {*FILES, FACTS}
    assert len([name for name in names - {*FILES, FACTS} if name.startswith("verdict-")]) == 1
    assert len(names) == len(FILES) + 2


@pytest.mark.parametrize(
    ("file", "compiles_anew"),
    [
        ("compiling/export.py", True),
        ("compiling/balance_texts.txt", True),
        ("sentences/threats.txt", True),
        ("checkpoints/checkpoint.py", True),
        ("checkpoints/download.py", False),
    ],
)
def test_the_folder_changes_its_name_with_the_exporter(
    file: str,
    compiles_anew: bool,
    tiny_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = find_model(str(tiny_folder), tmp_path)
    before = folder_for(model, tmp_path)
    for part in ("checkpoints", "compiling", "sentences"):
        shutil.copytree(compiled_module._SCORING / part, tmp_path / part)
    monkeypatch.setattr(compiled_module, "_SCORING", tmp_path)
    exporter_digest = compiled_module._exporter_digest.__wrapped__
    monkeypatch.setattr(compiled_module, "_exporter_digest", exporter_digest)
    assert folder_for(model, tmp_path) == before

    (tmp_path / file).write_text("another one")

    assert (folder_for(model, tmp_path) != before) is compiles_anew


def test_an_export_that_is_not_true_is_refused(
    tiny_folder: Path, tiny_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = folder_for(find_model(str(tiny_folder), tiny_cache), tiny_cache) / GRAPHS["float"]
    monkeypatch.setitem(parity.TOLERANCES, "float", -1.0)
    monkeypatch.setattr(
        build_module, "export_graph", lambda _, path, max_tokens: shutil.copy(made, path)
    )

    with pytest.raises(ScorerUnavailable, match="does not reproduce"):
        build(find_model(str(tiny_folder), tmp_path), tmp_path, ignore)
    assert not (tmp_path / FACTS).exists()


def test_rounding_makes_good_in_later_columns_what_it_changed_in_earlier_ones() -> None:
    torch.manual_seed(3)
    inputs = torch.randn(400, 200) @ torch.randn(200, 200)
    weights = torch.randn(30, 200)

    found = rounded(weights, spread_of(inputs.T @ inputs), steps=63)

    scale = weights.abs().amax(dim=1, keepdim=True) / 63
    whole = found / scale
    assert torch.allclose(whole, whole.round(), atol=1e-3)
    assert torch.allclose(found.abs().amax(dim=1), weights.abs().amax(dim=1))
    plain = (weights / scale).round() * scale
    change, plain_change = ((each - weights) @ inputs.T for each in (found, plain))
    assert change.norm() < 0.7 * plain_change.norm()


def test_balancing_changes_no_answer_and_shares_what_layers_share(tmp_path: Path) -> None:
    checkpoint = load_checkpoint(find_model(str(make_model(tmp_path / "model")), tmp_path))
    texts = ("Good morning.", "What a lovely garden, and so many bees!")
    exact = reference_scores(checkpoint, texts)
    layers = linear_layers(checkpoint)

    balance(checkpoint, texts, max_tokens=64)

    assert np.allclose(reference_scores(checkpoint, texts), exact, atol=1e-6)
    attention = checkpoint.network.bert.encoder.layer[0].attention
    query, value, out = attention.self.query, attention.self.value, attention.output.dense
    assert torch.equal(query.inverse, value.inverse)
    assert not torch.equal(query.inverse, out.inverse)
    assert not query.layer.weight[:, query.columns].any()
    assert checkpoint.network.classifier is layers["classifier"]


def test_a_column_far_out_is_multiplied_apart() -> None:
    torch.manual_seed(3)
    layer, inputs = nn.Linear(48, 48), torch.randn(100, 48)
    inputs[:, 5] *= 1000

    plan = Plan([layer], largest_of(inputs))

    assert len(plan.exact) == 2
    assert 5 in plan.exact
    assert (inputs * plan.inverse).abs().max() < 20


def test_a_checkpoint_with_another_hash_is_never_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_model(tmp_path / "model")
    write_manifest(folder, sha256="0" * 64)
    monkeypatch.setattr(torch, "load", None)

    with pytest.raises(ScorerUnavailable, match="sha256"):
        compile_model(str(folder), tmp_path / "models", ignore)


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "owned"),)

    folder = make_model(tmp_path / "model")
    torch.save({"config": Evil(), "state_dict": {}}, folder / CHECKPOINT)
    write_manifest(folder)

    with pytest.raises(ScorerUnavailable):
        compile_model(str(folder), tmp_path / "models", ignore)
    assert not (tmp_path / "owned").exists()


def test_the_hub_name_in_a_checkpoint_is_not_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = make_model(tmp_path / "model", model_type="nobody/such-model")

    assert load_checkpoint(find_model(str(folder), tmp_path)).labels == LABELS


def test_a_missing_checkpoint_is_said_in_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "moderation.scoring.compiling",
            "original",
            str(tmp_path / "models"),
        ],
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert "toxic_original-c1212f89.ckpt cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


def test_of_two_that_compile_at_once_one_waits_for_the_other(
    tiny_folder: Path, tiny_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = folder_for(find_model(str(tiny_folder), tiny_cache), tiny_cache).name
    second_waits, builds = threading.Event(), []

    def slow_build(_: object, folder: Path, progress: object) -> None:
        assert second_waits.wait(timeout=30)
        builds.append(folder)
        copy_of(tiny_cache / name)(_, folder, progress)

    def hear(line: str) -> None:
        if "waiting" in line:
            second_waits.set()

    monkeypatch.setattr(build_module, "build", slow_build)
    with ThreadPoolExecutor(2) as two:
        compiled = list(two.map(lambda _: compile_model(str(tiny_folder), tmp_path, hear), "ab"))

    assert compiled == [tmp_path / name] * 2
    assert len(builds) == 1
    check_files(compiled[0], read_facts(compiled[0]))


def test_compiling_removes_what_was_left_and_what_nobody_used_for_a_week(
    tiny_folder: Path, tiny_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = folder_for(find_model(str(tiny_folder), tiny_cache), tiny_cache).name
    stem = name.split("-")[0]
    old, young, other, left = (
        tmp_path / folder
        for folder in (
            f"{stem}-00000000-00000000",
            f"{stem}-11111111-11111111",
            "other-22222222-22222222",
            ".making-killed",
        )
    )
    for folder in (old, young, other, left):
        folder.mkdir()
    for folder in (old, other):
        os.utime(folder, (0, time.time() - KEEP_OLD_FOR - 60))
    monkeypatch.setattr(build_module, "build", copy_of(tiny_cache / name))
    heard: list[str] = []

    compile_model(str(tiny_folder), tmp_path, heard.append)

    assert {p.name for p in tmp_path.iterdir()} == {".lock", name, young.name, other.name}
    assert [line.split()[1] for line in heard if "removing" in line] == [
        f"{left.name},",
        f"{old.name},",
    ]


def copy_of(compiled: Path) -> Callable[..., None]:
    """A build that takes no time."""

    def build(_: object, folder: Path, progress: object) -> None:
        shutil.copytree(compiled, folder, dirs_exist_ok=True)

    return build


@pytest.mark.parametrize(("value", "kind"), [(0.5, "FLOAT16"), (0.1, "FLOAT")])
def test_embeddings_are_halved_where_that_loses_nothing(
    value: float, kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "graph.onnx"
    table = np.full((3, 2), value, dtype=np.float32)
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "ids"], ["rows"])],
        "lookup",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, [1])],
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, [1, 2])],
        [numpy_helper.from_array(table, "table")],
    )
    opset = [helper.make_opsetid("", 20)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), str(path))

    halve_embeddings(path)

    assert onnx.load(str(path)).graph.initializer[0].data_type == getattr(TensorProto, kind)
    session = onnxruntime.InferenceSession(str(path))
    assert session.run(None, {"ids": np.array([1])})[0].tolist() == table[:1].tolist()
