"""`flask model rescore`: what another model makes of the past, and its scores where wanted."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import click
from flask.cli import with_appcontext
from sqlalchemy import select

import config
from moderation.cli.found import find_site_or_fail
from moderation.cli.model.notes import Notes
from moderation.cli.model.report import describe_site, limits_of, show_report, still_public
from moderation.cli.model.sentences import in_sentences
from moderation.flow.articles import policy_of
from moderation.flow.rescore import (
    Outcome,
    Past,
    Selection,
    Terms,
    count_past,
    find_again,
    foresee,
    read_past,
    rescore,
)
from moderation.flow.scores import score_row
from moderation.models import Site
from moderation.scoring.comments import score_each
from moderation.scoring.score import ModelInfo, Score, Scorer
from moderation.scoring.serving.engine import load_scorer
from moderation.services import Services, services

STOPPED = 130  # what a shell says of Ctrl+C


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
    run = _Run(services(), scorer, selection, notes, dry_run=dry_run)
    todo = run.count(limit)
    if todo and not dry_run and not yes:
        _ask(todo, name, scorer.info)
    run.go(todo)
    run.tell()


@dataclass
class _Run:
    """One pass over the selected comments, in the order of their ids."""

    found: Services
    scorer: Scorer
    selection: Selection
    notes: Notes
    dry_run: bool
    moved: int = 0
    failed: int = 0

    def count(self, limit: int | None) -> int:
        """How many comments are left to do."""
        with self.found.database.reading() as session:
            left = count_past(session, self.selection)
        noted = len(self.notes.outcomes)
        if noted:
            click.echo(
                f"An earlier run stopped after {noted} comment(s); this one goes on. "
                f"To begin anew, delete {self.notes.unfinished}"
            )
        return left if limit is None else min(left, max(limit - noted, 0))

    def go(self, todo: int) -> None:
        """Score and settle so many comments; Ctrl+C ends it between two of them."""
        try:
            with click.progressbar(length=todo, label="Scoring") as bar:
                for batch in self._batches(todo):
                    for past, score in score_each(self.scorer, batch):
                        self._take(past, score)
                        bar.update(1)
        except KeyboardInterrupt:
            click.echo("\nStopped; nothing is half done. The same command goes on from here.")
            raise SystemExit(STOPPED) from None
        finally:
            self.notes.close()

    def tell(self) -> None:
        """Print what was found, and where all of it stands."""
        outcomes = self.notes.outcomes
        if outcomes:
            self._report(outcomes)
        if self.failed:
            click.echo(f"{self.failed} could not be scored and stay as they are; the log says why.")
        if self.moved:
            click.echo(f"{self.moved} moved while being scored and were left out.")
        if not (outcomes or self.failed or self.moved):
            click.echo("There is nothing to score: no comment, or none without such a score.")

    def _report(self, outcomes: Sequence[Outcome]) -> None:
        show_report(outcomes)
        public = still_public(outcomes)
        if public and not self.dry_run:
            click.echo(f"{len(public)} public comment(s) that the model would hold stay public.")
        click.echo(f"All of them, a line each: {self.notes.finish(self.found.clock())}")

    def _batches(self, todo: int) -> Iterator[Sequence[Past]]:
        size, selection = self.found.settings.SCORE_BATCH, self.selection
        while todo > 0:
            with self.found.database.reading() as session:
                batch = read_past(session, selection, size=min(size, todo))
            if not batch:
                return
            yield batch
            todo -= len(batch)
            selection = replace(selection, after=batch[-1].comment_id)

    def _take(self, past: Past, score: Score | None) -> None:
        if score is None:
            self.failed += 1
            return
        now, info = self.found.clock(), self.scorer.info
        row = score_row(past, score, info, now=now)
        terms = Terms(now, info.presets, self.found.repeat_window)
        database = self.found.database
        with database.reading() if self.dry_run else database.transaction() as session:
            comment = find_again(session, past, lock=not self.dry_run)
            if comment is None:
                self.moved += 1
                return
            # Noted before it is stored: what is stored is never scored again, so it would be lost.
            self.notes.add(foresee(session, past, comment, row, terms))
            if not self.dry_run:
                rescore(session, comment, row, terms)


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
