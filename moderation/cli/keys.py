"""`flask keys …`: fresh keys, and moving what is stored to them while the site serves."""

import time
from collections.abc import Callable

import click
from flask.cli import AppGroup

from moderation.flow.keys import (
    Left,
    Turned,
    count_left,
    rotate_addresses,
    rotate_commenters,
    rotate_moderators,
    rotate_webhooks,
)
from moderation.services import services
from moderation.setup import new_key

BATCH = 500

keys = AppGroup("keys", help="The keys that stored data is encrypted and found with.")


@keys.command("new")
def new() -> None:
    """Print a fresh key for VAULT_KEY or INDEX_KEY."""
    click.echo(new_key())


@keys.command("rotate")
@click.option("--dry-run", is_flag=True, help="Only say how much there is to do.")
def rotate(*, dry_run: bool) -> None:
    """Encrypt and hash what is stored again with VAULT_KEY and INDEX_KEY.

    Before: put the keys in force so far into VAULT_KEYS_OLD and INDEX_KEYS_OLD, fresh ones
    (`keys new`) into VAULT_KEY and INDEX_KEY, and start every server and worker again. Readers
    may go on commenting meanwhile, and a stopped run goes on where it was.
    """
    left = _left()
    click.echo(
        f"To do: {left.commenters} commenters, {left.moderators} moderators, "
        f"{left.addresses} address ranges, {left.webhooks} webhooks."
    )
    if not dry_run:
        unreadable = _all(rotate_commenters, left.commenters, "Commenters")
        unreadable += _all(rotate_moderators, left.moderators, "Moderators")
        unreadable += _all(rotate_addresses, left.addresses, "Address ranges")
        unreadable += _all(rotate_webhooks, left.webhooks, "Webhooks")
        _tell(_left(), unreadable)


def _left() -> Left:
    with services().database.reading() as session:
        return count_left(session, services().vault)


def _all(turn: Callable[..., Turned], todo: int, what: str) -> int:
    """Turn batch after batch, each in a transaction of its own; answers how many no key opened."""
    unreadable, after = 0, 0
    with click.progressbar(length=todo, label=what) as bar:
        while True:
            began = time.monotonic()
            with services().database.transaction() as session:
                done = turn(session, services().vault, after=after, limit=BATCH)
            bar.update(done.rows)
            unreadable += done.unreadable
            if done.last is None:
                return unreadable
            after = done.last
            # As long as the batch took: SQLite has one writer at a time, and readers comment.
            time.sleep(time.monotonic() - began)


def _tell(left: Left, unreadable: int) -> None:
    if unreadable:
        raise click.ClickException(
            f"No key here opens {unreadable} emails, address ranges and webhooks; they stay as "
            "they are. Put the key they were encrypted with into VAULT_KEYS_OLD and run this again."
        )
    late = left.commenters + left.moderators + left.addresses + left.webhooks
    if late:
        raise click.ClickException(
            f"{late} emails, address ranges and webhooks came under older keys meanwhile: some "
            "server or worker does not know the newest. Start it again, then run this again."
        )
    click.echo("Every email, address range and webhook is under the newest keys.")
    click.echo("VAULT_KEYS_OLD can be emptied.")
    if left.hashes:
        click.echo(
            f"{left.hashes} bans and purged commenters are known by an older hash only: keep "
            "INDEX_KEYS_OLD until they are met again or expire."
        )
    else:
        click.echo("INDEX_KEYS_OLD can be emptied, too.")
