"""`python -m tests.benchmarks.scoring`: the served scorer against `Detoxify.predict`.

Ratios of medians of five rounds in one run on the same texts; each round measures everything, so
that a busy machine slows both sides. Texts are bodies of `test_robtest.csv.gz` in the folder
DATA_DIR names; without it, the reference texts of this project, which are shorter. On a busy
machine believe the ratios of processor time, of which waiting is no part.
"""

import csv
import gzip
import json
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from moderation.scoring.compiling.reference_texts import REFERENCE_TEXTS
from moderation.scoring.serving.engine import CompiledScorer, load_scorer
from tests.servers import MODELS, ROOT

TEXTS = int(os.environ.get("TEXTS", "256"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
HOME = "moderation/scoring/home"
# A process that only scores: says when it is loaded, scores what it is told, shows its memory.
SCORER = """
import json, re, sys, time
from pathlib import Path
from moderation.scoring.serving.engine import load_scorer
began = time.monotonic()
scorer = load_scorer("home", Path(sys.argv[1]), threads=1)
print(time.monotonic() - began, flush=True)
for line in sys.stdin:
    began = time.monotonic()
    scorer.score(json.loads(line))
    status = Path("/proc/self/status").read_text()
    print(time.monotonic() - began, re.search(r"VmHWM:\\s+(\\d+)", status)[1], flush=True)
"""


def main() -> None:
    """Print one line a figure."""
    texts = _texts()
    _against_detoxify(texts)
    _processes(texts)


def _texts() -> list[str]:
    path = Path(os.environ.get("DATA_DIR", ".")) / "test_robtest.csv.gz"
    if not path.is_file():
        print("no DATA_DIR with test_robtest.csv.gz: the project's own texts instead")
        return random.Random(1).sample(REFERENCE_TEXTS, TEXTS)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return random.Random(1).sample([row["text"] for row in csv.DictReader(file)], TEXTS)


def _against_detoxify(texts: Sequence[str]) -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.chdir(ROOT)
    # Torch belongs to this measurement only.
    from detoxify import Detoxify

    detoxify = Detoxify(checkpoint=f"{HOME}/checkpoint.ckpt", huggingface_config_path=HOME)
    ours = load_scorer("home", MODELS)
    measured = _rounds({
        "theirs one by one": lambda: [detoxify.predict(text) for text in texts],
        "theirs in batches": lambda: [
            detoxify.predict(list(texts[at : at + 32])) for at in range(0, len(texts), 32)
        ],
        "ours one by one": lambda: [ours.score([text]) for text in texts],
        "ours together": lambda: ours.score(texts),
        "ours, model alone": lambda: _model_alone(ours, texts),
    })  # fmt: skip
    for name, times in measured.items():
        wall, cpu = (seconds / len(texts) * 1000 for seconds in (times.wall, times.cpu))
        print(f"{name}: {wall:.2f} ms a text, {cpu:.2f} ms of processor time")
    _ratio("one by one", measured["theirs one by one"], measured["ours one by one"])
    _ratio("together, batches of 32", measured["theirs in batches"], measured["ours together"])
    rest = measured["ours together"].cpu / measured["ours, model alone"].cpu - 1
    print(f"all but tokens and model: {rest:.0%} of the model's processor time")


def _model_alone(scorer: CompiledScorer, texts: Sequence[str]) -> None:
    scorer._run([window for text in texts for window in scorer._piece(text).windows])


class Times(NamedTuple):
    """Seconds by the clock, and of processor time in this process."""

    wall: float
    cpu: float


def _rounds(tasks: dict[str, Callable[[], object]]) -> dict[str, Times]:
    """Task → the medians of its times; every round runs each once."""
    times: dict[str, list[Times]] = {name: [] for name in tasks}
    for _ in range(ROUNDS):
        for name, task in tasks.items():
            began = Times(time.perf_counter(), time.process_time())
            task()
            wall, cpu = time.perf_counter() - began.wall, time.process_time() - began.cpu
            times[name].append(Times(wall, cpu))
    return {
        name: Times(*(statistics.median(column) for column in zip(*each, strict=True)))
        for name, each in times.items()
    }


def _processes(texts: Sequence[str]) -> None:
    """One single-threaded process, and two of them on half of the texts each."""
    workers = [_start(), _start()]
    loaded = [float(worker.stdout.readline()) for worker in workers]
    memory: list[int] = []

    def share(parts: list[Sequence[str]]) -> None:
        for worker, part in zip(workers, parts, strict=False):
            worker.stdin.write(json.dumps(list(part)) + "\n")
            worker.stdin.flush()
        for worker, _ in zip(workers, parts, strict=False):
            memory.append(int(re.split(r"\s+", worker.stdout.readline())[1]))

    measured = _rounds({
        "one": lambda: share([texts]),
        "two": lambda: share([texts[::2], texts[1::2]]),
    })  # fmt: skip
    for worker in workers:
        worker.stdin.close()
        worker.wait()
    print(f"two processes against one: {measured['one'].wall / measured['two'].wall:.2f} times")
    print(f"loaded in {min(loaded):.2f} s; at most {max(memory) / 1000:.0f} MB resident")


def _start() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCORER, str(MODELS)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def _ratio(name: str, theirs: Times, ours: Times) -> None:
    wall, cpu = theirs.wall / ours.wall, theirs.cpu / ours.cpu
    print(f"{name}: {wall:.1f} times, {cpu:.1f} in processor time")


if __name__ == "__main__":
    main()
