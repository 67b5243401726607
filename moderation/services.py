"""What views and commands need, wired once by `app.create_app` and found on the running app."""

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from flask import current_app
from sqlalchemy.orm import Session

from config import Settings
from moderation.db import Database
from moderation.flow.mails import ask_for_proof, write_invitation
from moderation.housekeeping import Housekeeper
from moderation.letters import domain_of, new_message_id
from moderation.mail import Mailer
from moderation.models import Commenter, Invitation, Site
from moderation.outgoing.guard import Guard
from moderation.preview import Preview
from moderation.privacy.links import InvitationLinks
from moderation.privacy.vault import Vault
from moderation.webhooks import WebhookSender
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
    guard: Guard
    webhooks: WebhookSender
    make_worker: Callable[[], Worker]
    waiters: threading.BoundedSemaphore = field(repr=False)
    preview: Preview = field(repr=False)

    def link_to(self, invitation: Invitation) -> str:
        """The whole link to an invitation. A secret: show it once, to who may have it."""
        links = InvitationLinks(self.settings.SECRET_KEY.get_secret_value())
        return links.address(self.settings.public_url, invitation.public_id)

    def mail_invitation(self, session: Session, invitation: Invitation) -> None:
        """Have the link mailed to whom it is for, where mail is set up."""
        if self.mailer is not None:
            message_id = self._new_message_id()
            write_invitation(session, invitation, message_id=message_id, now=self.clock())

    def mail_proof(self, session: Session, site: Site, commenter: Commenter | None) -> None:
        """Have them asked whether the address is theirs, where mail is set up.

        None stands for an address that nobody has: that mail is dropped.
        """
        if self.mailer is not None:
            message_id = self._new_message_id()
            ask_for_proof(session, site, commenter, message_id=message_id, now=self.clock())

    def _new_message_id(self) -> str:
        return new_message_id(domain_of(self.settings.public_url))

    @property
    def repeat_window(self) -> dt.timedelta:
        """How long the same text counts as said again."""
        return dt.timedelta(seconds=self.settings.REPEAT_WINDOW)


def services() -> Services:
    """The services of the app at work."""
    found: Services = current_app.extensions["moderation"]
    return found
