"""`flask model …`, as an operator uses it."""

import dataclasses
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

import config
from config import Settings
from moderation.cli.compiling import compile_apart
from moderation.db import Database
from moderation.scoring.checkpoints.add import find_source, settle, staged
from moderation.scoring.checkpoints.catalog import CHECKPOINT, find_model
from moderation.scoring.checkpoints.digest import sha256_of
from moderation.scoring.checkpoints.official import OFFICIAL
from tests.factories import make_site
from tests.file_server import FileServer
from tests.scoring.tiny_models import CLASSES, make_model, write_manifest

Run = Callable[..., Result]
pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    *(pytest.mark.filterwarnings(f"ignore:::{source}") for source in ("torch", "transformers")),
]


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"MODEL": "ours"}


@pytest.fixture
def settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "settings.env"
    file.write_text("# Secrets\nSECRET_KEY=abc=\nMODEL=home\nPORT=8000\n")
    file.chmod(0o600)
    monkeypatch.setattr(config, "INSTANCE", tmp_path)
    for variable in ("MODEL", "MODEL_FILE"):
        monkeypatch.delenv(variable, raising=False)
    return file


@pytest.fixture
def checkpoints(settings: Settings) -> Path:
    return settings.MODEL_CACHE.parent / "checkpoints"


def line_of(done: Result, name: str) -> str:
    [line] = [line for line in done.output.splitlines() if f"{name} " in line[:25]]
    return line


@pytest.mark.slow
def test_an_own_model_from_its_files_to_its_use(
    run: Run, tmp_path: Path, database: Database, settings_file: Path, checkpoints: Path
) -> None:
    made = make_model(tmp_path / "made", classes=[*CLASSES, "sarcasm"])
    write_manifest(made, sha256="0" * 64)
    digest = sha256_of(made / CHECKPOINT)
    with database.transaction() as session:
        make_site(session)
        make_site(session, "olds", language="fr", thresholds={"toxicity": 0.9})

    added = run("model", "add", str(made), "--name", "ours", "--language", "en", stdin="y\n")
    assert added.exit_code == 0, added.output
    assert digest in added.output
    assert "left out, since no rule knows them: sarcasm" in added.output
    assert [path.name for path in checkpoints.iterdir()] == ["ours"]

    listed = line_of(run("model", "list"), "ours")
    assert listed.split()[:3] == ["*", "ours", "yes"]
    assert listed.endswith("no       " + digest[:8] + "  toxicity severe_toxicity obscene "
                           "threat insult identity_attack")  # fmt: skip

    checked = run("model", "check", "What a day.")
    assert checked.exit_code == 0, checked.output
    assert f"sha256 {digest}, as pinned" in checked.output
    assert " ms, language en" in checked.output

    used = run("model", "use", "ours")
    assert used.exit_code == 0, used.output
    assert settings_file.read_text() == ("# Secrets\nSECRET_KEY=abc=\nMODEL=ours\nPORT=8000\n")
    assert stat.S_IMODE(settings_file.stat().st_mode) == 0o600
    assert "no presets" in used.output
    assert "Site news: no thresholds for this model" in used.output
    assert "site policy news --threshold toxicity" in used.output
    assert "Site olds: do its own thresholds fit?" in used.output
    assert "site 'olds': every comment will wait, since the model knows en" in used.output
    assert "Restart" in used.output


def test_a_relative_folder_counts_from_where_the_command_is_given(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_model(tmp_path / "mine")
    (tmp_path / "mine" / CHECKPOINT).unlink()
    (tmp_path / "moderation").mkdir()
    monkeypatch.chdir(tmp_path)

    assert not compile_apart(settings, "mine")

    # It found the folder, and what is missing in it.
    assert f"mine/{CHECKPOINT}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "stdin", "says"),
    [
        (("--language", "en"), "n\n", "Aborted"),
        (("--language", "en"), "", "Aborted"),
        (("--language", "en", "--sha256", "0" * 64, "--trust"), "", "another hash"),
        (("--trust",), "", "--language"),
        (("--trust", "--language", "english"), "", "ISO 639-1"),
        (("--trust", "--language", "en", "--name", "home"), "", "cannot be called"),
        (("--trust", "--language", "en", "--name", "original"), "", "is not Detoxify's"),
    ],
)
def test_what_nobody_vouches_for_is_not_added(
    run: Run, tmp_path: Path, checkpoints: Path, options: tuple[str, ...], stdin: str, says: str
) -> None:
    made = make_model(tmp_path / "made")
    (made / "manifest.json").unlink()

    done = run("model", "add", str(made), *options, stdin=stdin)

    assert done.exit_code == 1
    assert says in done.output
    assert not checkpoints.exists() or list(checkpoints.iterdir()) == []


