"""`flask commenter …`: ban a commenter by email, and lift the ban."""

import click
from flask.cli import AppGroup

from moderation.cli.found import find_site_or_fail
from moderation.flow.bans import ban, lift
from moderation.flow.commenters import hashes_for
from moderation.services import services

commenter = AppGroup("commenter", help="The people who comment.")


@commenter.command("ban")
@click.argument("email")
@click.option("--site", "site_key", required=True)
def ban_commenter(email: str, site_key: str) -> None:
    """Hold every comment of this address on a site. Nobody is told."""
    with services().database.transaction() as session:
        site = find_site_or_fail(session, site_key)
        ban(session, site, hashes_for(services().vault, site, email), now=services().clock())
    click.echo(f"Comments of {email} on {site_key} are held from now on.")


@commenter.command("unban")
@click.argument("email")
@click.option("--site", "site_key", required=True)
def unban_commenter(email: str, site_key: str) -> None:
    """Lift the ban of this address on a site."""
    with services().database.transaction() as session:
        site = find_site_or_fail(session, site_key)
        lifted = lift(
            session, site, hashes_for(services().vault, site, email), now=services().clock()
        )
    if not lifted:
        raise click.ClickException(f"{email} is not banned on {site_key}.")
    click.echo(f"The ban of {email} on {site_key} is lifted.")
