"""create_app: the only file that wires everything. Creating the app starts nothing."""

import datetime as dt
import threading
from collections.abc import Callable
from functools import partial

from celery import Celery
from flask import Flask

from config import ROOT, Settings
from moderation.cli import register_commands
from moderation.db import Database
from moderation.housekeeping import Housekeeper
from moderation.letters import domain_of
from moderation.logs import configure_logs
from moderation.mail import Mailer
from moderation.outgoing.guard import Guard, read_exceptions, read_ports
from moderation.outgoing.post import Poster
from moderation.preview import Preview
from moderation.privacy.erased import ErasedList
from moderation.privacy.links import Links
from moderation.privacy.vault import Vault
from moderation.scoring.serving.engine import load_scorer
from moderation.sender import Sender
from moderation.services import Background, Services
from moderation.statuses import ScorerMode
from moderation.sweep import Sweep, now
from moderation.tasks import make_celery, make_wake
from moderation.watcher import Watcher
from moderation.web import register_web
from moderation.webhooks import WebhookSender
from moderation.worker import Worker


def create_app(settings: Settings, *, clock: Callable[[], dt.datetime] = now) -> Flask:
    """The Flask app with its services. Threads start when `moderation.serve` serves it.

    `app.extensions` holds the services as "moderation" and the Celery app as "celery".
    """
    configure_logs(settings.LOG_LEVEL)
    app = Flask(
        "moderation",
        root_path=str(ROOT),
        template_folder="templates",
        static_folder="moderation/static",
        static_url_path="/static",
    )
    # Each request may hold one; scorer, sweep, housekeeper, watcher and both senders another six.
    database = Database(settings.DATABASE_URL, connections=settings.THREADS + 6)
    sweep = make_sweep(settings, database, clock)
    make_one = partial(make_worker, settings, database, sweep, clock)
    celery = make_celery(settings.BROKER_URL, make_one)
    background, wake = _choose_background(settings, sweep, make_one, celery)
    loaded = background.loaded if isinstance(background, Worker) else lambda: None
    vault = make_vault(settings)
    housekeeper = Housekeeper(database, ErasedList(settings.ERASED_LIST, vault), clock=clock)
    mailer = make_mailer(settings)
    senders = [make_sender(settings, database, vault, mailer, clock)] if mailer else []
    watcher = Watcher(database, sends_mail=mailer is not None, clock=clock)
    guard = make_guard(settings)
    webhooks = make_webhook_sender(settings, database, vault, guard, clock)
    app.extensions["celery"] = celery
    app.extensions["moderation"] = Services(
        settings=settings,
        database=database,
        vault=vault,
        clock=clock,
        wake=wake,
        backgrounds=(background, housekeeper, watcher, webhooks, *senders),
        housekeeper=housekeeper,
        mailer=mailer,
        guard=guard,
        webhooks=webhooks,
        make_worker=make_one,
        waiters=threading.BoundedSemaphore(settings.SCORE_WAITERS),
        preview=Preview(loaded),
    )
    register_web(app, settings)
    register_commands(app)
    return app


def make_vault(settings: Settings) -> Vault:
    """The vault with all keys of the settings."""
    return Vault(
        vault_key=settings.VAULT_KEY.get_secret_value(),
        index_key=settings.INDEX_KEY.get_secret_value(),
        old_vault_keys=settings.VAULT_KEYS_OLD.get_secret_value(),
        old_index_keys=settings.INDEX_KEYS_OLD.get_secret_value(),
    )


def make_mailer(settings: Settings) -> Mailer | None:
    """The way to the SMTP server; None where there is none."""
    if not settings.SMTP_HOST:
        return None
    return Mailer(
        host=settings.SMTP_HOST,
        port=settings.SMTP_PORT,
        security=settings.SMTP_SECURITY,
        user=settings.SMTP_USER,
        password=settings.SMTP_PASSWORD.get_secret_value(),
        domain=domain_of(settings.public_url),
    )


def make_sender(
    settings: Settings,
    database: Database,
    vault: Vault,
    mailer: Mailer,
    clock: Callable[[], dt.datetime],
) -> Sender:
    """What sends the mails that wait as rows."""
    return Sender(
        database,
        vault,
        mailer,
        Links(settings.SECRET_KEY.get_secret_value()),
        sender=settings.MAIL_FROM,
        public_url=settings.public_url,
        undo_time=dt.timedelta(seconds=settings.UNDO_TIME),
        clock=clock,
    )


def make_guard(settings: Settings) -> Guard:
    """Where the addresses of webhooks may lead."""
    hosts, networks = read_exceptions(settings.WEBHOOK_ALLOW)
    return Guard(hosts=hosts, networks=networks, ports=read_ports(settings.WEBHOOK_PORTS))


def make_webhook_sender(
    settings: Settings,
    database: Database,
    vault: Vault,
    guard: Guard,
    clock: Callable[[], dt.datetime],
) -> WebhookSender:
    """What tells endpoints of owners what waits for them."""
    poster = Poster(guard=guard)
    return WebhookSender(database, vault, poster, public_url=settings.public_url, clock=clock)


def make_sweep(settings: Settings, database: Database, clock: Callable[[], dt.datetime]) -> Sweep:
    """The sweep that holds late comments."""
    return Sweep(
        database,
        deadline=dt.timedelta(seconds=settings.SCORE_DEADLINE),
        repeat_window=dt.timedelta(seconds=settings.REPEAT_WINDOW),
        clock=clock,
    )


def make_worker(
    settings: Settings, database: Database, sweep: Sweep, clock: Callable[[], dt.datetime]
) -> Worker:
    """A worker that will load the configured model when it first runs."""
    load = partial(
        load_scorer,
        settings.MODEL,
        settings.MODEL_CACHE,
        threads=settings.SCORER_THREADS or None,
    )
    return Worker(
        database,
        load,
        sweep,
        model=settings.MODEL,
        batch=settings.SCORE_BATCH,
        lease=dt.timedelta(seconds=settings.SCORE_LEASE),
        repeat_window=dt.timedelta(seconds=settings.REPEAT_WINDOW),
        clock=clock,
    )


def _choose_background(
    settings: Settings, sweep: Sweep, make_one: Callable[[], Worker], celery: Celery
) -> tuple[Background, Callable[[], None]]:
    """What runs beside the requests, and what a stored comment wakes."""
    if settings.SCORER is ScorerMode.EMBEDDED:
        worker = make_one()
        return worker, worker.wake
    if settings.BROKER_URL:
        wake = make_wake(celery)
        sweep.also(wake)
        return sweep, wake
    return sweep, lambda: None  # the worker process polls
