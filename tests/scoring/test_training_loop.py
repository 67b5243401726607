"""The training loop and what an epoch is made of: groups named, raters' habits, going on."""

import random
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertForSequenceClassification

from moderation.scoring.checkpoints.catalog import HOME
from moderation.scoring.labels import LABELS
from moderation.scoring.training.batches import collate, plan_epoch
from moderation.scoring.training.counterfactuals import name_group
from moderation.scoring.training.data import RATERS, UNKNOWN, Row
from moderation.scoring.training.fit import batch_loss, fit
from moderation.scoring.training.own_sentences import GROUPS
from moderation.scoring.training.raters import Raters

CLEAN, TOXIC = (0.0,) * 6, (1.0,) * 6
ADJECTIVES = tuple(group.adjective for group in GROUPS)


def make_row(text: str, labels: tuple[float, ...] = CLEAN, source: str = "jigsaw2018") -> Row:
    return Row(text=text, labels=labels, weight=1.0, source=source)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(HOME / "tokenizer.json"))


def make_model(tokenizer: Tokenizer, seed: int) -> BertForSequenceClassification:
    torch.manual_seed(seed)
    return BertForSequenceClassification(
        BertConfig(
            vocab_size=tokenizer.get_vocab_size(),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            num_labels=len(LABELS),
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
    )


def drawn(rows: list[Row], tokenizer: Tokenizer, part: float = 1.0) -> list[Row]:
    return [r for batch in plan_epoch(rows, tokenizer, part=part, seed=1) for _, r in batch]


def test_a_group_is_named_before_somebody_and_nowhere_else() -> None:
    chance = random.Random(1)
    texts = {name_group("My friend plays a sad song.", chance) for _ in range(2000)}

    assert None not in texts
    assert all(t and t.startswith("My ") and t.endswith(" friend plays a sad song.") for t in texts)
    assert all(any(f"My {adjective} friend" in str(t) for t in texts) for adjective in ADJECTIVES)
    assert name_group("What a sad, womanly and friendless snowman.", chance) is None


def test_the_article_follows_the_group() -> None:
    texts = {name_group("He is a man.", random.Random(seed)) for seed in range(300)}

    assert "He is an Asian man." in texts
    assert "He is a deaf man." in texts


def test_calm_rows_about_people_name_groups_and_sour_ones_do_not(tokenizer: Tokenizer) -> None:
    calm = drawn([make_row("such a nice person")] * 200, tokenizer)
    sour = drawn([make_row("such a dull person", source="cad")] * 200, tokenizer)

    named = [row for row in calm if row.text != "such a nice person"]
    assert 0.4 < len(named) / len(calm) < 0.6
    assert all(row.labels == CLEAN for row in named)
    assert {row.text for row in sour} == {"such a dull person"}


def test_nobody_said_whether_a_named_insult_attacks_the_group(tokenizer: Tokenizer) -> None:
    rows = drawn([make_row("what a vile person", TOXIC, source="cad")] * 400, tokenizer)
    named = [row for row in rows if row.text != "what a vile person"]

    assert 0.1 < len(named) / len(rows) < 0.3
    assert {row.labels for row in named} == {(*TOXIC[:-1], UNKNOWN)}


def test_an_epoch_sees_the_most_careful_source_twice(tokenizer: Tokenizer) -> None:
    rows = [make_row("fine"), make_row("fine", source="cad")] * 100
    whole, half = ([row.source for row in drawn(rows, tokenizer, part=part)] for part in (1.0, 0.5))

    assert (whole.count("jigsaw2018"), whole.count("cad")) == (200, 100)
    assert half.count("jigsaw2018") == 100
    assert 30 < half.count("cad") < 70


def test_habits_count_for_their_own_source_only(tokenizer: Tokenizer) -> None:
    model, raters = make_model(tokenizer, seed=1), Raters(16)
    ours, theirs = (
        collate([([101, 7, 102], make_row("x", source=source))]) for source in ("jigsaw2018", "cad")
    )
    before = [batch_loss(model, raters, batch).item() for batch in (ours, theirs)]
    batch_loss(model, raters, theirs).backward()
    with torch.no_grad():
        raters.habits.weight -= raters.habits.weight.grad
    after = [
        (batch_loss(model, raters, batch) - raters.penalty()).item() for batch in (ours, theirs)
    ]

    assert raters.penalty() > 0
    assert after[0] == pytest.approx(before[0])
    assert after[1] < before[1]


def test_sources_without_habits_never_get_any(tokenizer: Tokenizer) -> None:
    model, raters = make_model(tokenizer, seed=1), Raters(16)

    batch_loss(model, raters, collate([([101, 7, 102], make_row("x", source="own"))])).backward()

    assert raters.habits.weight.grad is not None
    assert not raters.habits.weight.grad.any()


def test_an_interrupted_training_goes_on_where_it_was(tokenizer: Tokenizer, tmp_path: Path) -> None:
    rows = [make_row("lovely garden"), make_row("vile idiot", TOXIC)] * 40
    said: list[str] = []

    def train(model: BertForSequenceClassification, minutes: float) -> int:
        return fit(
            model,
            tokenizer,
            rows,
            epochs=2,
            part=1.0,
            draw=0,
            minutes=minutes,
            state=tmp_path / "draw-0.pt",
            report=said.append,
        ).step

    first, second, third = (make_model(tokenizer, seed) for seed in (1, 2, 3))
    steps = [train(first, minutes=1e-6), train(second, minutes=1e-6), train(third, minutes=10)]

    assert steps == [1, 1, 10]
    assert [line[-11:] for line in said] == ["from step 0", "from step 1", "from step 1"]
    # The second had no time left: it is what the first had become, whatever it began as.
    assert torch.equal(first.classifier.weight, second.classifier.weight)
    kept = torch.load(tmp_path / "draw-0.pt", weights_only=True)
    assert torch.equal(kept["model"]["classifier.weight"], third.classifier.weight)
    assert kept["raters"]["habits.weight"].shape == (len(RATERS) + 1, 16)
