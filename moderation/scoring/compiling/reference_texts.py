"""Texts written for this project: what a network is prepared with, and what graphs are judged by.

One text a line; an empty line is the empty text. The last sixty of the reference are several
sentences in a row, up to 300 tokens. They hold insults, threats and hate, quoted and meant.
"""

from pathlib import Path

_HERE = Path(__file__).parent


def _lines(name: str) -> tuple[str, ...]:
    return tuple((_HERE / name).read_text("utf-8").split("\n")[:-1])


# What the 8-bit graph is prepared with; never what it is judged by.
BALANCE_TEXTS = _lines("balance_texts.txt")
# What a compiled graph is held against Detoxify on, once on each machine.
REFERENCE_TEXTS = _lines("reference_texts.txt")
