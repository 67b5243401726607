"""`flask demo …`: a first site, article and moderator, so that a newcomer sees everything work."""

import secrets

import click
from alembic import command
from flask.cli import AppGroup
from sqlalchemy import select

from moderation.cli.compiling import compile_apart
from moderation.flow.sites import DEMO_SITE, add_site
from moderation.flow.team.accounts import add_moderator
from moderation.flow.team.record import record
from moderation.migrations import config_for
from moderation.models import Moderator, Site
from moderation.serve import PortTaken, require_free_port, serve
from moderation.services import services
from moderation.statuses import Change, Role

demo = AppGroup("demo", help="A first site to look at.")
EMAIL = "moderator@example.com"


@demo.command("setup")
def setup() -> None:
    """Database, compiled model, demo site and a first moderator. Safe to repeat."""
    set_up()


@demo.command("run")
def run() -> None:
    """Set everything up and serve it: what `make run` calls."""
    settings = services().settings
    try:
        require_free_port(settings.HOST, settings.PORT)
        password = set_up()
        _greet(settings.public_url, password)
        serve(settings)
    except PortTaken as error:
        raise click.ClickException(str(error)) from None


def set_up() -> str | None:
    """Do what `setup` says; answers the first moderator's password where it was made now."""
    found = services()
    command.upgrade(config_for(found.database.engine), "head")
    if not compile_apart(found.settings):
        # Worth serving all the same, and worth saying.
        click.secho("The model cannot be used yet: every comment will be held.", err=True)
    _add_demo_site()
    return _add_first_moderator()


def _add_demo_site() -> None:
    found = services()
    here = found.settings.public_url
    origins = [here, here.replace("//127.0.0.1", "//localhost")]
    with found.database.transaction() as session:
        site = session.scalar(select(Site).where(Site.key == DEMO_SITE))
        if site is None:
            site = add_site(
                session, DEMO_SITE, name="The Daily Demo", origins=[], now=found.clock()
            )
        site.origins = list(dict.fromkeys([*site.origins, *origins]))


def _add_first_moderator() -> str | None:
    found = services()
    with found.database.transaction() as session:
        if session.scalar(select(Moderator.id).limit(1)) is not None:
            return None
        password = secrets.token_urlsafe(16)
        person = add_moderator(
            session,
            EMAIL,
            password,
            role=Role.OWNER,
            site=None,
            vault=found.vault,
            now=found.clock(),
        )
        record(session, Change.ACCOUNT_ADDED, about=person, by=None, now=found.clock())
        return password


def _greet(url: str, password: str | None) -> None:
    click.echo(f"\n  The demo article   {url}/demo\n  The queue          {url}/queue")
    if password is not None:
        click.echo(f"  Sign in as         {EMAIL}\n  Password           {password}")
        click.echo("                     (shown only now; a new one: flask moderator password)")
    click.echo("\n  Stop with Ctrl+C.\n")
