"""`flask model use`: which model scores."""

import os
from collections.abc import Iterator
from pathlib import Path

import click
from dotenv import set_key
from flask.cli import with_appcontext
from sqlalchemy import select

import config
from moderation.cli.model.check import TEXT, show_score
from moderation.cli.model.sentences import compile_or_fail, in_sentences
from moderation.flow.articles import policy_of
from moderation.flow.sites import warn_of_languages
from moderation.models import Site
from moderation.policy.thresholds import thresholds_in_force
from moderation.scoring.checkpoints.catalog import known_models
from moderation.scoring.score import ModelInfo
from moderation.scoring.serving.engine import load_scorer
from moderation.services import services


@click.command("use")
@click.argument("name")
@with_appcontext
def use(name: str) -> None:
    """Score with this model from the next start on: a name from `model list`, or a folder."""
    settings, file = services().settings, config.INSTANCE / "settings.env"
    _require_a_say(file)
    if name not in known_models(settings.MODEL_CACHE):
        name = str(Path(name).resolve())
    compile_or_fail(settings, name)
    with in_sentences():
        scorer = load_scorer(name, settings.MODEL_CACHE)
        show_score(scorer, TEXT)
        set_key(file, "MODEL", name, quote_mode="auto", follow_symlinks=True)
    for warning in [*_warnings(scorer.info), *_language_warnings(settings, name)]:
        click.secho(warning, fg="yellow")
    click.echo(f"MODEL={name} stands in {file}. Restart the server and the workers.")


def _require_a_say(file: Path) -> None:
    """The environment wins over the file, so writing the file would change nothing."""
    for variable in ("MODEL", "MODEL_FILE"):
        if variable in os.environ:
            raise click.ClickException(
                f"{variable} is set in the environment, which wins over {file}: change it there."
            )


def _warnings(info: ModelInfo) -> Iterator[str]:
    """What the sites' thresholds and this model do not agree about."""
    with services().database.reading() as session:
        policies = [(site.key, policy_of(site)) for site in session.scalars(select(Site))]
    if not info.presets:
        yield "The model has no presets: only sites with thresholds of their own can use it."
    for key, policy in policies:
        thresholds = thresholds_in_force(policy, info.presets) or {}
        if not thresholds.keys() & set(info.attributes):
            yield (
                f"Site {key}: no thresholds for this model, so every comment will be held. Set "
                f"some: flask --app wsgi site policy {key} --threshold {info.attributes[0]} 0.8"
            )
        elif policy.thresholds:
            yield f"Site {key}: do its own thresholds fit? Other models give other numbers."


def _language_warnings(settings: config.Settings, name: str) -> list[str]:
    with services().database.reading() as session:
        return warn_of_languages(session.scalars(select(Site)), name, settings.MODEL_CACHE)
