"""`python -m moderation.scoring.training DATA_DIR OUT_DIR`: the shipped checkpoint, made anew."""

import argparse
import random
import time
from pathlib import Path

import torch

from moderation.scoring.training.data import read_rows
from moderation.scoring.training.encoder import load_encoder, load_tokenizer
from moderation.scoring.training.fit import fit
from moderation.scoring.training.own_sentences import own_rows
from moderation.scoring.training.split import split

SEED = 20


def main() -> None:
    """Train, calibrate, choose presets, save; an interrupted run goes on where it stopped."""
    options = _options()
    torch.manual_seed(SEED)
    random.seed(SEED)
    options.out.mkdir(parents=True, exist_ok=True)
    training, validation = split(read_rows(options.data / "train.csv.gz"), seed=SEED)
    training.extend(own_rows(seed=SEED))
    report(f"{len(training)} rows to train on, {len(validation)} held out")
    model = load_encoder()
    fit(
        model,
        load_tokenizer(),
        training,
        epochs=options.epochs,
        minutes=options.minutes,
        state=options.out / "state.pt",
        report=report,
    )


def report(line: str) -> None:
    """Print a line with the time of day, at once."""
    print(time.strftime("%H:%M:%S"), line, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m moderation.scoring.training")
    parser.add_argument("data", type=Path, help="folder with train.csv.gz")
    parser.add_argument("out", type=Path, help="folder for the state and the finished model")
    parser.add_argument("--epochs", type=int, default=2, help="at most this many (default 2)")
    parser.add_argument(
        "--minutes", type=float, default=600, help="wall time at most; the rate falls to fit it"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
