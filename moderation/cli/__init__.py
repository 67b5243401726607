"""The command line: `flask --app wsgi …`. A group a thing; commands own their transactions."""

from flask import Flask

from moderation.cli import importing, personal  # noqa: F401 (they add their commands)
from moderation.cli.commenter import commenter
from moderation.cli.database import db
from moderation.cli.demo import demo
from moderation.cli.keys import keys
from moderation.cli.mail import mail
from moderation.cli.model import model
from moderation.cli.moderator import moderator
from moderation.cli.privacy import privacy
from moderation.cli.serve import serve_command
from moderation.cli.site import site
from moderation.cli.webhook import webhook
from moderation.cli.worker import worker


def register_commands(app: Flask) -> None:
    """Add all commands to the app's command line."""
    for command in (
        commenter,
        db,
        demo,
        keys,
        mail,
        model,
        moderator,
        privacy,
        serve_command,
        site,
        webhook,
        worker,
    ):
        app.cli.add_command(command)
