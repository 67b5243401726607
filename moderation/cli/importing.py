"""`flask moderator import`: many people at once, from a file; all of them or none."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.cli.moderator import ROLES, moderator
from moderation.flow.team.accounts import find_moderator
from moderation.flow.team.invitations import invite
from moderation.models import Site
from moderation.privacy.vault import normal_form
from moderation.services import services
from moderation.statuses import Role

COLUMNS = ["email", "role", "site"]


class Line(NamedTuple):
    """A person of the file; an empty site means all sites."""

    number: int
    email: str
    role: str
    site: str


@moderator.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what is wrong, or whom it would invite.")
def import_file(file: Path, dry_run: bool) -> None:
    """Invite everybody in FILE: CSV with the columns email, role and site (empty: all sites).

    Prints each person's link, which works once, for 7 days. Where a line is wrong, every wrong
    line is named and nobody is invited.
    """
    lines = list(_read(file))
    with services().database.transaction() as session:
        sites = {site.key: site.id for site in session.scalars(select(Site))}
        problems = list(_problems(session, lines, sites))
        if problems:
            raise click.ClickException("Nobody was invited.\n" + "\n".join(problems))
        done = [_describe(session, line, sites, dry_run) for line in lines]
    click.echo("\n".join([f"{'Would invite' if dry_run else 'Invited'} {len(done)}.", *done]))


def _read(file: Path) -> Iterator[Line]:
    try:
        text = file.read_text(encoding="utf-8-sig")  # as spreadsheets write it
    except UnicodeDecodeError:
        raise click.ClickException(f"{file} is no UTF-8 text.") from None
    reader = csv.DictReader(text.splitlines(), skipinitialspace=True)
    try:
        if sorted(reader.fieldnames or []) != sorted(COLUMNS):
            raise click.ClickException(f"The first line must name the columns {','.join(COLUMNS)}.")
        for row in reader:
            values = {name: (row.get(name) or "").strip() for name in COLUMNS}
            yield Line(reader.line_num, **values)
    except csv.Error:
        raise click.ClickException(f"Line {reader.line_num + 1} is no CSV.") from None


def _problems(session: Session, lines: list[Line], sites: dict[str, int]) -> Iterator[str]:
    """What is wrong, a sentence for each wrong line."""
    if not lines:
        yield "There is nobody in the file."
    first: dict[str, int] = {}
    for line in lines:
        where = f"Line {line.number}:"
        person = normal_form(line.email)
        try:
            validate_email(line.email, check_deliverability=False)
        except EmailNotValidError:
            yield f"{where} no email address."
        if line.role not in ROLES:
            yield f"{where} the role must be one of {', '.join(ROLES)}."
        if line.site and line.site not in sites:
            yield f"{where} there is no such site; `flask --app wsgi site list` lists them."
        if person in first:
            yield f"{where} the same person as in line {first[person]}."
        elif find_moderator(session, line.email, services().vault) is not None:
            yield f"{where} can sign in already."
        first.setdefault(person, line.number)


def _describe(session: Session, line: Line, sites: dict[str, int], dry_run: bool) -> str:
    """Invite one person; answers a line to print. Nothing is made in a dry run."""
    where = line.site or "all sites"
    if dry_run:
        return f"{line.email}\t{line.role}\t{where}"
    found = services()
    made = invite(
        session,
        line.email,
        role=Role(line.role),
        site_id=sites[line.site] if line.site else None,
        by=None,
        vault=found.vault,
        now=found.clock(),
    )
    found.mail_invitation(session, made)
    return f"{line.email}\t{line.role}\t{where}\t{found.link_to(made)}"
