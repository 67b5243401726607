"""Official models from a real server: fetched, pinned, compiled, scored; each as it is built."""

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from detoxify import Detoxify

from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints import fetch as fetch_module
from moderation.scoring.checkpoints.catalog import CHECKPOINT, MARK_FROM, find_model
from moderation.scoring.checkpoints.fetch import BASE_FILES, fetch_model
from moderation.scoring.checkpoints.manifest import read_manifest, write_manifest
from moderation.scoring.checkpoints.official import OFFICIAL
from moderation.scoring.compiling.build import build
from moderation.scoring.compiling.compile import compile_model
from moderation.scoring.serving.compiled import GRAPHS, TOKENIZER, folder_for, read_facts
from moderation.scoring.serving.engine import load_scorer
from moderation.scoring.serving.graph import Graph
from tests.file_server import FileServer
from tests.scoring.test_download import unwatched
from tests.scoring.tiny_models import CLASSES, UNBIASED_CLASSES, make_model

# As Detoxify's training configurations say: architecture, classes, outputs of the network.
BUILT = {
    "original": ("bert", CLASSES, 6),
    "unbiased": ("roberta", UNBIASED_CLASSES, 16),
    "multilingual": ("xlm-roberta", UNBIASED_CLASSES, 16),
    "original-small": ("albert", CLASSES, 6),
    "unbiased-small": ("albert", UNBIASED_CLASSES, 16),
}
TEXT = "What a lovely day."
Offer = Callable[[str], Path]


def ignore(line: str) -> None:
    """What nobody listens to."""


