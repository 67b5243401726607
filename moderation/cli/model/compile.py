"""`flask model compile`."""

import click
from flask.cli import with_appcontext

from moderation.cli.model.sentences import compile_or_fail
from moderation.services import services


@click.command("compile")
@click.argument("name", required=False)
@with_appcontext
def compile_command(name: str | None) -> None:
    """Compile a model for this machine (the one in use by default)."""
    compile_or_fail(services().settings, name)
