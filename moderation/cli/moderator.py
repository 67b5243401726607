"""`flask moderator …`: who may sign in."""

import sys

import click
from email_validator import EmailNotValidError, validate_email
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.cli.found import find_site_or_fail
from moderation.errors import AlreadyThere, LastOwner, WeakPassword
from moderation.flow.team.accounts import add_moderator, email_of, find_moderator, known_about
from moderation.flow.team.invitations import invite, withdraw_password_links
from moderation.flow.team.managing import (
    reset_second_factor,
    sign_out_everywhere,
    switch_off,
    switch_on,
)
from moderation.flow.team.passwords import hash_password, new_password
from moderation.flow.team.reach import lock_team
from moderation.flow.team.record import record
from moderation.flow.team.sessions import end_all_sessions
from moderation.models import Moderator
from moderation.privacy.vault import mask
from moderation.services import services
from moderation.statuses import Change, Role

moderator = AppGroup("moderator", help="The people who sign in.")
ROLES = [role.value for role in Role]  # click offers an enum's names, not its values
role_option = click.option(
    "--role", type=click.Choice(ROLES), default=Role.MODERATOR.value, show_default=True
)
site_option = click.option("--site", "site_key", help="Only this site; all sites by default.")
stdin_option = click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from standard input; it need not be changed at the first sign-in.",
)


def check_email(email: str) -> None:
    """End the command where this is no address."""
    try:
        validate_email(email, check_deliverability=False)
    except EmailNotValidError as error:
        raise click.ClickException(str(error)) from None


@moderator.command("add")
@click.argument("email")
@role_option
@site_option
@stdin_option
def add(email: str, role: str, site_key: str | None, password_stdin: bool) -> None:
    """Add a person; prints a generated password unless one is given.

    A generated one has to be changed at the first sign-in. `invite` needs no password at all.
    """
    check_email(email)
    password = _read_password(password_stdin)
    found = services()
    with found.database.transaction() as session:
        if find_moderator(session, email, found.vault):
            raise click.ClickException(f"{email} can sign in already.")
        site = find_site_or_fail(session, site_key) if site_key else None
        try:
            person = add_moderator(
                session,
                email,
                password,
                role=Role(role),
                site=site,
                vault=found.vault,
                now=found.clock(),
                must_change=not password_stdin,
            )
        except WeakPassword as error:
            raise click.ClickException(str(error)) from None
        now = found.clock()
        record(session, Change.ACCOUNT_ADDED, about=person, by=None, now=now, role=role)
    _say(email, password, password_stdin, f"Added {role}")


@moderator.command("password")
@click.argument("email")
@stdin_option
def password(email: str, password_stdin: bool) -> None:
    """Set a new password and sign the person out everywhere."""
    new = _read_password(password_stdin)
    with services().database.transaction() as session:
        person = _find_or_fail(session, email)
        try:
            person.password_hash = hash_password(
                new, about=known_about(email, person.site, person.name)
            )
        except WeakPassword as error:
            raise click.ClickException(str(error)) from None
        person.must_change_password = not password_stdin
        now = services().clock()
        end_all_sessions(session, person)
        withdraw_password_links(session, person, by=None, now=now)
        record(session, Change.PASSWORD_CHANGED, about=person, by=None, now=now)
    _say(email, new, password_stdin, "New password for")


@moderator.command("invite")
@click.argument("email")
@role_option
@site_option
def invite_somebody(email: str, role: str, site_key: str | None) -> None:
    """Print a link by which a person joins; it works once, for 7 days.

    Where mail is set up it is mailed to them as well.
    """
    check_email(email)
    found = services()
    with found.database.transaction() as session:
        site = find_site_or_fail(session, site_key) if site_key else None
        try:
            made = invite(
                session,
                email,
                role=Role(role),
                site_id=site.id if site else None,
                by=None,
                vault=found.vault,
                now=found.clock(),
            )
        except AlreadyThere:
            raise click.ClickException(f"{email} can sign in already.") from None
        found.mail_invitation(session, made)
    click.echo(f"Invited {email} as {role}. The link (shown only now): {found.link_to(made)}")


@moderator.command("reset-2fa")
@click.argument("email")
def reset_2fa(email: str) -> None:
    """Take a lost second factor away, and sign the person out everywhere."""
    with services().database.transaction() as session:
        person = _find_or_fail(session, email)
        done = reset_second_factor(session, person, by=None, now=services().clock())
    click.echo(f"{email} signs in with the password alone." if done else "There was none.")


@moderator.command("off")
@click.argument("email")
def off(email: str) -> None:
    """Let a person in no more, and end their sessions at once."""
    with services().database.transaction() as session:
        lock_team(session)
        person = _find_or_fail(session, email)
        try:
            done = switch_off(session, person, by=None, now=services().clock())
        except LastOwner:
            raise click.ClickException(
                f"{email} is the last active owner of all sites. Make another one first "
                "(`flask --app wsgi moderator add EMAIL --role owner`)."
            ) from None
    click.echo(f"{email} is off." if done else f"{email} was off already.")


@moderator.command("on")
@click.argument("email")
def on(email: str) -> None:
    """Let a person in again."""
    with services().database.transaction() as session:
        person = _find_or_fail(session, email)
        done = switch_on(session, person, by=None, now=services().clock())
    click.echo(f"{email} is on." if done else f"{email} was on already.")


@moderator.command("sign-out")
@click.argument("email", required=False)
@click.option("--all", "everybody", is_flag=True, help="Everybody.")
def sign_out(email: str | None, everybody: bool) -> None:
    """End all sessions of a person, or of everybody."""
    if everybody == bool(email):
        raise click.UsageError("Name either an EMAIL or --all.")
    with services().database.transaction() as session:
        people = [_find_or_fail(session, email)] if email else session.scalars(select(Moderator))
        now = services().clock()
        count = sum(sign_out_everywhere(session, each, by=None, now=now) for each in people)
    click.echo(f"Ended {count} session{'' if count == 1 else 's'}.")


@moderator.command("list")
def list_moderators() -> None:
    """List who may sign in; emails are masked."""
    with services().database.reading() as session:
        for found in session.scalars(select(Moderator).order_by(Moderator.id)):
            where = found.site.key if found.site else "all sites"
            more = [
                *(["second factor"] if found.has_second_factor else []),
                *([] if found.is_active else ["off"]),
            ]
            click.echo("\t".join([found.name, _masked(found), found.role, where, *more]))


def _read_password(from_stdin: bool) -> str:
    return sys.stdin.readline().rstrip("\r\n") if from_stdin else new_password()


def _say(email: str, password: str, from_stdin: bool, did: str) -> None:
    shown = "" if from_stdin else f"\nPassword (shown only now): {password}"
    click.echo(f"{did} {email}.{shown}")


def _find_or_fail(session: Session, email: str) -> Moderator:
    found = find_moderator(session, email, services().vault)
    if found is None:
        raise click.ClickException(f"Nobody signs in as {email}.")
    return found


def _masked(found: Moderator) -> str:
    email = email_of(found, services().vault)
    return mask(email) if email else "(not readable with this VAULT_KEY)"
