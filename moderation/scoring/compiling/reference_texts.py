"""Texts written for this project: what a network is prepared with, and what graphs are judged by.

One text a line; an empty line is the empty text. The last sixty of the reference are several
sentences in a row, up to 300 tokens. They hold insults, threats and hate, quoted and meant.
"""

from pathlib import Path

_HERE = Path(__file__).parent
_SENTENCES = _HERE.parent / "sentences"
# Rounding a matrix of 1,536 columns well takes tens of thousands of tokens; more gains no more.
_EVERY = 3


def _lines(name: str) -> tuple[str, ...]:
    return tuple((_HERE / name).read_text("utf-8").split("\n")[:-1])


def _plain_sentences() -> tuple[str, ...]:
    lines = [
        line
        for path in sorted(_SENTENCES.glob("*.txt"))
        for line in path.read_text("utf-8").splitlines()
    ]
    plain = [line for line in lines if line and not line.startswith("#") and "{" not in line]
    return tuple(line for line in plain[::_EVERY] if line not in REFERENCE_TEXTS)


# What a compiled graph is held against Detoxify on, once on each machine.
REFERENCE_TEXTS = _lines("reference_texts.txt")
# What the 8-bit graph is prepared with, its inputs' scales and its weights' rounding; never what
# it is judged by.
BALANCE_TEXTS = _lines("balance_texts.txt")
ROUNDING_TEXTS = (*BALANCE_TEXTS, *_plain_sentences())
