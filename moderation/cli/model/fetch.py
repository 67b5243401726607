"""`flask model fetch`: the one command that asks the network for anything."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import with_appcontext

from moderation.cli.model.sentences import compile_or_fail, in_sentences
from moderation.scoring.checkpoints.download import Progress
from moderation.scoring.checkpoints.fetch import fetch_model
from moderation.scoring.checkpoints.official import OFFICIAL
from moderation.services import services


@click.command("fetch")
@click.argument("name", type=click.Choice(list(OFFICIAL)))
@with_appcontext
def fetch(name: str) -> None:
    """Fetch one of Detoxify's own models from github.com and huggingface.co, and compile it.

    Interrupted, it goes on where it stopped when it is run again.
    """
    settings = services().settings
    with in_sentences():
        manifest = fetch_model(name, settings.MODEL_CACHE, _bar, click.echo)
    click.echo(f"{name} is here; sha256 {manifest.sha256}")
    compile_or_fail(settings, name)
    click.echo(f"To score with it: flask --app wsgi model use {name}")


@contextmanager
def _bar(file: str) -> Iterator[Progress]:
    with click.progressbar(length=1, label=file) as bar:

        def show(here: int, total: int | None) -> None:
            bar.length = total or max(here, 1)
            bar.update(here - bar.pos)

        yield show
