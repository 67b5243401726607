"""Entry points: `app` for commands and tests, `served` for the server, `celery` for its workers."""

import sys

from flask import Flask

from config import SettingsError, load_settings
from moderation.app import create_app
from moderation.serve import start

try:
    app = create_app(load_settings())
except (SettingsError, ValueError) as error:
    sys.exit(str(error))
celery = app.extensions["celery"]


def served() -> Flask:
    """The app with the scorer beside it: what `flask serve` hands to its server."""
    return start(app)
