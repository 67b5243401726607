"""Compiling in a process of its own: it takes torch and a gigabyte, which must not stay with us."""

import subprocess
import sys

import click

from config import ROOT, Settings


def compile_apart(settings: Settings, model: str | None = None) -> bool:
    """Compile a model (the one in use by default), passing on what the process says.

    Answers whether it is compiled now; why not was said.
    """
    words = [model or settings.MODEL, str(settings.MODEL_CACHE.resolve())]
    with subprocess.Popen(  # noqa: S603 (our own interpreter and module, no shell)
        [sys.executable, "-m", "moderation.scoring.compiling", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout or ():
            click.echo(line, nl=False)
    return process.returncode == 0
