"""`flask serve`: the server of the product, with the scorer beside it."""

import click
from flask.cli import with_appcontext

from moderation.serve import PortTaken, serve
from moderation.services import services


@click.command("serve")
@with_appcontext
def serve_command() -> None:
    """Serve comments and score them (`flask run` is Flask's own: it scores nothing)."""
    try:
        serve(services().settings)
    except PortTaken as error:
        raise click.ClickException(str(error)) from None
