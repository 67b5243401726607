"""`flask moderator …`: who may sign in."""

import secrets
import sys

import click
from email_validator import EmailNotValidError, validate_email
from flask.cli import AppGroup
from sqlalchemy import select

from moderation.cli.found import find_site_or_fail
from moderation.errors import UndecryptableEmail
from moderation.flow.moderators import (
    add_moderator,
    end_all_sessions,
    find_moderator,
    hash_password,
)
from moderation.models import Moderator
from moderation.privacy.vault import mask
from moderation.services import services
from moderation.statuses import Role

moderator = AppGroup("moderator", help="The people who sign in.")
ROLES = [role.value for role in Role]  # click offers an enum's names, not its values


def _read_password(from_stdin: bool) -> str:
    if not from_stdin:
        return secrets.token_urlsafe(12)
    return sys.stdin.readline().rstrip("\r\n")


def _say(email: str, password: str, from_stdin: bool, did: str) -> None:
    shown = "" if from_stdin else f"\nPassword (shown only now): {password}"
    click.echo(f"{did} {email}.{shown}")


@moderator.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), default=Role.MODERATOR.value, show_default=True)
@click.option("--site", "site_key", help="Only this site; all sites by default.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(email: str, role: str, site_key: str | None, password_stdin: bool) -> None:
    """Add a person; prints a generated password unless one is given."""
    try:
        validate_email(email, check_deliverability=False)
    except EmailNotValidError as error:
        raise click.ClickException(str(error)) from None
    password = _read_password(password_stdin)
    found = services()
    with found.database.transaction() as session:
        if find_moderator(session, email, found.vault):
            raise click.ClickException(f"{email} can sign in already.")
        site = find_site_or_fail(session, site_key) if site_key else None
        try:
            add_moderator(
                session,
                email,
                password,
                role=Role(role),
                site=site,
                vault=found.vault,
                now=found.clock(),
            )
        except ValueError as error:
            raise click.ClickException(str(error)) from None
    _say(email, password, password_stdin, f"Added {role}")


@moderator.command("password")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def password(email: str, password_stdin: bool) -> None:
    """Set a new password and sign the person out everywhere."""
    new = _read_password(password_stdin)
    with services().database.transaction() as session:
        found = find_moderator(session, email, services().vault)
        if found is None:
            raise click.ClickException(f"Nobody signs in as {email}.")
        try:
            found.password_hash = hash_password(new)
        except ValueError as error:
            raise click.ClickException(str(error)) from None
        end_all_sessions(session, found)
    _say(email, new, password_stdin, "New password for")


@moderator.command("list")
def list_moderators() -> None:
    """List who may sign in; emails are masked."""
    with services().database.reading() as session:
        for found in session.scalars(select(Moderator).order_by(Moderator.id)):
            where = found.site.key if found.site else "all sites"
            click.echo(f"{found.name}\t{_masked(found)}\t{found.role}\t{where}")


def _masked(found: Moderator) -> str:
    try:
        email = services().vault.decrypt(found.email_ciphertext or b"", row=f"moderator:{found.id}")
    except UndecryptableEmail:
        return "(not readable with this VAULT_KEY)"
    return mask(email)
