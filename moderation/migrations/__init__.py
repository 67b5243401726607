"""Alembic migrations; they never import models."""

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

CONFIG = Config()
CONFIG.set_main_option("script_location", str(Path(__file__).parent))
CONFIG.set_main_option("path_separator", "os")
SCRIPTS = ScriptDirectory.from_config(CONFIG)


def config_for(engine: Engine) -> Config:
    """An Alembic configuration that works on this engine."""
    config = Config(attributes={"engine": engine})
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config
