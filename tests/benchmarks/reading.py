"""`python -m tests.benchmarks.reading`: what reading costs beside the model."""

import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from moderation.policy.words import find_words
from moderation.scoring.reading.language import identify
from moderation.scoring.reading.normalise import normalise, spell_out, warm_up
from moderation.scoring.serving.engine import CompiledScorer, load_scorer
from tests.servers import MODELS

TERMS = 5_000
WORDS = 60
COMMENTS = 100
ROUNDS = 5
TEXTS = Path(__file__).parents[1] / "scoring" / "texts" / "benign.txt"


def main() -> None:
    """Print one line a figure: the median over rounds of processor time for a comment."""
    comments, terms = _comments(), _terms()
    warm_up()
    find_words("", terms)
    steps = {
        "normaliser": _measure(comments, normalise),
        "language": _measure(comments, identify),
        f"word list of {TERMS} terms": _measure(comments, lambda text: _find(text, terms)),
    }
    scorer = load_scorer("home", MODELS, threads=1)
    model = _measure(comments, lambda text: _run_model(scorer, text))
    for name, cost in steps.items():
        print(f"{name}: {cost:.0f} µs for a comment of {WORDS} words")
    total = sum(steps.values())
    print(f"together {total:.0f} µs, {total / model:.1%} of the model's {model:.0f} µs on one core")


def _find(text: str, terms: tuple[str, ...]) -> None:
    find_words(text, terms)
    if guesses := spell_out(text):
        find_words(guesses, terms)


def _run_model(scorer: CompiledScorer, text: str) -> None:
    graph = scorer._graph  # without the steps measured above
    graph.run(graph.encode(text))


def _measure(comments: list[str], step: Callable[[str], object]) -> float:
    rounds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for comment in comments:
            step(comment)
        rounds.append((time.process_time() - started) / len(comments) * 1e6)
    return statistics.median(rounds)


def _comments() -> list[str]:
    chance = random.Random(0)
    lines = [line for line in TEXTS.read_text("utf-8").splitlines() if not line.startswith("#")]
    return [" ".join(" ".join(chance.sample(lines, 12)).split()[:WORDS]) for _ in range(COMMENTS)]


def _terms() -> tuple[str, ...]:
    chance = random.Random(1)
    letters = "abcdefghijklmnoprstuvwyz"
    return tuple("".join(chance.choices(letters, k=chance.randint(4, 10))) for _ in range(TERMS))


if __name__ == "__main__":
    main()
