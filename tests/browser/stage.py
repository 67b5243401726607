"""A really started server on a seeded database, and pages of other host names that embed it."""

import dataclasses
import datetime as dt
import functools
import http.server
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config import load_settings
from moderation.app import create_app
from moderation.flow.sites import add_site
from moderation.flow.team.accounts import add_moderator
from moderation.scoring.score import Score
from moderation.services import Services
from moderation.statuses import Role, Status
from moderation.sweep import Sweep, now
from moderation.web.filters import ATTRIBUTES
from moderation.worker import Worker
from tests import databases
from tests.doubles import INFO, FixedScorer
from tests.factories import NO_SAMPLES, PASSWORD
from tests.ports import free_port
from tests.servers import Installation

NEWS, OTHER = "news.test", "other.test"  # the browser's resolver rules map both to loopback
SECRETS = {
    "SECRET_KEY": "s" * 43,
    "VAULT_KEY": "djE" + "A" * 40,
    "INDEX_KEY": "aW4" + "B" * 40,
}
MODERATOR, NEWCOMER = "grace@example.com", "idle@example.com"
OWNER = "owner@example.com"


class ManyNumbers(FixedScorer):
    """Knows all attributes, so that a card shows its longest list of scores."""

    info = dataclasses.replace(
        INFO,
        attributes=tuple(ATTRIBUTES),
        presets={"balanced": dict.fromkeys(ATTRIBUTES, 0.6)},
    )

    def score(self, texts: Sequence[str]) -> list[Score]:
        """High numbers for insults, low ones for all else."""
        return [Score(_numbers(text), complete=True, language="en") for text in texts]


def _numbers(text: str) -> dict[str, float]:
    high = "idiot" in text.lower()
    return {
        name: (0.97 - 0.13 * i if high else 0.04 + 0.01 * i) for i, name in enumerate(ATTRIBUTES)
    }


@dataclass
class Stage:
    """An installation with its site, ready to be served, and what a test wants to find there."""

    installation: Installation
    services: Services
    site: str = "news"
    shown: str = ""  # public id of an approved comment with replies
    held: str = ""  # public id of a held comment with many findings
    private: dict[Status, str] = dataclasses.field(default_factory=dict)  # paths of private pages
    kept: str = ""  # public id of a comment under a legal hold
    commenter: str = ""  # public id of who wrote it
    masked: str = ""  # path of the private page of a comment in which something is masked
    trusted: str = ""  # public id of a trusted commenter
    proofs: dict[str, str] = dataclasses.field(default_factory=dict)  # paths of mailed links
    invitations: dict[str, str] = dataclasses.field(default_factory=dict)  # paths of such links
    decisions: dict[str, str] = dataclasses.field(default_factory=dict)  # likewise, of mails

    @property
    def url(self) -> str:
        """Where the server answers."""
        return self.installation.url

    def thread(self, article: str, **fields: str) -> str:
        """The path of the thread under an article of the site."""
        query = "&".join(f"{name}={value}" for name, value in fields.items())
        return f"/s/{self.site}/comments?article={article}&{query}"

    def close(self) -> None:
        """Stop the server and let the database go."""
        self.installation.stop_all()
        self.services.database.dispose()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a log."""

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@dataclass(frozen=True)
class Host:
    """A foreign website: a folder of pages on a port, under any host name that is mapped here."""

    folder: Path
    port: int

    def origin(self, name: str) -> str:
        """The origin of this site under the host name."""
        return f"http://{name}:{self.port}"

    def write(self, page: str, body: str, *, head: str = "", language: str = "en") -> None:
        """Put an HTML page there."""
        (self.folder / page).write_text(
            f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>Trees</title>'
            f'<link rel="icon" href="data:,"><meta name="viewport" content="width=device-width">'
            f"{head}<h1>Trees</h1><p>The council plants four hundred trees.</p>{body}",
            encoding="utf-8",
        )


def snippet(server: str, site: str) -> str:
    """What an owner puts into a page."""
    script = f'<script async src="{server}/embed.js" data-site="{site}"></script>'
    return f'<div id="comments"></div>{script}'


@contextmanager
def host(folder: Path) -> Iterator[Host]:
    """A static web server for the pages in `folder`."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Host(folder, server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


def build(folder: Path, template: Path, origins: Sequence[str], **env: str) -> Stage:
    """An installation in `folder` with three sites and no comments; not yet served."""
    port = free_port()
    values = {
        **SECRETS,
        "DATABASE_URL": databases.copy_sqlite(template, folder),
        "MODEL_CACHE": str(folder / "models"),
        "ERASED_LIST": str(folder / "erased.list"),
        "SCORER": "worker",
        "SCORE_WAIT": "0",
        "SCORE_DEADLINE": "86400",  # nobody scores here: what waits goes on waiting
        "FORM_MIN_AGE": "0",
        "RATE_SUBMIT": "10000 per minute",
        "RATE_COMMENTER": "10000 per minute",
        "RATE_REPORT": "10000 per minute",
        "RATE_SIGN_IN": "10000 per minute",
        "DEMO": "true",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": "9",  # nobody takes a mail there
        "MAIL_FROM": "comments@news.example",
        **env,
    }
    installation = Installation(env=values, log=folder / "server.log", port=port)
    settings = load_settings(folder / "no-such-file", PORT=port, **values)
    services = create_app(settings).extensions["moderation"]
    with services.database.transaction() as session:
        here = [f"http://{name}:{port}" for name in ("127.0.0.1", "localhost")]
        demo = add_site(session, "demo", name="The Daily Demo", origins=here, now=now())
        news = add_site(session, "news", name="News", origins=list(origins), now=now())
        demo.policy = news.policy = NO_SAMPLES
        quiet = add_site(session, "quiet", name="Quiet", origins=list(origins), now=now())
        quiet.policy = {"publishing": "closed"}
        for email, role, site in (
            (MODERATOR, Role.MODERATOR, None),
            (NEWCOMER, Role.MODERATOR, quiet),
            (OWNER, Role.OWNER, None),
        ):
            add_moderator(
                session,
                email,
                PASSWORD,
                role=role,
                site=site,
                vault=services.vault,
                now=now(),
            )
    return Stage(installation, services)


def settle(services: Services, scorer: FixedScorer | None = None) -> None:
    """Let a scorer that knows all attributes decide what waits, as a worker process would."""
    window = dt.timedelta(days=1)
    database = services.database
    worker = Worker(
        database,
        lambda: scorer or ManyNumbers(),
        Sweep(database, deadline=window, repeat_window=window),
        model="double",
        batch=64,
        lease=dt.timedelta(seconds=30),
        repeat_window=window,
    )
    while worker.tick():
        pass
