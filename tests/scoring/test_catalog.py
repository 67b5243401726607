"""Models are found by name or folder, and unknown ones are refused with a sentence."""

from pathlib import Path

import pytest
from detoxify.detoxify import MODEL_URLS

from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.catalog import MARK_FROM, find_model, known_models
from moderation.scoring.checkpoints.official import OFFICIAL
from tests.scoring.tiny_models import make_model, write_manifest


@pytest.mark.parametrize("name", OFFICIAL)
def test_an_official_model_lies_beside_the_cache_and_is_known_by_its_files_name(
    name: str, tmp_path: Path
) -> None:
    model = find_model(name, tmp_path / "cache")

    assert model.checkpoint == tmp_path / "checkpoints" / name / OFFICIAL[name].file
    assert len(model.digest) == 8
    assert model.checkpoint.stem.endswith(model.digest)
    assert model.presets == {}


def test_the_addresses_are_detoxifys_own() -> None:
    assert {name: official.address for name, official in OFFICIAL.items()} == MODEL_URLS


def test_what_an_official_model_scores_is_known_before_it_is_here(tmp_path: Path) -> None:
    explicit = {n for n in OFFICIAL if "sexual_explicit" in find_model(n, tmp_path).labels}

    assert explicit == {"unbiased", "multilingual", "unbiased-small"}
    assert all({"toxicity", "insult"} <= set(find_model(n, tmp_path).labels) for n in OFFICIAL)


def test_an_added_model_is_known_by_its_name(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "checkpoints" / "ours")
    write_manifest(folder, name="ours")
    (tmp_path / "checkpoints" / ".adding-x").mkdir()

    assert known_models(tmp_path / "cache") == ["home", *OFFICIAL, "ours"]
    assert find_model("ours", tmp_path / "cache").folder == folder


def test_a_manifest_of_another_checkpoint_makes_no_official_model(tmp_path: Path) -> None:
    make_model(tmp_path / "checkpoints" / "original")

    with pytest.raises(ScorerUnavailable, match="another checkpoint than Detoxify's"):
        find_model("original", tmp_path / "cache")


def test_only_the_multilingual_model_knows_more_than_english(tmp_path: Path) -> None:
    several = {n for n in OFFICIAL if find_model(n, tmp_path).languages != {"en"}}

    assert several == {"multilingual"}
    assert find_model("multilingual", tmp_path).languages >= {"en", "fr", "ru", "tr"}


def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ScorerUnavailable, match="home, original, unbiased"):
        find_model("orignal", tmp_path)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScorerUnavailable, match="manifest.json"):
        find_model(str(tmp_path), tmp_path)


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"sha256": ""}, "sha256"),
        ({"sha256": "Z" * 64}, "sha256"),
        ({"sha256": None}, "sha256"),
        ({"name": 7}, "name"),
        ({"languages": "en"}, "languages"),
        ({"languages": ["English"]}, "languages.0"),
        ({"labels": "toxicity"}, "labels"),
        ({"presets": ["balanced"]}, "presets"),
        ({"presets": {"balanced": 0.5}}, "presets.balanced"),
        ({"presets": {"balanced": {"toxicity": "0.5"}}}, "presets.balanced.toxicity"),
        ({"presets": {"balanced": {"toxicity": 1.5}}}, "presets.balanced.toxicity"),
        ({"presets": {"balanced": {"toxicity": float("nan")}}}, "presets.balanced.toxicity"),
        ({"mark_from": "1.6"}, "mark_from"),
        ({"mark_from": True}, "mark_from"),
        ({"mark_from": float("inf")}, "mark_from"),
        ({"files": {"config.json": "abc"}}, "files.config.json"),
    ],
)
def test_what_a_manifest_says_wrongly_is_named(
    tmp_path: Path, said: dict[str, object], place: str
) -> None:
    folder = make_model(tmp_path / "model")
    write_manifest(folder, **said)

    with pytest.raises(ScorerUnavailable, match=rf"manifest\.json is unusable: {place}: .*Correct"):
        find_model(str(folder), tmp_path)


@pytest.mark.parametrize("page", ["", "{", "[]", '{"name": "tiny"}'])
def test_a_page_that_is_no_manifest_is_refused(tmp_path: Path, page: str) -> None:
    (tmp_path / "manifest.json").write_text(page)

    with pytest.raises(ScorerUnavailable, match=r"manifest\.json is unusable: "):
        find_model(str(tmp_path), tmp_path)


@pytest.mark.parametrize(
    ("said", "used"), [({"mark_from": 2}, 2), ({}, MARK_FROM), ({"mark_from": None}, MARK_FROM)]
)
def test_a_model_has_its_own_weight_to_mark_from_or_the_default(
    tmp_path: Path, said: dict[str, object], used: float
) -> None:
    folder = make_model(tmp_path / "model")
    write_manifest(folder, **said)

    assert find_model(str(folder), tmp_path).mark_from == used
