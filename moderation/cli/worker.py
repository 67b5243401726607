"""`flask worker …`: score in a process of its own (SCORER=worker)."""

import signal
import threading

import click
from flask.cli import AppGroup

from moderation.flow.jobs import count_waiting, live_workers
from moderation.services import services

worker = AppGroup("worker", help="Scoring outside the serving process.")


@worker.command("run")
def run() -> None:
    """Score what waits until a stop signal; the batch in hand is finished first."""
    made = services().make_worker()
    for number in (signal.SIGTERM, signal.SIGINT):
        # From a thread of its own: the handler interrupts `run`, which may hold the lock it needs.
        signal.signal(number, lambda *_: threading.Thread(target=made.stop).start())
    click.echo("Scoring. Stop with Ctrl+C.")
    made.run()


@worker.command("status")
def status() -> None:
    """Show which scorers are alive and how many comments wait."""
    with services().database.reading() as session:
        alive = live_workers(session, now=services().clock())
        waiting = count_waiting(session)
    for found in alive:
        click.echo(f"{found.id}\t{found.model_version or found.error}\tseen {found.seen_at:%T}")
    click.echo(f"{len(alive)} scorer(s) alive, {waiting} comment(s) waiting for a score.")
