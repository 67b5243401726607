"""What views and commands need, wired once by `app.create_app` and found on the running app."""

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from flask import current_app

from config import Settings
from moderation.db import Database
from moderation.housekeeping import Housekeeper
from moderation.mail import Mailer
from moderation.privacy.vault import Vault
from moderation.worker import Worker


class Background(Protocol):
    """Work beside the requests of the serving process: a Worker, a Sweep where others score, …"""

    def run(self) -> None:
        """Work until `stop()` is called from another thread."""

    def stop(self) -> None:
        """Finish what is in hand."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """Storage, keys, settings, time, and how to wake the scorer."""

    settings: Settings
    database: Database
    vault: Vault
    clock: Callable[[], dt.datetime]
    wake: Callable[[], None]
    backgrounds: tuple[Background, ...]
    housekeeper: Housekeeper
    mailer: Mailer | None  # None: no mail is sent
    make_worker: Callable[[], Worker]
    waiters: threading.BoundedSemaphore = field(repr=False)

    @property
    def repeat_window(self) -> dt.timedelta:
        """How long the same text counts as said again."""
        return dt.timedelta(seconds=self.settings.REPEAT_WINDOW)


def services() -> Services:
    """The services of the app at work."""
    found: Services = current_app.extensions["moderation"]
    return found
