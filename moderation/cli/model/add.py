"""`flask model add`: a model from files, for machines without a network and for own training."""

from dataclasses import replace
from pathlib import Path

import click
from flask.cli import with_appcontext

from moderation.cli.model.sentences import compile_or_fail, in_sentences
from moderation.scoring.checkpoints.add import find_source, settle, staged
from moderation.scoring.checkpoints.catalog import find_model
from moderation.scoring.checkpoints.manifest import Manifest, write_manifest
from moderation.scoring.checkpoints.official import OFFICIAL
from moderation.scoring.serving.compiled import folder_for, read_facts
from moderation.services import services

EXISTING = click.Path(exists=True, path_type=Path)


@click.command("add")
@click.argument("path", type=EXISTING)
@click.option("--config", type=EXISTING, help="Folder of configuration and tokenizer.")
@click.option("--name", help="What it is called here; an official file knows its own.")
@click.option("--language", "languages", multiple=True, help="A language it reads, such as en.")
@click.option("--sha256", help="The hash that the checkpoint must have, 64 hex digits.")
@click.option("--trust", is_flag=True, help="Trust the checkpoint's hash without asking.")
@with_appcontext
def add(
    path: Path,
    config: Path | None,
    name: str | None,
    languages: tuple[str, ...],
    sha256: str | None,
    trust: bool,
) -> None:
    """Add a Detoxify checkpoint from PATH: the file, or its folder. Compiles it too."""
    cache = services().settings.MODEL_CACHE
    with in_sentences():
        source = find_source(path, config)
        name = name or source.official or path.stem.lower()
        with staged(source, name, cache) as (folder, manifest):
            _require_trust(manifest, sha256, trust=trust)
            manifest = _with_languages(manifest, languages)
            write_manifest(folder, manifest)
            compile_or_fail(services().settings, str(folder.resolve()))
            facts = read_facts(folder_for(find_model(str(folder), cache), cache))
            settle(folder, replace(manifest, labels=facts.labels), cache)
    click.echo(f"{name} is added. To score with it: flask --app wsgi model use {name}")


def _require_trust(manifest: Manifest, sha256: str | None, *, trust: bool) -> None:
    """An official file is known by its name's hash; any other must be vouched for."""
    click.echo(f"sha256 {manifest.sha256}")
    if sha256 is not None and sha256.lower() != manifest.sha256:
        raise click.ClickException("The checkpoint has another hash than you said: not opened.")
    if not (sha256 or trust or manifest.name in OFFICIAL):
        click.confirm("Is this the checkpoint that you trust?", abort=True)


def _with_languages(manifest: Manifest, languages: tuple[str, ...]) -> Manifest:
    languages = languages or manifest.languages
    wrong = [word for word in languages if len(word) != 2 or not word.islower()]
    if not languages or wrong:
        raise click.ClickException(
            "Say which languages it was trained on, with --language en for each (ISO 639-1)."
        )
    return replace(manifest, languages=tuple(sorted(set(languages))))