@pytest.mark.slow
def test_what_does_not_compile_is_not_added(run: Run, tmp_path: Path, checkpoints: Path) -> None:
    made = make_model(tmp_path / "made")
    shutil.copy(make_model(tmp_path / "other", "albert") / "config.json", made)

    done = run("model", "add", str(made), "--language", "en", "--trust")

    assert done.exit_code == 1
    assert "of the type albert" in done.output
    assert list(checkpoints.iterdir()) == []


def test_the_environment_has_the_last_word_about_the_model(
    run: Run, settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL", "home")
    before = settings_file.read_text()

    done = run("model", "use", "original")

    assert (done.exit_code, "MODEL is set in the environment" in done.output) == (1, True)
    assert settings_file.read_text() == before


@pytest.mark.slow
def test_a_model_that_is_not_here_is_not_used(run: Run, settings_file: Path) -> None:
    before = settings_file.read_text()

    done = run("model", "use", "original")

    assert done.exit_code == 1
    assert "model fetch" in done.output
    assert settings_file.read_text() == before


@pytest.mark.slow
def test_what_a_server_sends_is_compiled_only_where_it_is_detoxifys(
    run: Run, tmp_path: Path, https_server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_model(tmp_path / "made")
    file = f"release-{sha256_of(made / CHECKPOINT)[:8]}.ckpt"
    https_server.files = {path.name: path.read_bytes() for path in made.iterdir()}
    https_server.files[file] = https_server.files[CHECKPOINT]
    here = https_server.address
    changed = dataclasses.replace(OFFICIAL["original"], address=here + file, base=here)
    monkeypatch.setitem(OFFICIAL, "original", changed)

    done = run("model", "fetch", "original")

    assert f"original is here; sha256 {sha256_of(made / CHECKPOINT)}" in done.output
    # The process that compiles has the real table of files.
    assert done.exit_code == 1
    assert "another checkpoint than Detoxify's original" in done.output


def test_a_fetch_that_fails_says_what_to_do(
    run: Run, https_server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = https_server.address
    changed = dataclasses.replace(OFFICIAL["original"], address=here + "x.ckpt", base=here)
    monkeypatch.setitem(OFFICIAL, "original", changed)

    done = run("model", "fetch", "original")

    assert done.exit_code == 1
    assert "has no config.json any more" in done.output


def test_a_damaged_checkpoint_is_found(run: Run, settings: Settings, tmp_path: Path) -> None:
    put_in_place("ours", settings, tmp_path)
    find_model("ours", settings.MODEL_CACHE).checkpoint.write_bytes(b"damaged")

    done = run("model", "check")

    assert (done.exit_code, "is not the file it should be" in done.output) == (1, True)


def test_a_model_is_removed_with_all_that_was_compiled_of_it(
    run: Run, settings: Settings, tmp_path: Path, checkpoints: Path
) -> None:
    for name in ("old", "old-two", "ours"):
        put_in_place(name, settings, tmp_path)
    for folder in ("old-01234567-89abcdef", "old-two-01234567-89abcdef"):
        (settings.MODEL_CACHE / folder).mkdir(parents=True)

    assert run("model", "remove", "old").exit_code == 0

    assert sorted(path.name for path in checkpoints.iterdir()) == ["old-two", "ours"]
    assert [path.name for path in settings.MODEL_CACHE.iterdir()] == ["old-two-01234567-89abcdef"]
    for name, says in (("ours", "in use"), ("home", "in the box"), ("../x", "no files"),
                       ("old", "no files")):  # fmt: skip
        refused = run("model", "remove", name)
        assert (refused.exit_code, says in refused.output) == (1, True)
    assert (checkpoints / "ours").is_dir()


def put_in_place(name: str, settings: Settings, tmp_path: Path) -> None:
    made = make_model(tmp_path / f"made-{name}")
    with staged(find_source(made), name, settings.MODEL_CACHE) as (folder, manifest):
        settle(folder, manifest, settings.MODEL_CACHE)
