"""Plots as shapes: a template draws them, in a square of 100 that is stretched to the page.

Words stand beside the picture, not in it, so that they keep their size on a phone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

SIZE = 100.0
GAP = 0.15  # of a bar's place, left free


@dataclass(frozen=True)
class Series:
    """One colour of a plot: the class of its shapes, its name in the legend, its path.

    `dots` marks the points of a line, so that one alone is seen as well.
    """

    key: str
    title: str
    path: str
    dots: str = ""


@dataclass(frozen=True)
class Plot:
    """The shapes of one plot; `top` is the value at its upper edge."""

    series: list[Series]
    top: float


def stack(titles: Sequence[tuple[str, str]], rows: Sequence[Sequence[int]]) -> Plot:
    """Bars from left to right, one a row, its numbers on top of each other.

    `titles` names key and title of each number; what is nowhere above zero is left out.
    """
    top = max((sum(row) for row in rows), default=0)
    series = [
        Series(key, title, _bars([(sum(row[:i]), row[i]) for row in rows], top))
        for i, (key, title) in enumerate(titles)
        if any(row[i] for row in rows)
    ]
    return Plot(series, top)


def lines(
    titles: Sequence[tuple[str, str]], rows: Sequence[Sequence[float | None]], top: float = 0
) -> Plot:
    """A line for each number, with a gap where there is none; `top` or the highest value is up."""
    known = [value for row in rows for value in row if value is not None]
    top = top or max(known, default=0)
    series = [
        Series(key, title, *_line([row[i] for row in rows], top))
        for i, (key, title) in enumerate(titles)
    ]
    return Plot(series, top)


def shares(titles: Sequence[tuple[str, str]], row: Sequence[int], whole: int) -> Plot:
    """One bar lying down, cut into its numbers; `whole` fills it."""
    series, start = [], 0
    for (key, title), number in zip(titles, row, strict=True):
        x, width = _scaled(start, whole), _scaled(number, whole)
        if number:
            series.append(Series(key, title, f"M{x:.2f} 0h{width:.2f}v{SIZE:g}h{-width:.2f}z"))
        start += number
    return Plot(series, whole)


def _bars(bars: Sequence[tuple[int, int]], top: float) -> str:
    place = SIZE / max(len(bars), 1)
    width = place * (1 - GAP)
    return "".join(
        f"M{i * place + place * GAP / 2:.2f} {SIZE - _scaled(below, top):.2f}"
        f"h{width:.2f}v{-_scaled(number, top):.2f}h{-width:.2f}z"
        for i, (below, number) in enumerate(bars)
        if number
    )


def _line(values: Sequence[float | None], top: float) -> tuple[str, str]:
    """The path of the line and that of its dots, which are lines of no length with round ends."""
    place, line, dots, goes_on = SIZE / max(len(values), 1), [], [], False
    for i, value in enumerate(values):
        if value is not None:
            point = f"{(i + 0.5) * place:.2f} {SIZE - _scaled(value, top):.2f}"
            line.append(f"{'L' if goes_on else 'M'}{point}")
            dots.append(f"M{point}h0")
        goes_on = value is not None
    return "".join(line), "".join(dots)


def _scaled(value: float, top: float) -> float:
    return SIZE * value / top if top else 0.0
