"""The reliability diagram: how often a text is toxic that gets a probability, as an SVG."""

from collections.abc import Mapping, Sequence

_SIZE = 300
_MARGIN = 46


def draw(bins: Sequence[Mapping[str, float]]) -> str:
    """The diagram of bins with `texts`, `predicted` and `toxic` (0..1).

    The diagonal is honesty; a circle's area grows with the texts in its bin.
    """
    most = max(b["texts"] for b in bins)
    circles = "\n".join(
        f'<circle cx="{_x(b["predicted"])}" cy="{_y(b["toxic"])}" '
        f'r="{3 + 12 * (b["texts"] / most) ** 0.5:.1f}"/>'
        for b in bins
    )
    side = _SIZE + 2 * _MARGIN
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img">
<title>Reliability of toxicity: part toxic by predicted probability</title>
<style>
svg {{ font: 13px system-ui, sans-serif; background: #fff; }}
line, rect {{ stroke: #888; fill: none; }}
circle {{ fill: #2563eb; fill-opacity: .65; }}
text {{ fill: #333; text-anchor: middle; }}
</style>
<rect x="{_MARGIN}" y="{_MARGIN}" width="{_SIZE}" height="{_SIZE}"/>
<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke-dasharray="4"/>
{circles}
{_labels()}
<text x="{side / 2}" y="{side - 6}">predicted probability</text>
<text transform="translate(14 {side / 2}) rotate(-90)">part toxic</text>
</svg>
"""


def _labels() -> str:
    marks = (0, 0.5, 1)
    below = [f'<text x="{_x(m)}" y="{_y(0) + 18}">{m:g}</text>' for m in marks]
    beside = [f'<text x="{_x(0) - 16}" y="{_y(m) + 5}">{m:g}</text>' for m in marks]
    return "\n".join([*below, *beside])


def _x(value: float) -> float:
    return round(_MARGIN + value * _SIZE, 1)


def _y(value: float) -> float:
    return round(_MARGIN + (1 - value) * _SIZE, 1)
