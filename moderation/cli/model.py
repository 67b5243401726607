"""`flask model …`: the classifier's files."""

import click
from flask.cli import AppGroup

from moderation.cli.compiling import compile_apart
from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.catalog import OFFICIAL_FILES
from moderation.scoring.serving.engine import load_scorer
from moderation.services import services

model = AppGroup("model", help="The classifier.")


@model.command("list")
def list_models() -> None:
    """List the models by name; the one in use is marked."""
    for name in ("home", *OFFICIAL_FILES):
        click.echo(("* " if name == services().settings.MODEL else "  ") + name)


@model.command("compile")
@click.argument("name", required=False)
def compile_command(name: str | None) -> None:
    """Compile a model for this machine (the one in use by default)."""
    if not compile_apart(services().settings, name):
        raise click.ClickException("The model is not compiled.")


@model.command("check")
@click.argument("text", default="What a lovely day.")
def check(text: str) -> None:
    """Load the model in use and score a text."""
    settings = services().settings
    try:
        scorer = load_scorer(settings.MODEL, settings.MODEL_CACHE)
        score = scorer.score([text])[0]
    except ScorerUnavailable as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{scorer.info.name} {scorer.info.version}, language {score.language}")
    for attribute, value in score.attributes.items():
        click.echo(f"{attribute:16} {value:.3f}")
