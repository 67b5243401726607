"""`flask model …`: the classifier and its files. A command a file, registered here."""

from flask.cli import AppGroup

from moderation.cli.model.add import add
from moderation.cli.model.check import check
from moderation.cli.model.compile import compile_command
from moderation.cli.model.fetch import fetch
from moderation.cli.model.listing import list_models
from moderation.cli.model.remove import remove
from moderation.cli.model.rescore import rescore_command
from moderation.cli.model.use import use

model = AppGroup("model", help="The classifier.")
for command in (add, check, compile_command, fetch, list_models, remove, rescore_command, use):
    model.add_command(command)
