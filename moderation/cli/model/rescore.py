"""`flask model rescore`: what another model makes of the past, and its scores where wanted."""

import datetime as dt
import re
from dataclasses import replace

import click
from flask.cli import with_appcontext
from sqlalchemy import select

import config
from moderation.cli.found import find_site_or_fail
from moderation.cli.model.notes import Notes
from moderation.cli.model.report import describe_site, limits_of
from moderation.cli.model.rescoring import Rescoring
from moderation.cli.model.sentences import in_sentences
from moderation.flow.articles import policy_of
from moderation.flow.rescore import Selection
from moderation.models import Site
from moderation.scoring.score import ModelInfo
from moderation.scoring.serving.engine import load_scorer
from moderation.services import services


@click.command("rescore")
@click.option("--model", "name", help="A compiled model; the one in use by default.")
@click.option("--site", "key", help="Only this site; all sites by default.")
@click.option("--since", help="A date (2026-05-04), or so many days (7d); all by default.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many, oldest first.")
@click.option("--dry-run", is_flag=True, help="Show what would flip; change no comment.")
@click.option("--yes", is_flag=True, help="Do not ask before anything is changed.")
@with_appcontext
def rescore_command(
    name: str | None,
    key: str | None,
    since: str | None,
    limit: int | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Score the past with a model, and compare it with what was decided.

    Without --dry-run the scores are stored, and what the machine holds is decided again. What is
    public stays public, and what a person decided stays so. Interrupted, it goes on where it
    stopped when it is run again.
    """
    settings = services().settings
    name = name or settings.MODEL
    with in_sentences():
        scorer = load_scorer(name, settings.MODEL_CACHE, threads=settings.SCORER_THREADS or None)
    selection = Selection(
        since=_moment(since) if since else None,
        site_id=_show_rules(key, scorer.info, dry_run=dry_run),
        not_by=None if dry_run else scorer.info,
    )
    notes = Notes(config.INSTANCE / "rescore", _name(scorer.info, key, since, dry_run=dry_run))
    if dry_run:
        selection = replace(selection, after=notes.last_id)
    run = Rescoring(services(), scorer, selection, notes, dry_run=dry_run)
    todo = run.count(limit)
    if todo and not dry_run and not yes:
        _ask(todo, name, scorer.info)
    if todo:
        run.go(todo)
    run.tell()


def _show_rules(key: str | None, info: ModelInfo, *, dry_run: bool) -> int | None:
    """Say what is in force on the sites in question; answers the id of the one that was named."""
    with services().database.reading() as session:
        if key:
            sites = [find_site_or_fail(session, key)]
        else:
            sites = list(session.scalars(select(Site).order_by(Site.key)))
    click.echo(f"Model {info.name}: {info.version}, normaliser {info.normaliser}")
    for site in sites:
        click.echo(describe_site(site.key, policy_of(site), info))
    bare = [site.key for site in sites if not limits_of(policy_of(site), info)]
    if bare and not dry_run:
        raise click.ClickException(
            f"No thresholds for this model on {', '.join(bare)}: nothing is stored. Set some "
            f"(flask --app wsgi site policy {bare[0]} --threshold {info.attributes[0]} 0.8), "
            "or name another site with --site."
        )
    return sites[0].id if key else None


def _ask(todo: int, name: str, info: ModelInfo) -> None:
    in_use = services().settings.MODEL
    if name != in_use:
        click.echo(f"The server scores with {in_use}; new comments will go on getting its scores.")
    click.confirm(
        f"Store scores of {info.name} for {todo} comment(s) in place of what they have, and "
        "decide again what the machine holds?",
        abort=True,
    )


def _moment(since: str) -> dt.datetime:
    try:
        if days := re.fullmatch(r"(\d+)d", since):
            return services().clock() - dt.timedelta(days=int(days[1]))
        moment = dt.datetime.fromisoformat(since)
    except (ValueError, OverflowError):
        raise click.BadParameter(
            "a date such as 2026-05-04, or a number of days such as 7d", param_hint="--since"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _name(info: ModelInfo, key: str | None, since: str | None, *, dry_run: bool) -> str:
    """One for each model, version, selection and kind of run: what may go on from what."""
    words = [info.name, info.version, f"n{info.normaliser}", key or "all", since or "ever"]
    name = "-".join([*words, "dry" if dry_run else "stored"])
    return re.sub(r"[^a-z0-9]+", "-", name.lower())
