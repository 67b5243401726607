"""`flask site …`: the websites that embed comments."""

import dataclasses
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select

from moderation.cli.found import find_site_or_fail
from moderation.errors import ForeignArticle
from moderation.flow.articles import origin_of
from moderation.flow.sites import add_site, change_policy, warn_of_languages
from moderation.models import Site
from moderation.policy.context import Policy
from moderation.services import services
from moderation.statuses import ATTRIBUTES, Publishing

site = AppGroup("site", help="The websites that embed comments.")
PUBLISHING = [word.value for word in Publishing]  # click offers an enum's names, not its values
DAYS = click.IntRange(1, 36_500)
PRESETS = ("relaxed", "balanced", "strict")
SNIPPET = '<div id="comments"></div><script async src="{url}/embed.js" data-site="{key}"></script>'


@site.command("add")
@click.argument("key")
@click.option("--name", help="What moderators read; the key by default.")
@click.option("--origin", "origins", multiple=True, required=True, help="https://example.com")
@click.option("--language", help="The site's own language, such as en or de; en by default.")
def add(key: str, name: str | None, origins: tuple[str, ...], language: str | None) -> None:
    """Add a site and print its snippet. KEY is public: letters, digits, hyphens."""
    try:
        with services().database.transaction() as session:
            added = add_site(
                session,
                key,
                name=name or key,
                origins=[origin_of(origin) for origin in origins],
                now=services().clock(),
            )
            if language:
                change_policy(session, added, {"language": language}, now=services().clock())
            key = added.key
            warnings = _warnings(added)
    except ForeignArticle as error:
        raise click.ClickException(f"An origin looks like https://example.com: {error}") from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Added. Put this into the article template of {', '.join(origins)}:\n")
    click.echo(SNIPPET.format(url=services().settings.public_url, key=key))
    _echo_warnings(warnings)


@site.command("list")
def list_sites() -> None:
    """List all sites with their origins and who publishes."""
    with services().database.reading() as session:
        for found in session.scalars(select(Site).order_by(Site.key)):
            publishing = found.policy.get("publishing", Publishing.MACHINE)
            click.echo(f"{found.key}\t{found.name}\t{publishing}\t{' '.join(found.origins)}")


@site.command("snippet")
@click.argument("key")
def snippet(key: str) -> None:
    """Print the snippet of a site again."""
    with services().database.reading() as session:
        find_site_or_fail(session, key)
    click.echo(SNIPPET.format(url=services().settings.public_url, key=key))


@site.command("policy")
@click.argument("key")
@click.option("--publishing", type=click.Choice(PUBLISHING), help="Who publishes.")
@click.option("--preset", type=click.Choice(PRESETS), help="How much the model holds.")
@click.option(
    "--threshold",
    "thresholds",
    type=(click.Choice(ATTRIBUTES), click.FloatRange(0, 1)),
    multiple=True,
    help="An attribute and the number from which it is held, instead of the preset's.",
)
@click.option("--links-max", type=click.IntRange(0, 100), help="Links allowed in a comment.")
@click.option("--ban-word", "banned_words", multiple=True, help="Hold what holds this word.")
@click.option("--suspect-word", "suspect_words", multiple=True, help="Likewise.")
@click.option("--email/--no-email", "email_required", default=None, help="Is an email required?")
@click.option(
    "--closes-after-days", type=click.IntRange(1, 36_500), help="Close articles after N days."
)
@click.option("--reject-banned/--hold-banned", "reject_banned_words", default=None)
@click.option("--language", help="The site's own language, such as en or de.")
@click.option("--reply-depth", type=click.IntRange(0, 20), help="Levels of replies.")
@click.option(
    "--tracking-parameter",
    "tracking_parameters",
    multiple=True,
    help="A parameter of addresses that does not make another article.",
)
@click.option("--confirm-addresses/--trust-addresses", default=None, help="Mail new commenters.")
@click.option("--keep-email-days", type=DAYS, help="Keep emails so long after their last comment.")
@click.option("--keep-identity-days", type=DAYS, help="Likewise, for knowing a commenter again.")
@click.option("--keep-rejected-days", type=DAYS, help="Keep rejected texts so long.")
@click.option("--keep-address-days", type=click.IntRange(0, 30), help="Keep address ranges.")
@click.option("--erasure-days", type=click.IntRange(0, 30), help="To think an erasure over.")
@click.option("--contact", help="Who answers for the site: shown in its privacy notice.")
def policy(key: str, **changes: Any) -> None:
    """Change the rules of a site; without options show them. A list given replaces the old one."""
    if changes["thresholds"]:
        changes["thresholds"] = dict(changes["thresholds"])
    wanted = {name: value for name, value in changes.items() if value not in (None, ())}
    with services().database.transaction() as session:
        found = find_site_or_fail(session, key)
        if wanted:
            change_policy(session, found, wanted, now=services().clock())
        shown = {**dataclasses.asdict(Policy()), **found.policy}
        warnings = _warnings(found)
    for name, value in sorted(shown.items()):
        click.echo(f"{name}: {value}")
    _echo_warnings(warnings)


def _warnings(found: Site) -> list[str]:
    settings = services().settings
    return warn_of_languages([found], settings.MODEL, settings.MODEL_CACHE)


def _echo_warnings(warnings: list[str]) -> None:
    for warning in warnings:
        click.echo(f"Warning: {warning}.", err=True)
