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

from sqlalchemy.orm import Session

from config import load_settings
from moderation.app import create_app
from moderation.flow.moderators import add_moderator
from moderation.flow.review import decide_by_hand
from moderation.flow.sites import add_site
from moderation.models import Comment, Site
from moderation.scoring.score import Score
from moderation.services import Services
from moderation.statuses import Change, Reason, Role, Status
from moderation.web.filters import ATTRIBUTES
from moderation.web.tokens import PrivateLinks
from moderation.worker import Sweep, Worker, now
from tests import databases
from tests.doubles import INFO, FixedScorer
from tests.factories import PASSWORD, make_comment
from tests.servers import Installation, free_port

NEWS, OTHER = "news.test", "other.test"  # the browser's resolver rules map both to loopback
SECRETS = {
    "SECRET_KEY": "s" * 43,
    "VAULT_KEY": "djE" + "A" * 40,
    "INDEX_KEY": "aW4" + "B" * 40,
}
MODERATOR, NEWCOMER = "grace@example.com", "idle@example.com"
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 4
ARABIC = "شكرا جزيلا على هذا المقال. الأشجار جميلة جدا!"
HEBREW = "איזה עץ יפה, תודה רבה."


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

    def write(self, page: str, body: str, *, head: str = "") -> None:
        """Put an HTML page there."""
        (self.folder / page).write_text(
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Trees</title>'
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
    """An installation in `folder` with one site, two moderators and no comments; not yet served."""
    port = free_port()
    values = {
        **SECRETS,
        "DATABASE_URL": databases.copy_sqlite(template, folder),
        "MODEL_CACHE": str(folder / "models"),
        "SCORER": "worker",
        "SCORE_WAIT": "0",
        "SCORE_DEADLINE": "86400",  # nobody scores here: what waits goes on waiting
        "FORM_MIN_AGE": "0",
        "RATE_SUBMIT": "10000 per minute",
        "RATE_COMMENTER": "10000 per minute",
        "RATE_SIGN_IN": "10000 per minute",
        "DEMO": "true",
        **env,
    }
    installation = Installation(env=values, log=folder / "server.log", port=port)
    settings = load_settings(folder / "no-such-file", PORT=port, **values)
    services = create_app(settings).extensions["moderation"]
    with services.database.transaction() as session:
        here = [f"http://{name}:{port}" for name in ("127.0.0.1", "localhost")]
        add_site(session, "demo", name="The Daily Demo", origins=here, now=now())
        news = add_site(session, "news", name="News", origins=list(origins), now=now())
        quiet = add_site(session, "quiet", name="Quiet", origins=list(origins), now=now())
        quiet.policy = {"publishing": "closed"}
        for email, site in ((MODERATOR, None), (NEWCOMER, quiet)):
            add_moderator(
                session,
                email,
                PASSWORD,
                role=Role.MODERATOR,
                site=site,
                vault=services.vault,
                now=now(),
            )
        session.flush()
        assert news.id
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
    worker.tick()


def fill(stage: Stage, article: str) -> None:
    """Comments of every kind under `article`: what readers and moderators may meet."""
    with stage.services.database.transaction() as session:
        site = session.query(Site).filter_by(key=stage.site).one()
        site.policy = {"suspect_words": ["shut up"], "banned_words": ["pills"]}
        say = functools.partial(_say, session, site, article)
        first = say("Ada Lovelace", "What a lovely tree, thank you.\n\nI will visit it.\nSoon.")
        stage.shown = first.public_id
        parent = first
        for level, name in enumerate(("Grace", "משה", "فاطمة", "Léopoldine de la Tour d’Auvergne")):
            parent = say(name, f"A reply at level {level + 1}: {'word ' * 20}", parent=parent)
        gone = say("Ghost", "You are a stupid idiot.")
        say("فاطمة الزهراء", ARABIC)
        say("משה", HEBREW + " 1234 abc")
        say(
            "🌳🌲 Tree 🦉",
            "🎉🎉 Wonderful! 👩‍👩‍👧‍👦 https://example.com/trees?a=1&b=2 and www.example.org.",
        )
        say(LONG_WORD[:80], f"{LONG_WORD} https://example.com/{'path/' * 40}")
        say("<b>Bold</b>", "<script>alert(1)</script> & <img src=x onerror=alert(2)>")
        say("Reader", "\n\n".join(["A long text about trees and towns. " * 12] * 3))
        rude = say(
            "Horrible Person With A Very Long Name That Goes On And On",
            "You are a stupid idiot, shut up. Buy pills: https://a.example https://b.example "
            "https://c.example or write to me@example.com, +49 30 901820.",
            parent=first,
        )
        stage.held = rude.public_id
        for number in range(3):
            say(f"Troll {number}", f"You are all idiots, number {number}.")
        refused = say("Troll", "Such an idiot, and it shows.")
    settle(stage.services)
    with stage.services.database.transaction() as session:
        _decide(session, gone, Change.APPROVED)
        say = functools.partial(_say, session, session.get_one(Site, first.site_id), article)
        say("Witness", "I answer somebody who is gone.", parent=session.get_one(Comment, gone.id))
        _decide(session, refused, Change.REJECTED)
    settle(stage.services)
    with stage.services.database.transaction() as session:
        _decide(session, gone, Change.REJECTED)
        session.flush()
        site = session.get_one(Site, first.site_id)
        fresh = _say(session, site, article, "Late", "Nobody has scored this yet.")
    links = PrivateLinks(SECRETS["SECRET_KEY"])
    kinds = {
        Status.APPROVED: first,
        Status.HELD: rude,
        Status.REJECTED: refused,
        Status.PROCESSING: fresh,
    }
    for status, comment in kinds.items():
        stage.private[status] = f"/c/{links.issue(comment.public_id, comment.link_version)}"


def _say(
    session: Session,
    site: Site,
    article: str,
    name: str,
    body: str,
    *,
    parent: Comment | None = None,
) -> Comment:
    return make_comment(
        session,
        site,
        status=Status.PROCESSING,
        name=name,
        body=body,
        parent=parent,
        article=article,
        now=now(),
    )


def _decide(session: Session, comment: Comment, change: Change) -> None:
    from moderation.models import Moderator

    fresh = session.get_one(Comment, comment.id)
    decide_by_hand(
        session,
        comment.id,
        change,
        version_seen=fresh.version,
        moderator=session.query(Moderator).order_by(Moderator.id).first() or Moderator(),
        now=now(),
        reason=Reason.INSULT if change is Change.REJECTED else None,
    )
