"""`flask commenter ban|unban`: hold what an email, a domain or a network sends, or a word."""

import datetime as dt

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from moderation.cli.found import find_site_or_fail
from moderation.flow.bans.acts import ban, lift_target
from moderation.flow.bans.targets import WORD_PREFIX, Target, target_of
from moderation.models import Site
from moderation.privacy.addresses import range_of
from moderation.services import services
from moderation.statuses import BanKind
from moderation.text import clean_line

commenter = AppGroup("commenter", help="The people who comment.")
WHERE = (
    click.option("--site", "site_key", help="The key of a site."),
    click.option("--all-sites", is_flag=True, help="On every site, those to come included."),
)


@commenter.command("ban")
@click.argument("whom")
@WHERE[0]
@WHERE[1]
@click.option("--days", type=click.IntRange(1, 3650), help="For good by default.")
@click.option("--reason", help="For colleagues, who see it beside the ban. Name nobody.")
def ban_commenter(
    whom: str, site_key: str | None, *, all_sites: bool, days: int | None, reason: str | None
) -> None:
    """Hold every comment of WHOM. Nobody is told.

    WHOM is an email, a domain of emails (@example.com), or a network address, which stands for its
    /24 (IPv4) or /48 (IPv6); or "word:…", a word or phrase in name or text, whoever wrote it.
    """
    now = services().clock()
    with services().database.transaction() as session:
        site = _where(session, site_key, all_sites)
        target = _target(site, whom)
        until = now + dt.timedelta(days=days) if days else None
        ban(session, site, target, now=now, until=until, reason=clean_line(reason or "") or None)
    time = f"for {days} days" if days else "from now on"
    named = _named(target, whom)
    whose = f"with {named}" if target.kind is BanKind.WORD else f"of {named}"
    click.echo(f"Comments {whose} on {site_key or 'all sites'} are held {time}.")


@commenter.command("unban")
@click.argument("whom")
@WHERE[0]
@WHERE[1]
def unban_commenter(whom: str, site_key: str | None, *, all_sites: bool) -> None:
    """Lift the ban of WHOM, named as for `ban`."""
    with services().database.transaction() as session:
        site = _where(session, site_key, all_sites)
        target = _target(site, whom)
        lifted = lift_target(session, site, target, now=services().clock())
    named, where = _named(target, whom), site_key or "all sites"
    if not lifted:
        raise click.ClickException(f"{named} is not banned on {where}.")
    click.echo(f"The ban of {named} on {where} is lifted.")


def _where(session: Session, site_key: str | None, all_sites: bool) -> Site | None:
    if all_sites == (site_key is not None):
        raise click.UsageError("Say either --site KEY or --all-sites.")
    return find_site_or_fail(session, site_key) if site_key is not None else None


def _target(site: Site | None, whom: str) -> Target:
    try:
        return target_of(services().vault, site, whom)
    except ValueError as error:
        raise click.ClickException(f"Whom to ban: {error}.") from None


def _named(target: Target, whom: str) -> str:
    """Whom it hits: a single address is banned with its neighbours, and that is said."""
    if target.kind is BanKind.WORD:
        return f"“{whom.removeprefix(WORD_PREFIX)}”"
    return range_of(whom) or whom if target.kind is BanKind.ADDRESS else whom
