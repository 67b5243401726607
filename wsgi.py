"""Entry points: `app` for a server (`flask --app wsgi serve`), `celery` for its workers."""

import sys

from config import SettingsError, load_settings
from moderation.app import create_app

try:
    app = create_app(load_settings())
except (SettingsError, ValueError) as error:
    sys.exit(str(error))
celery = app.extensions["celery"]