@pytest.fixture
def offer(https_server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Offer:
    """Puts a small model of an official name on the server; answers the folder it was made in."""

    def put(name: str) -> Path:
        architecture, classes, outputs = BUILT[name]
        made = make_model(tmp_path / "made" / name, architecture, classes=classes, outputs=outputs)
        file = f"{name}-{read_manifest(made).sha256[:8]}.ckpt"
        https_server.files |= {f"base/{n}": (made / n).read_bytes() for n in BASE_FILES}
        https_server.files[file] = (made / CHECKPOINT).read_bytes()
        here = https_server.address
        official = dataclasses.replace(OFFICIAL[name], address=here + file, base=f"{here}base/")
        monkeypatch.setitem(OFFICIAL, name, official)
        return made

    return put


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "models"


def fetch(name: str, cache: Path) -> None:
    fetch_model(name, cache, unwatched, ignore)


@pytest.mark.slow
@pytest.mark.parametrize("name", OFFICIAL)
def test_an_official_model_is_fetched_compiled_and_scores_what_it_has(
    name: str, offer: Offer, cache: Path
) -> None:
    made = offer(name)
    fetch(name, cache)
    model = find_model(name, cache)
    compiled = folder_for(model, cache)
    compiled.mkdir(parents=True)
    build(model, compiled, ignore)

    scorer = load_scorer(name, cache)
    facts = read_facts(compiled)
    # What was fetched is under test, not how it is rounded.
    graph = Graph(compiled / GRAPHS["float"], compiled / TOKENIZER, facts, threads=1)
    numbers = graph.run(graph.encode(TEXT))[0].tolist()
    scores = dict(zip(scorer.info.attributes, numbers, strict=True))

    detoxify = Detoxify(checkpoint=str(model.checkpoint), huggingface_config_path=str(made))
    detoxify.model.float()
    assert scores == pytest.approx(detoxify.predict(TEXT), abs=0.001)
    assert tuple(scores) == OFFICIAL[name].labels
    assert ("sexual_explicit" in scores) == (name not in ("original", "original-small"))
    assert scorer.info.languages == OFFICIAL[name].languages
    assert scorer.info.presets == {}


def test_what_was_fetched_is_pinned_and_not_asked_for_again(
    offer: Offer, cache: Path, https_server: FileServer
) -> None:
    made = offer("original")
    fetch("original", cache)

    model = find_model("original", cache)
    assert model.digest == read_manifest(made).sha256
    assert model.files.keys() == set(BASE_FILES)
    assert sorted(p.name for p in model.folder.iterdir()) == sorted(
        [OFFICIAL["original"].file, "manifest.json", *BASE_FILES]
    )
    https_server.asked.clear()
    fetch("original", cache)
    assert https_server.asked == []


def test_only_what_is_damaged_is_fetched_again(
    offer: Offer, cache: Path, https_server: FileServer
) -> None:
    offer("original")
    fetch("original", cache)
    model = find_model("original", cache)
    model.checkpoint.write_bytes(b"damaged")
    https_server.asked.clear()

    fetch("original", cache)

    assert https_server.asked == [(OFFICIAL["original"].file, None)]
    assert model.checkpoint.stat().st_size > 1000


def test_a_file_that_changed_where_it_came_from_is_refused(
    offer: Offer, cache: Path, https_server: FileServer
) -> None:
    offer("original")
    fetch("original", cache)
    (find_model("original", cache).folder / "config.json").unlink()
    https_server.files["base/config.json"] = b"{}"

    with pytest.raises(ScorerUnavailable, match="config.json is not the file it should be"):
        fetch("original", cache)


def test_a_configuration_that_changed_here_is_not_compiled(offer: Offer, cache: Path) -> None:
    offer("original")
    fetch("original", cache)
    config = find_model("original", cache).folder / "config.json"
    config.write_text(config.read_text() + " ")

    with pytest.raises(ScorerUnavailable, match="config.json is not the file that came with"):
        compile_model("original", cache, ignore)


def test_presets_and_the_weight_of_marks_stay_with_the_hash_they_were_set_for(
    offer: Offer, cache: Path
) -> None:
    offer("original")
    offer("original-small")
    fetch("original", cache)
    folder = find_model("original", cache).folder
    own = dataclasses.replace(
        read_manifest(folder), presets={"balanced": {"toxicity": 0.9}}, mark_from=2.5
    )
    write_manifest(folder, own)

    fetch("original", cache)
    fetch("original-small", cache)

    kept, other = find_model("original", cache), find_model("original-small", cache)
    assert (kept.presets, kept.mark_from) == ({"balanced": {"toxicity": 0.9}}, 2.5)
    assert (other.presets, other.mark_from) == ({}, MARK_FROM)


def test_a_file_with_another_hash_is_never_unpickled(
    offer: Offer, cache: Path, https_server: FileServer, tmp_path: Path
) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "went-off"),)

    offer("original")
    torch.save({"config": Bomb(), "state_dict": {}}, tmp_path / "bomb")
    https_server.files[OFFICIAL["original"].file] = (tmp_path / "bomb").read_bytes()

    with pytest.raises(ScorerUnavailable, match="deleted unopened"):
        fetch("original", cache)
    with pytest.raises(ScorerUnavailable, match="cannot be read.*model fetch"):
        compile_model("original", cache, ignore)
    assert not (tmp_path / "went-off").exists()
    torch.load(tmp_path / "bomb", weights_only=False)  # and it is one
    assert (tmp_path / "went-off").exists()


def test_an_interrupted_fetch_is_no_model_until_it_is_finished(
    offer: Offer, cache: Path, https_server: FileServer
) -> None:
    made = offer("original")
    https_server.breaks_after = (made / CHECKPOINT).stat().st_size // 2
    with pytest.raises(ScorerUnavailable, match="goes on where it stopped"):
        fetch("original", cache)
    assert not find_model("original", cache).checkpoint.exists()
    https_server.breaks_after = None

    fetch("original", cache)

    assert find_model("original", cache).digest == read_manifest(made).sha256
    assert https_server.asked[-1][1] is not None  # went on


def test_a_checkpoint_is_bounded(
    offer: Offer, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer("original")
    monkeypatch.setattr(fetch_module, "MOST_CHECKPOINT", 1000)

    with pytest.raises(ScorerUnavailable, match="larger than"):
        fetch("original", cache)
