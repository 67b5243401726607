"""One pass of `model rescore`: scores without a transaction, settles each comment in its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import click

from moderation.cli.model.notes import Notes
from moderation.cli.model.report import show_report, still_public
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
from moderation.scoring.comments import score_each
from moderation.scoring.score import Score, Scorer
from moderation.services import Services

STOPPED = 130  # what a shell says of Ctrl+C


@dataclass
class Rescoring:
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
            address = f"{self.found.settings.public_url}/queue/ID"
            click.echo(
                f"{len(public)} public comment(s) that the model would hold stay public. "
                f"A moderator may look at each: {address}"
            )
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
        terms = Terms(now, info.presets, score.readings, self.found.repeat_window)
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
