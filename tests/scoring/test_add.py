"""Models from files: what is copied, what is believed, and what does not belong together."""

import json
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.add import find_source, settle, staged
from moderation.scoring.checkpoints.catalog import CHECKPOINT, checkpoints, find_model, known_models
from moderation.scoring.checkpoints.checkpoint import load_checkpoint
from moderation.scoring.checkpoints.digest import sha256_of
from moderation.scoring.checkpoints.manifest import read_manifest
from moderation.scoring.checkpoints.official import OFFICIAL
from tests.scoring.tiny_models import LABELS, make_model, write_manifest


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "models"


def add(path: Path, name: str, cache: Path, config: Path | None = None) -> None:
    with staged(find_source(path, config), name, cache) as (folder, manifest):
        settle(folder, manifest, cache)


def test_a_folder_is_copied_and_all_its_files_are_pinned(tmp_path: Path, cache: Path) -> None:
    made = make_model(tmp_path / "made")
    (made / "code.py").write_text("raise SystemExit")
    write_manifest(made, mark_from=2.5)

    add(made, "ours", cache)

    model = find_model("ours", cache)
    assert model.digest == sha256_of(made / CHECKPOINT)
    assert sorted(path.name for path in model.folder.iterdir()) == [
        CHECKPOINT, "config.json", "manifest.json", "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip
    assert set(model.files) == {"config.json", "tokenizer.json", "tokenizer_config.json"}
    assert (model.presets, model.mark_from) == ({"balanced": {"toxicity": 0.5}}, 2.5)
    assert load_checkpoint(model).labels == LABELS


def test_what_a_killed_add_left_is_removed_a_day_later(tmp_path: Path, cache: Path) -> None:
    made = make_model(tmp_path / "made")
    old, young = checkpoints(cache) / ".adding-old", checkpoints(cache) / ".adding-young"
    for left in (old, young):
        left.mkdir(parents=True)
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (two_days_ago, two_days_ago))

    add(made, "ours", cache)

    assert not old.exists()
    assert young.exists()


def test_presets_of_another_checkpoint_are_not_taken_over(tmp_path: Path, cache: Path) -> None:
    made = make_model(tmp_path / "made")
    write_manifest(made, sha256="0" * 64)

    add(made, "ours", cache)

    assert read_manifest(find_model("ours", cache).folder).presets == {}


def test_checkpoint_and_configuration_may_lie_apart(tmp_path: Path, cache: Path) -> None:
    made = make_model(tmp_path / "made")
    alone = shutil.move(made / CHECKPOINT, tmp_path / "alone.ckpt")

    add(alone, "ours", cache, config=made)

    assert load_checkpoint(find_model("ours", cache)).labels == LABELS


def test_an_official_file_knows_its_name_and_must_have_its_hash(
    tmp_path: Path, cache: Path
) -> None:
    made = make_model(tmp_path / "made")
    file = (made / CHECKPOINT).rename(made / OFFICIAL["original"].file)

    source = find_source(file)

    assert source.official == "original"
    with (
        pytest.raises(ScorerUnavailable, match="is not Detoxify's original"),
        staged(source, "original", cache),
    ):
        pytest.fail("it was let in")


