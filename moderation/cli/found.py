"""Look-ups that end a command with a sentence."""

import click
from sqlalchemy.orm import Session

from moderation.errors import UnknownSite
from moderation.flow.articles import find_site
from moderation.models import Site


def find_site_or_fail(session: Session, key: str) -> Site:
    """The site with this key; ends the command when there is none."""
    try:
        return find_site(session, key)
    except UnknownSite:
        raise click.ClickException(
            f"There is no site {key!r}; `flask --app wsgi site list` lists them."
        ) from None
