"""Compiling in a process of its own: it takes torch and a gigabyte, which must not stay with us."""

import os
import subprocess
import sys

import click

from config import ROOT, Settings


def compile_apart(settings: Settings, model: str | None = None) -> bool:
    """Compile a model (the one in use by default), passing on what the process says.

    It starts where we are, so that a relative folder means the same there. Answers whether the
    model is compiled now; why not was said.
    """
    words = [model or settings.MODEL, str(settings.MODEL_CACHE)]
    with subprocess.Popen(  # noqa: S603 (our own interpreter and module, no shell)
        # Our own package, whatever lies in the working directory.
        [sys.executable, "-P", "-m", "moderation.scoring.compiling", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout or ():
            click.echo(line, nl=False)
    return process.returncode == 0
