"""The command line under test."""

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask


@pytest.fixture
def run(app: Flask) -> Callable[..., Result]:
    """Runs a command: `run("site", "list", stdin="…")`."""
    runner = app.test_cli_runner()
    return lambda *command, stdin="": runner.invoke(args=list(command), input=stdin)
