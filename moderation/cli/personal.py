"""`flask commenter export|erase`: a person's data, for owners whom they write to."""

import datetime as dt
import json
from pathlib import Path

import click
from sqlalchemy.orm import Session

from moderation.cli.commenter import commenter
from moderation.cli.found import find_site_or_fail
from moderation.flow.articles import policy_of
from moderation.flow.commenters import find_commenter
from moderation.flow.personal.erasure import ask_for_erasure
from moderation.flow.personal.export import export_commenter
from moderation.models import Commenter, Site
from moderation.services import services
from moderation.statuses import Actor, ErasureScope

SCOPES = [scope.value for scope in ErasureScope]  # click offers an enum's names, not its values


@commenter.command("export")
@click.argument("email")
@click.option("--site", "site_key", required=True)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Else it is shown.")
def export(email: str, site_key: str, output: Path | None) -> None:
    """Write all that is stored of a person on a site as JSON."""
    with services().database.transaction() as session:
        found = _find(session, email, site_key)
        data = export_commenter(
            session, found, vault=services().vault, actor=Actor.MODERATOR, now=services().clock()
        )
    text = json.dumps(data, ensure_ascii=False, indent=2)
    if output is None:
        click.echo(text)
        return
    output.touch(mode=0o600)
    output.write_text(text + "\n", encoding="utf-8")
    click.echo(f"Wrote {len(data['comments'])} comments to {output}.")


@commenter.command("erase")
@click.argument("email")
@click.option("--site", "site_key", required=True)
@click.option("--scope", type=click.Choice(SCOPES), default="everything", show_default=True)
@click.option("--now", "at_once", is_flag=True, help="Without the days to think it over.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(email: str, site_key: str, scope: str, *, at_once: bool, yes: bool) -> None:
    """Erase a person's names and texts on a site ("texts"), or the email as well ("everything").

    Replies of others keep their place. What a legal hold keeps goes from sight only.
    """
    if not yes:
        click.confirm(f"Erase {scope} of {email} on {site_key}?", abort=True)
    with services().database.transaction() as session:
        found = _find(session, email, site_key)
        days = policy_of(session.get_one(Site, found.site_id)).erasure_days
        wish = ask_for_erasure(
            session,
            found,
            ErasureScope(scope),
            asked_by=Actor.MODERATOR,
            now=services().clock(),
            delay=dt.timedelta(days=0 if at_once else days),
        )
        wish_id, when = wish.id, wish.run_after
    if not at_once:
        click.echo(f"It is erased after {when:%d %B %Y, %H:%M} UTC; --now does not wait.")
        return
    count = services().housekeeper.erase(wish_id)
    click.echo(f"Erased {count} comments.")


def _find(session: Session, email: str, site_key: str) -> Commenter:
    site = find_site_or_fail(session, site_key)
    found = find_commenter(session, site, email, vault=services().vault)
    if found is None:
        raise click.ClickException(f"Nobody commented on {site_key} with this address.")
    return found
