"""Serving: granian in front, the scorer (or the sweep) as a thread beside the requests.

Granian's main process watches one worker process, which serves and scores. A stop signal ends
requests and the batch in hand; whatever dies hard is picked up again from its job row.
"""

import errno
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.util import Finalize

import structlog
from flask import Flask

from config import ROOT, Settings
from moderation.services import Background, Services

log = structlog.get_logger()

TARGET = "wsgi:served"
STOP_WITHIN = 20  # seconds for requests and the batch in hand
LOOK_EVERY = 1.0  # seconds between looks whether the main process is still there


class PortTaken(Exception):
    """This address cannot be listened on; most often something else does already."""


def serve(settings: Settings) -> None:
    """Become the server: replaces this process. Raises PortTaken when the address is in use.

    Granian's main process then holds nothing of ours: only the process that serves does.
    """
    require_free_port(settings.HOST, settings.PORT)
    options = {
        "--interface": "wsgi",
        "--host": settings.HOST,
        "--port": settings.PORT,
        "--workers": 1,
        "--blocking-threads": settings.THREADS,
        "--log-level": "error",
        "--workers-kill-timeout": STOP_WITHIN,
        "--working-dir": ROOT,
    }
    flags = ["--factory", "--no-ws", "--respawn-failed-workers"]
    words = [str(word) for option in options.items() for word in option]
    sys.stdout.flush()
    # Our own interpreter and checked settings, no shell.
    os.execv(sys.executable, [sys.executable, "-m", "granian", *words, *flags, TARGET])  # noqa: S606


def start(app: Flask) -> Flask:
    """Start the app's background work; runs in the process that serves, and answers the app."""
    found: Services = app.extensions["moderation"]
    for background in found.backgrounds:
        start_background(background)
    threading.Thread(target=_follow_parent, args=(os.getppid(),), daemon=True).start()
    log.info("serving", url=found.settings.public_url, port=found.settings.PORT)
    return app


def start_background(background: Background) -> Callable[[], None]:
    """Run it in a thread; it is stopped when the process ends, or by what this answers."""
    thread = threading.Thread(target=background.run, name="background")

    def stop() -> None:
        background.stop()
        thread.join(STOP_WITHIN)

    # Before Python waits for threads that are not daemons, so that this one ends by then.
    Finalize(None, stop, exitpriority=10)
    thread.start()
    return stop


def require_free_port(host: str, port: int) -> None:
    """Raises PortTaken with a sentence when the address is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise PortTaken(f"{host}:{port} cannot be used: {error.strerror}") from None
            raise PortTaken(
                f"Port {port} on {host} is in use. Stop what listens there, "
                f"or choose another: make run PORT={port + 1}"
            ) from None


def _follow_parent(parent: int) -> None:
    """End this process when its main process is gone (killed hard): nobody would stop it."""
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY)
    os.kill(os.getpid(), signal.SIGTERM)
