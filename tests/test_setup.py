"""The first settings file: fresh secrets that only its owner reads, written once."""

import stat
import subprocess
import sys
from pathlib import Path

from config import load_settings
from moderation.privacy.vault import Vault
from moderation.setup import write_settings
from tests.servers import ROOT
from tests.together import together


def test_it_writes_secrets_that_the_program_accepts(tmp_path: Path) -> None:
    assert write_settings(tmp_path, demo=True)
    settings = load_settings(tmp_path / "settings.env")
    Vault(
        vault_key=settings.VAULT_KEY.get_secret_value(),
        index_key=settings.INDEX_KEY.get_secret_value(),
    )
    assert settings.DEMO


def test_the_demo_is_served_only_where_it_was_asked_for(tmp_path: Path) -> None:
    write_settings(tmp_path)
    assert not load_settings(tmp_path / "settings.env").DEMO


def test_only_the_owner_can_read_them(tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    folder.mkdir(mode=0o755)  # another command was first
    write_settings(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "settings.env").stat().st_mode) == 0o600


def test_it_never_changes_a_file_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "settings.env").write_text("MINE=1\n")
    assert not write_settings(tmp_path)
    assert (tmp_path / "settings.env").read_text() == "MINE=1\n"


def test_of_two_at_once_one_writes(tmp_path: Path) -> None:
    assert sorted(together(*[lambda: write_settings(tmp_path)] * 4)) == [False] * 3 + [True]
    load_settings(tmp_path / "settings.env")


def test_no_two_installations_share_a_secret(tmp_path: Path) -> None:
    lines: list[str] = []
    for name in ("a", "b"):
        write_settings(tmp_path / name)
        text = (tmp_path / name / "settings.env").read_text()
        lines += [line for line in text.splitlines() if "KEY=" in line]
    assert len(set(lines)) == len(lines) == 6
    assert len({line.partition("=")[2] for line in lines}) == 6


def test_it_runs_before_anything_is_installed() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import moderation.setup"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
