"""`flask privacy …`: what has had its time, and what a restored backup brought back."""

import click
from flask.cli import AppGroup
from sqlalchemy import select

from moderation.cli.found import find_site_or_fail
from moderation.flow.personal.retention import PURGES, Purge, count_due
from moderation.models import Site
from moderation.services import services

privacy = AppGroup("privacy", help="How long personal data stays.")


@privacy.command("purge")
@click.option("--site", "site_key", help="Only this site; all by default.")
@click.option("--dry-run", is_flag=True, help="Only say how much is over.")
def purge(*, site_key: str | None, dry_run: bool) -> None:
    """Take out what is older than the policy of its site says.

    The server does the same every hour. `site policy KEY --keep-…` changes the times.
    """
    for site in _sites(site_key):
        for kind in PURGES:
            _purge(site, kind, dry_run=dry_run)


@privacy.command("erase-again")
def erase_again() -> None:
    """After restoring a backup: erase once more what was erased since it was made.

    The list of what was erased lies outside of the database (ERASED_LIST) and must not be restored
    with it. The server does the same when it starts.
    """
    count = services().housekeeper.erase_again()
    click.echo(f"{count} comments and commenters were erased again.")


def _sites(key: str | None) -> list[Site]:
    with services().database.reading() as session:
        if key is not None:
            return [find_site_or_fail(session, key)]
        return list(session.scalars(select(Site).order_by(Site.key)))


def _purge(site: Site, kind: Purge, *, dry_run: bool) -> None:
    with services().database.reading() as session:
        count = count_due(session, site, kind, now=services().clock())
    if dry_run or not count:
        click.echo(f"{site.key}\t{kind.name}\t{count}")
        return
    with click.progressbar(length=count, label=f"{site.key} {kind.name}") as bar:
        done = services().housekeeper.purge(site.id, kind, tell=bar.update)
    click.echo(f"{site.key}\t{kind.name}\t{done} taken out")
