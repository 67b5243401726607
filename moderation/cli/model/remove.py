"""`flask model remove`: undoes fetch and add."""

import shutil

import click
from flask.cli import with_appcontext

from moderation.cli.model.sentences import in_sentences
from moderation.scoring.checkpoints.catalog import NAME, folder_of
from moderation.scoring.serving.compiled import compiled_folders
from moderation.services import services


@click.command("remove")
@click.argument("name")
@with_appcontext
def remove(name: str) -> None:
    """Delete a fetched or added model's files, compiled ones too; never those in use."""
    settings = services().settings
    if name in ("home", settings.MODEL):
        raise click.ClickException(f"{name} is in the box or in use: it stays.")
    folder = folder_of(name, settings.MODEL_CACHE)
    if not NAME.fullmatch(name) or not folder.is_dir():
        raise click.ClickException(f"There are no files of a model {name!r}.")
    with in_sentences():
        for made in (folder, *compiled_folders(name, settings.MODEL_CACHE)):
            shutil.rmtree(made)
            click.echo(f"Deleted {made}")