def test_an_official_file_from_a_stick_is_the_official_model(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_model(tmp_path / "made")
    file = f"release-{sha256_of(made / CHECKPOINT)[:8]}.ckpt"
    (made / CHECKPOINT).rename(made / file)
    known = replace(OFFICIAL["multilingual"], address=f"https://example.com/{file}")
    monkeypatch.setitem(OFFICIAL, "multilingual", known)
    (made / "manifest.json").unlink()

    add(made, "multilingual", cache)

    model = find_model("multilingual", cache)
    assert model.checkpoint.name == file
    assert model.languages == known.languages
    assert model.presets == {}
    assert load_checkpoint(model).labels == LABELS


@pytest.mark.parametrize("name", ["home", "Ours", "../ours", "", "a" * 41])
def test_a_name_that_cannot_be_is_refused(tmp_path: Path, cache: Path, name: str) -> None:
    with pytest.raises(ScorerUnavailable, match="cannot be called"):
        add(make_model(tmp_path / "made"), name, cache)


def test_a_name_is_given_once_and_a_failure_leaves_nothing(tmp_path: Path, cache: Path) -> None:
    made = make_model(tmp_path / "made")
    add(made, "ours", cache)
    with pytest.raises(ScorerUnavailable, match="model remove ours"):
        add(made, "ours", cache)
    with pytest.raises(RuntimeError), staged(find_source(made), "other", cache):
        raise RuntimeError
    assert known_models(cache)[-1] == "ours"
    assert [path.name for path in (cache.parent / "checkpoints").iterdir()] == ["ours"]


@pytest.mark.parametrize(
    ("gone", "says"),
    [
        (CHECKPOINT, r"0 files \*.ckpt"),
        ("config.json", "no config.json.*--config"),
        ("tokenizer.json", "no tokenizer"),
    ],
)
def test_a_file_that_is_missing_is_named(tmp_path: Path, gone: str, says: str) -> None:
    made = make_model(tmp_path / "made")
    (made / gone).unlink()
    with pytest.raises(ScorerUnavailable, match=says):
        find_source(made)


# What does not belong together


def opened(folder: Path) -> None:
    write_manifest(folder)
    load_checkpoint(find_model(str(folder), folder))


def change(folder: Path, **arch: object) -> None:
    loaded = torch.load(folder / CHECKPOINT, weights_only=True)
    loaded["config"]["arch"]["args"] |= arch
    torch.save(loaded, folder / CHECKPOINT)


def test_another_architecture_is_refused_by_name(tmp_path: Path) -> None:
    made = make_model(tmp_path / "made")
    change(made, model_name="DistilBertForSequenceClassification")
    with pytest.raises(ScorerUnavailable, match="is a DistilBert.* what can is Bert"):
        opened(made)


def test_the_configuration_of_another_base_is_refused(tmp_path: Path) -> None:
    made = make_model(tmp_path / "made", "roberta")
    other = make_model(tmp_path / "other", "xlm-roberta")
    shutil.copy(other / "config.json", made / "config.json")
    with pytest.raises(ScorerUnavailable, match="type xlm-roberta, but the checkpoint holds.*type"):
        opened(made)


def test_weights_that_are_missing_are_never_made_up(tmp_path: Path) -> None:
    made = make_model(tmp_path / "made")
    config = json.loads((made / "config.json").read_text())
    (made / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}))
    with pytest.raises(ScorerUnavailable, match=r"lacks 16 of the network's weights \(bert.enc"):
        opened(made)


def test_a_network_of_another_size_is_refused(tmp_path: Path) -> None:
    made = make_model(tmp_path / "made")
    config = json.loads((made / "config.json").read_text())
    (made / "config.json").write_text(json.dumps({**config, "intermediate_size": 128}))
    with pytest.raises(ScorerUnavailable, match="does not open as a Detoxify checkpoint"):
        opened(made)


def test_labels_that_no_rule_knows_are_left_out_with_their_numbers(tmp_path: Path) -> None:
    classes = ["sarcasm", "toxic", "spam", "insult"]
    made = make_model(tmp_path / "made", classes=classes)

    checkpoint = load_checkpoint(find_model(str(made), tmp_path))

    assert checkpoint.labels == ("toxicity", "insult")
    assert checkpoint.left_out == ("sarcasm", "spam")
    whole = torch.load(made / CHECKPOINT, weights_only=True)["state_dict"]["classifier.weight"]
    assert torch.equal(checkpoint.network.classifier.weight, whole[[1, 3]].float())


@pytest.mark.parametrize(
    ("classes", "outputs"),
    [(["sarcasm"], 1), (["toxic", "toxicity"], 2), (["toxicity", "insult"], 1)],
)
def test_labels_that_say_nothing_clear_are_refused(
    tmp_path: Path, classes: list[str], outputs: int
) -> None:
    made = make_model(tmp_path / "made", classes=classes, outputs=outputs)
    with pytest.raises(ScorerUnavailable, match="labels for . outputs"):
        load_checkpoint(find_model(str(made), tmp_path))


def test_a_trusted_checkpoint_still_runs_no_code(tmp_path: Path, cache: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "went-off"),)

    made = make_model(tmp_path / "made")
    torch.save({"config": Bomb(), "state_dict": {}}, made / CHECKPOINT)
    add(made, "ours", cache)
    with pytest.raises(ScorerUnavailable, match="does not open"):
        load_checkpoint(find_model("ours", cache))
    assert not (tmp_path / "went-off").exists()
