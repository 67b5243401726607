"""`flask model list`: which models there are, what they read and score, and how far they are."""

import click
from flask.cli import with_appcontext

from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.catalog import Model, find_model, known_models
from moderation.scoring.serving.compiled import FACTS, folder_for
from moderation.services import services

HEADS = ("", "name", "here", "compiled", "size", "languages", "presets", "sha256", "labels")


@click.command("list")
@with_appcontext
def list_models() -> None:
    """List the models; a star marks the one in use."""
    settings = services().settings
    names = known_models(settings.MODEL_CACHE)
    if settings.MODEL not in names:
        names.append(settings.MODEL)
    rows = [HEADS, *(_row(name) for name in names)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _row(name: str) -> tuple[str, ...]:
    settings = services().settings
    mark = "*" if name == settings.MODEL else ""
    try:
        model = find_model(name, settings.MODEL_CACHE)
    except ScorerUnavailable:
        return (mark, name, *["?"] * (len(HEADS) - 2))
    compiled = folder_for(model, settings.MODEL_CACHE) / FACTS
    return (
        mark,
        name,
        _yes(model.checkpoint.is_file()),
        _yes(compiled.is_file()),
        _size(model),
        " ".join(sorted(model.languages)),
        _yes(bool(model.presets)),
        model.digest[:8],
        " ".join(model.labels),
    )


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _size(model: Model) -> str:
    if not model.checkpoint.is_file():
        return "-"
    return f"{model.checkpoint.stat().st_size / 1e6:.0f} MB"
