"""`python -m moderation.scoring.training DATA_DIR OUT_DIR`: the shipped checkpoint, made anew."""

import argparse
from pathlib import Path

import torch

from moderation.scoring.training.average import average
from moderation.scoring.training.data import read_rows
from moderation.scoring.training.encoder import load_encoder, load_tokenizer
from moderation.scoring.training.finish import calibrate_and_save, finish, report
from moderation.scoring.training.fit import fit
from moderation.scoring.training.own_sentences import own_rows
from moderation.scoring.training.split import split

SEED = 20


def main() -> None:
    """Train, average, calibrate, choose presets, save; an interrupted run goes on where it was."""
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    training, validation = split(read_rows(options.data / "train.csv.gz"), seed=SEED)
    report(f"{len(training)} rows to train on and our own, {len(validation)} held out")
    tokenizer = load_tokenizer()
    draws = range(options.draws) if options.only is None else [options.only]
    for draw in draws:
        # A fresh classifier has to be the same in every draw, or their mean means nothing.
        torch.manual_seed(SEED)
        fit(
            load_encoder(options.start),
            tokenizer,
            [*training, *own_rows(seed=SEED + draw)],
            epochs=options.epochs,
            part=options.part,
            draw=draw,
            minutes=options.minutes,
            state=_state(options, draw),
            report=report,
        )
    if options.only is None:
        states = [_state(options, draw) for draw in draws]
        model = average(load_encoder(options.start), states, options.keep)
        home = options.out / "home"
        calibrate_and_save(model, tokenizer, validation, home)
        finish(home, options.out / "cache", options.data, validation)


def _state(options: argparse.Namespace, draw: int) -> Path:
    path: Path = options.out / f"draw-{draw}.pt"
    return path


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m moderation.scoring.training")
    parser.add_argument("data", type=Path, help="folder with train.csv.gz and the test files")
    parser.add_argument("out", type=Path, help="folder for the states and the finished model")
    parser.add_argument("--start", type=Path, help="checkpoint to go on from (default: encoder)")
    parser.add_argument("--epochs", type=int, default=2, help="at most this many (default 2)")
    parser.add_argument("--part", type=float, default=1.0, help="of the public rows an epoch")
    parser.add_argument("--draws", type=int, default=1, help="trainings whose weights are averaged")
    parser.add_argument("--only", type=int, metavar="DRAW", help="train this draw, 0 .., and stop")
    parser.add_argument(
        "--keep", type=float, default=0.0, help="the start's share in the average, 0..1"
    )
    parser.add_argument(
        "--minutes", type=float, default=600, help="a draw at most; the rate falls to fit it"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
