"""What `model rescore` says: what is in force, how the model compares, and what would flip."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import click

from moderation.flow.rescore import Outcome
from moderation.policy.context import Policy
from moderation.policy.thresholds import thresholds_in_force
from moderation.scoring.score import ModelInfo
from moderation.statuses import Actor, Status

EXAMPLES = 5
HEADS = ("site", "decided by", "stands as", "comments", "would publish", "would hold")
# What is said, who decided, how it stands, and whether the model would publish it.
FLIPS = (
    ("approved by a person, the model would hold", Actor.MODERATOR, Status.APPROVED, False),
    ("rejected by a person, the model would publish", Actor.MODERATOR, Status.REJECTED, True),
    ("published by the machine, the model would hold", Actor.MACHINE, Status.APPROVED, False),
    ("held by the machine, the model would publish", Actor.MACHINE, Status.HELD, True),
)


def limits_of(policy: Policy, info: ModelInfo) -> dict[str, float]:
    """The thresholds in force that the model has a number for; empty: all would be held."""
    known = thresholds_in_force(policy, info.presets) or {}
    return {name: value for name, value in known.items() if name in info.attributes}


def describe_site(key: str, policy: Policy, info: ModelInfo) -> str:
    """What is in force on a site with this model. Presets of another model never are."""
    limits = limits_of(policy, info)
    if policy.preset in info.presets:
        source = f"preset {policy.preset} of {info.name}"
        source += ", and thresholds of its own" if policy.thresholds else ""
    else:
        source = f"{info.name} has no preset {policy.preset}, so only thresholds of its own count"
    shown = ", ".join(f"{name} {value:g}" for name, value in limits.items())
    return f"Site {key}: {source}: {shown or 'none, so every comment would be held'}."


def show_report(outcomes: Sequence[Outcome]) -> None:
    """Print the table, and what the model and those who decided do not agree about."""
    rows = [HEADS, *_rows(outcomes)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    click.echo()
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
    click.echo()
    for says, by, status, publishes in FLIPS:
        flipped = [o for o in outcomes if (o.by, o.status, o.publishes) == (by, status, publishes)]
        click.echo(f"{says}: {_counted(flipped)}")


def still_public(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The public comments that the model would hold, whoever published them."""
    return [o for o in outcomes if o.status is Status.APPROVED and not o.publishes]


def _rows(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    every = Counter((o.site, o.by or "", o.status) for o in outcomes)
    published = Counter((o.site, o.by or "", o.status) for o in outcomes if o.publishes)
    for (site, by, status), count in sorted(every.items()):
        passed = published[site, by, status]
        yield site, by, status, str(count), str(passed), str(count - passed)


def _counted(flipped: Sequence[Outcome]) -> str:
    if not flipped:
        return "0"
    examples = " ".join(outcome.public_id for outcome in flipped[:EXAMPLES])
    return f"{len(flipped)}{', such as' if len(flipped) > EXAMPLES else ':'} {examples}"
