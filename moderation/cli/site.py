"""`flask site …`: the websites that embed comments."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.cli.found import find_site_or_fail
from moderation.errors import ForeignArticle
from moderation.flow.articles import origin_of, policy_of
from moderation.flow.sites import (
    add_site,
    change_policy,
    snippet_of,
    warn_of_languages,
    warn_of_nudges,
)
from moderation.models import Site
from moderation.policy.limits import DEFAULTS, NUMBERS, PRESETS, WrongRule
from moderation.policy.theme import CHOICES, COLOURS, KEYS
from moderation.services import services
from moderation.statuses import ATTRIBUTES, Publishing

site = AppGroup("site", help="The websites that embed comments.")
PUBLISHING = [word.value for word in Publishing]  # click offers an enum's names, not its values
THEME_HELP = f"{', '.join(COLOURS)} (#0b57b0), radius (pixels), {', '.join(CHOICES)}."


def _number(name: str, says: str) -> Callable[[Any], Any]:
    """An option that takes a number within the rule's limits."""
    kind = click.IntRange(*NUMBERS[name])
    return click.option(f"--{name.replace('_', '-')}", name, type=kind, help=says)


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
                _change(session, added, {"language": language})
            key = added.key
            warnings = _warnings(added)
    except ForeignArticle as error:
        raise click.ClickException(f"An origin looks like https://example.com: {error}") from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Added. Put this into the article template of {', '.join(origins)}:\n")
    _echo_snippet(key)
    _echo_warnings(warnings)


@site.command("list")
def list_sites() -> None:
    """List all sites with their origins and who publishes."""
    with services().database.reading() as session:
        for found in session.scalars(select(Site).order_by(Site.key)):
            publishing = policy_of(found).publishing
            click.echo(f"{found.key}\t{found.name}\t{publishing}\t{' '.join(found.origins)}")


@site.command("snippet")
@click.argument("key")
def snippet(key: str) -> None:
    """Print the snippet of a site again."""
    with services().database.reading() as session:
        find_site_or_fail(session, key)
    _echo_snippet(key)


@site.command("policy")
@click.argument("key")
@click.option("--publishing", type=click.Choice(PUBLISHING), help="Who publishes.")
@click.option("--preset", type=click.Choice(PRESETS), help="How much the model holds.")
@click.option(
    "--threshold",
    "thresholds",
    type=(click.Choice(ATTRIBUTES), float),
    multiple=True,
    help="An attribute and the number from which it is held, instead of the preset's.",
)
@_number("links_max", "Links allowed in a comment.")
@click.option("--ban-word", "banned_words", multiple=True, help="Hold what holds this word.")
@click.option("--suspect-word", "suspect_words", multiple=True, help="Likewise.")
@click.option("--email/--no-email", "email_required", default=None, help="Is an email required?")
@_number("closes_after_days", "Close articles after N days.")
@click.option("--reject-banned/--hold-banned", "reject_banned_words", default=None)
@click.option("--language", help="The site's own language, such as en or de.")
@_number("reply_depth", "Levels of replies.")
@click.option(
    "--tracking-parameter",
    "tracking_parameters",
    multiple=True,
    help="A parameter of addresses that does not make another article.",
)
@click.option("--newest-first/--oldest-first", default=None, help="How readers meet a thread.")
@click.option("--avatars/--no-avatars", default=None, help="A picture beside each name?")
@_number("body_max", "Characters of a comment. 0: as many as BODY_MAX says.")
@click.option("--reserved-name", "reserved_names", multiple=True, help="Hold who signs with it.")
@_number("edit_minutes", "Minutes to change one's own comment in. 0: never.")
@click.option("--nudge/--no-nudge", default=None, help="Ask once before what scores high?")
@_number("report_holds", "So many reports take a comment back to the queue. 0: never.")
@click.option(
    "--theme", type=(click.Choice(KEYS), str), multiple=True, help=f"How it looks: {THEME_HELP}"
)
@_number(
    "surge_comments",
    "So many comments under one article within minutes: a person approves all. 0: never.",
)
@_number("surge_holds", "Likewise, of held comments.")
@_number("surge_minutes", "Within so many minutes.")
@_number("surge_hours", "For so many hours.")
@_number("hidden_score_share", "Percent of held comments judged without the score.")
@_number("audit_share", "Percent of what the machine approved to check.")
@click.option("--confirm-addresses/--trust-addresses", default=None, help="Mail new commenters.")
@_number("keep_email_days", "Keep emails so long after their last comment.")
@_number("keep_identity_days", "Likewise, for knowing a commenter again.")
@_number("keep_rejected_days", "Keep rejected texts so long.")
@_number("keep_address_days", "Keep address ranges.")
@_number("keep_undo_days", "Keep what was masked, and removed notes.")
@_number("erasure_days", "To think an erasure over.")
@click.option("--contact", help="Who answers for the site: shown in its privacy notice.")
@click.option(
    "--reset", multiple=True, type=click.Choice(sorted(DEFAULTS)), help="As it is for new sites."
)
def policy(key: str, reset: Sequence[str], **changes: Any) -> None:
    """Change the rules of a site; without options show them. A list given replaces the old one."""
    for name in ("thresholds", "theme"):
        changes[name] = dict(changes[name])
    given = {name: value for name, value in changes.items() if value not in (None, (), {})}
    wanted = {**{name: DEFAULTS[name] for name in reset}, **given}
    with services().database.transaction() as session:
        found = find_site_or_fail(session, key)
        if wanted:
            _change(session, found, wanted)
        shown = dataclasses.asdict(policy_of(found))
        warnings = _warnings(found)
    for name, value in sorted(shown.items()):
        click.echo(f"{name}: {value}")
    _echo_warnings(warnings)


def _change(session: Session, found: Site, wanted: dict[str, Any]) -> None:
    """Change the rules, or end the command with a sentence."""
    try:
        change_policy(session, found, wanted, now=services().clock())
    except WrongRule as error:
        raise click.BadParameter(str(error), param_hint=error.name) from None


def _echo_snippet(key: str) -> None:
    click.echo(snippet_of(key, services().settings.public_url))
    click.echo("\nIn the last line, put the article's own address, percent-encoded.", err=True)


def _warnings(found: Site) -> list[str]:
    settings = services().settings
    return [
        *warn_of_languages([found], settings.MODEL, settings.MODEL_CACHE),
        *warn_of_nudges([found], settings.SCORER),
    ]


def _echo_warnings(warnings: list[str]) -> None:
    for warning in warnings:
        click.echo(f"Warning: {warning}.", err=True)
