"""`python -m moderation.scoring.training.card [FOLDER]`: a model's figures as tables and a diagram.

Prints the tables of the model card (docs/scoring.md) from the folder's manifest, and writes the
reliability diagram into docs/images. Run from the repository's root.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from moderation.scoring.checkpoints.catalog import HOME
from moderation.scoring.checkpoints.manifest import MANIFEST
from moderation.scoring.training.reliability import draw

DIAGRAM = Path("docs/images/reliability.svg")
PRESETS = ("relaxed", "balanced", "strict")
LABELLED = ("robtest", "olid", "hatecheck", "identity_terms", "wikipedia_talk_benign")


def main() -> None:
    """Print every table, draw the diagram."""
    parser = argparse.ArgumentParser(prog="python -m moderation.scoring.training.card")
    parser.add_argument("folder", type=Path, nargs="?", default=HOME)
    manifest = json.loads((parser.parse_args().folder / MANIFEST).read_text("utf-8"))
    for lines in tables(manifest["presets"], manifest["quality"]):
        print("\n".join(lines), end="\n\n")
    DIAGRAM.write_text(draw(manifest["quality"]["calibration"]["bins"]), "utf-8")


def tables(
    presets: Mapping[str, Mapping[str, float]], quality: Mapping[str, Any]
) -> Iterator[list[str]]:
    """The model card's tables in Markdown, in its order."""
    yield _thresholds(presets, quality["validation"])
    yield _of_a_thousand(quality["validation"])
    yield _by_source(quality["validation"])
    yield _tests(quality["tests"])
    yield _own_tests(quality["tests"])
    yield _parts(quality["tests"]["hatecheck"]["held_by_function"], "function")
    yield _parts(quality["tests"]["identity_terms"]["held_by_term"], "term")
    lengths = quality["tests"]["robtest"]["by_length"]
    yield _table(
        ("words", "texts", "AUC"), [(n, f"{x['texts']:,}", x["auc"]) for n, x in lengths.items()]
    )
    yield _parts(quality["tests"]["language"], "texts")


def _thresholds(
    presets: Mapping[str, Mapping[str, float]], validation: Mapping[str, Any]
) -> list[str]:
    names = list(presets["balanced"])
    rows = [
        [p, *(f"{presets[p][n]:.3f}" for n in names), _percent(validation[p]["held_of_clean"])]
        for p in PRESETS
    ]
    return _table(["preset", *names, "clean comments held"], rows)


def _of_a_thousand(validation: Mapping[str, Any]) -> list[str]:
    rows = []
    for preset in PRESETS:
        for part, of in validation[preset]["of_1000"].items():
            precision = of["held_and_toxic"] / max(of["held"], 1)
            missed = of["toxic_and_published"]
            rows.append(
                (preset, part, of["held"], of["held_and_toxic"], missed, f"{precision:.0%}")
            )
    return _table(
        ("preset", "toxic", "held", "of them toxic", "toxic and published", "right"), rows
    )


def _by_source(validation: Mapping[str, Any]) -> list[str]:
    rows = [
        [source, *(_clean_and_toxic(validation[preset]["by_source"][source]) for preset in PRESETS)]
        for source in validation["balanced"]["by_source"]
    ]
    return _table(["source", *PRESETS], rows)


def _clean_and_toxic(held: Mapping[str, float]) -> str:
    return " / ".join(_percent(held[kind]) if kind in held else "–" for kind in ("clean", "toxic"))


def _tests(tests: Mapping[str, Any]) -> list[str]:
    rows = []
    for name in LABELLED:
        figures = tests[name]
        low, high = figures["auc_95"]
        held = [
            f"{_percent(figures[p]['false_positive_rate'])} / {_percent(figures[p]['recall'])}"
            for p in PRESETS
        ]
        counts = f"{figures['texts']:,} ({figures['toxic']:,})"
        rows.append([name, counts, f"{figures['auc']:.3f} ({low:.3f}–{high:.3f})", *held])
    return _table(["test", "texts (toxic)", "AUC", *PRESETS], rows)


def _own_tests(tests: Mapping[str, Any]) -> list[str]:
    obfuscated, own = tests["obfuscated"], tests["own"]
    rows = [
        ("obfuscated", *(_with_interval(obfuscated[p]["disguised"]) for p in PRESETS)),
        ("the same, written plainly", *(_with_interval(obfuscated[p]["plain"]) for p in PRESETS)),
        ("200 calm comments on the news", *(_with_interval(own["calm_news"][p]) for p in PRESETS)),
        ("200 heated but civil ones", *(_with_interval(own["heated_civil"][p]) for p in PRESETS)),
    ]
    return _table(["texts", *PRESETS], rows)


def _with_interval(rate: Mapping[str, Any]) -> str:
    low, high = rate["held_95"]
    return f"{_percent(rate['held'])} ({_percent(low)}–{_percent(high)})"


def _parts(parts: Mapping[str, float], what: str) -> list[str]:
    return _table((what, "held"), [(name, _percent(part)) for name, part in parts.items()])


def _percent(part: float) -> str:
    return f"{part * 100:.1f} %"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(map(str, line))} |" for line in lines]


if __name__ == "__main__":
    main()
