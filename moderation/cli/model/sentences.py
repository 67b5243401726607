"""What goes wrong with a model's files ends a command with a sentence, not with a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from config import Settings
from moderation.cli.compiling import compile_apart
from moderation.errors import ScorerUnavailable


@contextmanager
def in_sentences() -> Iterator[None]:
    """End the command with the error's own words, which name the remedy."""
    try:
        yield
    except ScorerUnavailable as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None


def compile_or_fail(settings: Settings, model: str | None = None) -> None:
    """Compile a model (the one in use by default); end the command where that fails."""
    if not compile_apart(settings, model):
        raise click.ClickException("The model is not compiled.")
