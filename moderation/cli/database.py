"""`flask db …`: bring the database up to date."""

import click
from alembic import command
from flask.cli import AppGroup

from moderation.migrations import config_for
from moderation.services import services

db = AppGroup("db", help="The database.")


@db.command("upgrade")
def upgrade() -> None:
    """Bring the tables to this version. Safe to repeat."""
    command.upgrade(config_for(services().database.engine), "head")
    click.echo("The database is up to date.")
