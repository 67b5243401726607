"""The recipe's own rules: what is unknown is not learned, disguises stay readable, presets hold."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from torch import nn

from moderation.scoring.checkpoints.catalog import HOME
from moderation.scoring.labels import LABELS
from moderation.scoring.training.average import average
from moderation.scoring.training.batches import Batch, collate, plan_epoch
from moderation.scoring.training.calibrate import reliability
from moderation.scoring.training.data import UNKNOWN, Row, mix_offset
from moderation.scoring.training.figures import interval, is_held, quality
from moderation.scoring.training.fit import masked_loss, rate_at
from moderation.scoring.training.own_sentences import own_rows
from moderation.scoring.training.perturb import perturb
from moderation.scoring.training.presets import RATES, choose_presets, held_part, of_a_thousand
from moderation.scoring.training.split import split


def make_row(**changes: object) -> Row:
    labels = (1.0, *[UNKNOWN] * 5)
    return Row(**{"text": "t", "labels": labels, "weight": 1.0, "source": "s", **changes})


def make_batch(*rows: Row) -> Batch:
    return collate([([101, 7, 102], row) for row in rows])


def home_tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(HOME / "tokenizer.json"))


def test_an_unknown_label_does_not_change_the_loss() -> None:
    batch = make_batch(make_row())
    logits = torch.tensor([[2.0, 5.0, -5.0, 0.0, 1.0, -1.0]])
    others = torch.tensor([[2.0, -9.0, 9.0, 3.0, 0.0, 4.0]])

    assert masked_loss(logits, batch) == masked_loss(others, batch)
    assert masked_loss(logits, batch) != masked_loss(-logits, batch)


def test_a_row_counts_by_its_weight() -> None:
    right, wrong = torch.tensor([3.0] + [0.0] * 5), torch.tensor([-3.0] + [0.0] * 5)
    heavy = make_batch(make_row(weight=0.9), make_row(weight=0.1))

    assert masked_loss(torch.stack([wrong, right]), heavy) > masked_loss(
        torch.stack([right, wrong]), heavy
    )


def test_a_source_full_of_toxic_rows_asks_less_of_a_toxic_row() -> None:
    logits = torch.zeros(1, len(LABELS))
    natural, sampled = make_row(source="jigsaw2018"), make_row(source="paradetox")

    assert mix_offset("jigsaw2018") == mix_offset("own") == 0.0
    assert masked_loss(logits, make_batch(sampled)) < masked_loss(logits, make_batch(natural))


def test_a_batch_is_padded_and_masked_to_its_longest_row() -> None:
    batch = collate([([1, 2], make_row()), ([1, 2, 3, 4], make_row())])

    assert batch.ids.tolist() == [[1, 2, 0, 0], [1, 2, 3, 4]]
    assert batch.mask.tolist() == [[1, 1, 0, 0], [1, 1, 1, 1]]


def test_an_epoch_draws_part_of_the_public_rows_and_all_of_our_own() -> None:
    rows = [make_row(source=source) for source in ["cad"] * 400 + ["own"] * 50]
    plans = [plan_epoch(rows, home_tokenizer(), part=0.25, seed=seed) for seed in (1, 1, 2)]
    drawn = [row.source for batch in plans[0] for _, row in batch]

    assert drawn.count("own") == 50
    assert 60 < drawn.count("cad") < 140
    assert plans[0] == plans[1] != plans[2]


def test_clean_rows_are_disguised_at_least_as_often_as_toxic_ones() -> None:
    text = "nobody asked you to read the whole boring article"
    plain = home_tokenizer().encode(text).ids
    clean, toxic = (
        [make_row(text=text, labels=(label, *[UNKNOWN] * 5)) for _ in range(600)]
        for label in (0.0, 1.0)
    )
    pairs = [p for b in plan_epoch(clean + toxic, home_tokenizer(), part=1, seed=3) for p in b]
    disguised = [row.is_toxic for ids, row in pairs if ids != plain]

    assert 60 < disguised.count(True) < disguised.count(False) < 180


def test_the_average_lies_between_the_draws_and_keeps_a_share_of_the_start(tmp_path: Path) -> None:
    states = [tmp_path / "draw-0.pt", tmp_path / "draw-1.pt"]
    for state, value in zip(states, (1.0, 3.0), strict=True):
        torch.save({"model": {"weight": torch.full((1, 1), value)}}, state)
    start = nn.Linear(1, 1, bias=False)
    nn.init.constant_(start.weight, 10.0)

    assert average(start, states, keep=0.25).weight.item() == pytest.approx(0.25 * 10 + 0.75 * 2)


def test_the_rate_warms_up_and_falls_to_nothing() -> None:
    assert rate_at(0.0) < rate_at(0.02) < rate_at(0.05) == pytest.approx(1.0)
    assert rate_at(0.05) > rate_at(0.5) > rate_at(1.0) == 0.0


def test_a_disguise_changes_words_and_is_the_same_for_the_same_chance() -> None:
    text = "nobody asked you to read the whole boring article"
    disguised = {perturb(text, random.Random(seed)) for seed in range(50)}

    assert len(disguised - {text}) > 40
    assert perturb(text, random.Random(3)) == perturb(text, random.Random(3))
    assert perturb("12 🙂 !", random.Random(1)) == "12 🙂 !"


def test_own_sentences_say_the_same_topics_kindly_and_unkindly() -> None:
    rows = list(own_rows(seed=1))
    toxic = [row for row in rows if row.is_toxic]
    calm = [row for row in rows if not row.is_toxic]

    assert len(toxic) > 100
    assert len(calm) > len(toxic)
    assert any("trump" in row.text.lower() for row in calm)
    assert any("women" in row.text.lower() for row in toxic)
    assert any("women" in row.text.lower() for row in calm)
    assert not any("{" in row.text for row in rows)
    assert all(len(row.labels) == len(LABELS) for row in rows)


def test_each_preset_holds_at_most_its_part_of_the_clean_pool() -> None:
    chance = np.random.default_rng(5)
    pools = [chance.beta(1, 8, (size, len(LABELS))).astype(np.float32) for size in (400, 900)]

    presets = choose_presets(pools)

    parts = {name: held_part(pools, thresholds) for name, thresholds in presets.items()}
    for name, rate in RATES.items():
        assert 0.5 * rate < parts[name] <= rate
        assert "threat" not in presets[name]


def test_of_a_thousand_comments_all_are_accounted_for() -> None:
    figures = of_a_thousand(0.03, 0.6)

    assert figures["10%"] == {"held": 87, "held_and_toxic": 60, "toxic_and_published": 40}
    assert list(figures) == ["2%", "5%", "10%", "20%"]


def test_probabilities_that_mean_what_they_say_have_no_calibration_error() -> None:
    rows = [
        make_row(source="jigsaw2018", labels=(float(i % 4 == 0), *[UNKNOWN] * 5))
        for i in range(400)
    ]
    honest = np.full((400, len(LABELS)), 0.25, dtype=np.float32)

    assert reliability(rows, honest)["error"] == pytest.approx(0.0, abs=1e-6)
    assert reliability(rows, honest + np.float32(0.5))["error"] == pytest.approx(0.5, abs=1e-3)


def test_quality_is_of_the_held_and_the_toxic() -> None:
    toxic = np.array([True, True, False, False] * 10)
    scores = np.zeros((40, len(LABELS)), dtype=np.float32)
    scores[:, 0] = [0.9, 0.2, 0.6, 0.1] * 10

    figures = quality(toxic, scores, {"balanced": {"toxicity": 0.5}})

    assert figures["auc"] == 0.75
    assert figures["balanced"]["recall"] == figures["balanced"]["false_positive_rate"] == 0.5
    assert is_held(scores[:4], {"toxicity": 0.6}).tolist() == [True, False, True, False]


def test_an_interval_holds_the_figure_and_narrows_with_more_texts() -> None:
    values = np.random.default_rng(2).random(4000) < 0.3
    few = interval(lambda i: float(values[:100][i].mean()), 100)
    many = interval(lambda i: float(values[i].mean()), 4000)

    assert many[0] < values.mean() < many[1]
    assert few[1] - few[0] > 3 * (many[1] - many[0])


def test_what_resembles_a_held_out_row_is_not_trained_on() -> None:
    words = ["bridge", "council", "harbour", "school", "museum", "orchard", "tunnel", "station"]
    chance = random.Random(4)
    rows = []
    for _ in range(300):
        text = " ".join(chance.sample(words, 5)) + f" {chance.randint(0, 10**9)}"
        rows += [make_row(text=text), make_row(text=text + " indeed")]

    training, validation = split(rows, seed=1)

    held = {row.text.removesuffix(" indeed") for row in validation}
    assert len(validation) > 5
    assert not held & {row.text.removesuffix(" indeed") for row in training}
