"""Models are found by name or folder, and unknown ones are refused with a sentence."""

from pathlib import Path

import pytest

from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.catalog import OFFICIAL_FILES, find_model
from tests.scoring.tiny_models import make_model, write_manifest


@pytest.mark.parametrize("name", OFFICIAL_FILES)
def test_an_official_model_lies_beside_the_cache_and_is_known_by_its_files_name(
    name: str, tmp_path: Path
) -> None:
    model = find_model(name, tmp_path / "cache")

    assert model.checkpoint == tmp_path / "checkpoints" / name / OFFICIAL_FILES[name]
    assert len(model.digest) == 8
    assert model.checkpoint.stem.endswith(model.digest)
    assert model.presets == {}


def test_only_the_multilingual_model_knows_more_than_english(tmp_path: Path) -> None:
    several = {n for n in OFFICIAL_FILES if find_model(n, tmp_path).languages != {"en"}}

    assert several == {"multilingual"}
    assert find_model("multilingual", tmp_path).languages >= {"en", "fr", "ru", "tr"}


def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ScorerUnavailable, match="home, original, unbiased"):
        find_model("orignal", tmp_path)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScorerUnavailable, match="manifest.json"):
        find_model(str(tmp_path), tmp_path)


@pytest.mark.parametrize("digest", ["", "abc", "Z" * 64, None])
def test_a_manifest_without_a_whole_hash_is_refused(tmp_path: Path, digest: object) -> None:
    folder = make_model(tmp_path / "model")
    write_manifest(folder, sha256=digest)

    with pytest.raises(ScorerUnavailable, match="manifest.json"):
        find_model(str(folder), tmp_path)
