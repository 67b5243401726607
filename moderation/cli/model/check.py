"""`flask model check`: is the model in use what it should be, and does it score?"""

import time

import click
from flask.cli import with_appcontext

from moderation.cli.model.sentences import in_sentences
from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.catalog import Model, find_model
from moderation.scoring.checkpoints.digest import sha256_of
from moderation.scoring.score import Scorer
from moderation.scoring.serving.engine import load_scorer
from moderation.services import services

TEXT = "What a lovely day."


@click.command("check")
@click.argument("text", default=TEXT)
@with_appcontext
def check(text: str) -> None:
    """Check the files of the model in use, load it and score a text."""
    settings = services().settings
    with in_sentences():
        click.echo(_checkpoint(find_model(settings.MODEL, settings.MODEL_CACHE)))
        show_score(load_scorer(settings.MODEL, settings.MODEL_CACHE), text)


def show_score(scorer: Scorer, text: str) -> None:
    """Score a text and print what came out and how long it took.

    A loaded scorer has had every compiled file checked against its hash.
    """
    began = time.perf_counter()
    score = scorer.score([text])[0]
    took = (time.perf_counter() - began) * 1000
    click.echo(f"compiled    {scorer.info.version}, every file as its hash says")
    click.echo(f"score       {took:.1f} ms, language {score.language}")
    for attribute, value in score.attributes.items():
        click.echo(f"{attribute:16} {value:.3f}")


def _checkpoint(model: Model) -> str:
    if not model.checkpoint.is_file():
        return f"checkpoint  {model.name}: not here, which only compiling needs"
    found = sha256_of(model.checkpoint)
    if not found.startswith(model.digest):
        raise ScorerUnavailable(
            f"{model.checkpoint} is not the file it should be: its sha256 begins {found[:8]}, "
            f"expected {model.digest[:8]}"
        )
    return f"checkpoint  {model.name}: sha256 {found}, as pinned"
