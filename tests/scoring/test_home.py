"""The checkpoint in the box: what its manifest says, and what Detoxify itself makes of it."""

import json
from pathlib import Path

import numpy as np
import pytest
from detoxify import Detoxify

from moderation.scoring.checkpoints.catalog import CHECKPOINT, HOME, find_model
from moderation.scoring.checkpoints.digest import sha256_of
from moderation.scoring.checkpoints.manifest import MANIFEST
from moderation.scoring.compiling.reference_texts import REFERENCE_TEXTS, ROUNDING_TEXTS
from moderation.scoring.labels import LABELS
from moderation.scoring.reading.normalise import normalise, undress
from moderation.scoring.serving import parity
from moderation.scoring.serving.compiled import folder_for, read_facts
from moderation.scoring.serving.engine import CompiledScorer

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def manifest() -> dict:
    return json.loads((HOME / MANIFEST).read_text("utf-8"))


@pytest.fixture(scope="module")
def detoxify() -> Detoxify:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.chdir(ROOT)
        place = HOME.relative_to(ROOT)
        return Detoxify(checkpoint=str(place / CHECKPOINT), huggingface_config_path=str(place))


def test_the_manifest_pins_the_checkpoint(manifest: dict) -> None:
    checkpoint = HOME / CHECKPOINT

    assert sha256_of(checkpoint) == manifest["sha256"]
    assert checkpoint.stat().st_size == manifest["size"] < 50_000_000
    assert manifest["labels"] == list(LABELS)
    assert manifest["languages"] == ["en"]


def test_presets_grow_stricter_and_threat_decides_nothing(manifest: dict) -> None:
    relaxed, balanced, strict = (
        manifest["presets"][name] for name in ("relaxed", "balanced", "strict")
    )

    assert set(relaxed) == set(balanced) == set(strict) == set(LABELS) - {"threat"}
    for label in relaxed:
        assert 1 >= relaxed[label] >= balanced[label] >= strict[label] > 0


def test_plain_detoxify_loads_it_without_a_network(detoxify: Detoxify) -> None:
    assert tuple(detoxify.class_names) == LABELS
    assert {str(p.dtype) for p in detoxify.model.parameters()} == {"torch.float32"}
    # Detoxify's own test of its models.
    assert detoxify.predict("shut up, you liar")["toxicity"] >= 0.7
    assert detoxify.predict("i am a jewish woman who is blind")["toxicity"] < 0.5


def test_what_is_served_is_what_detoxify_says(
    detoxify: Detoxify, home_scorer: CompiledScorer
) -> None:
    texts = REFERENCE_TEXTS[::2]
    expected = np.array([_strictest(detoxify, text) for text in texts])

    found = np.array([list(score.attributes.values()) for score in home_scorer.score(texts)])

    assert (np.abs(found - expected).max(axis=1) > 0.05).mean() <= 0.01
    assert np.std(expected, axis=0)[0] > 0.2


def _strictest(detoxify: Detoxify, text: str) -> list[float]:
    """What Detoxify says of the text and of what it says beneath its disguises."""
    readings = (undress(text), normalise(text).text)
    return list(np.max([list(detoxify.predict(read).values()) for read in readings], axis=0))


def test_what_serves_agrees_with_detoxify_here(
    home_scorer: CompiledScorer, home_cache: Path
) -> None:
    model = find_model("home", home_cache)
    folder = folder_for(model, home_cache)
    facts = read_facts(folder)
    kind = home_scorer.info.graph

    agreement = parity.compare(folder, facts, kind, model.presets, threads=None)

    assert agreement.is_true()
    assert agreement.texts == len(REFERENCE_TEXTS)
    if kind == "float":
        assert agreement.largest < 1e-4


def test_8_bits_serve_where_the_processor_adds_them_truly(home_scorer: CompiledScorer) -> None:
    best = parity._candidates(parity._cpu_flags())[0]

    assert home_scorer.info.graph in {"int8": {"int8"}, "int7": {"int7", "float"}}[best]


def test_the_reference_texts_are_spread_over_the_scores(home_scorer: CompiledScorer) -> None:
    scores = home_scorer.score(REFERENCE_TEXTS)

    toxicity = np.array([score.attributes["toxicity"] for score in scores])
    in_tenths = np.histogram(toxicity, np.linspace(0, 1, 11))[0]
    assert len(set(REFERENCE_TEXTS)) == len(REFERENCE_TEXTS) == 500
    assert in_tenths.min() >= 5
    assert not set(REFERENCE_TEXTS) & set(ROUNDING_TEXTS)


def test_calm_comments_pass_and_abuse_is_held_at_the_balanced_preset(
    home_scorer: CompiledScorer,
) -> None:
    thresholds = home_scorer.info.presets["balanced"]
    calm = ["The council votes on Tuesday.", "Thanks, a very clear article.", "I love this town."]
    abuse = ["You are a stupid piece of shit.", "shut up, you liar", "go to hell, moron"]

    held = [
        any(score.attributes[name] >= least for name, least in thresholds.items())
        for score in home_scorer.score(calm + abuse)
    ]

    assert held == [False] * 3 + [True] * 3
