"""A file comes whole and right, or not at all; from a real server that misbehaves."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints import download as download_module
from moderation.scoring.checkpoints.download import Progress, download
from tests.file_server import FileServer, file_server

CONTENT = os.urandom(1_000_003)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MOST = 2_000_000


@contextmanager
def unwatched(_: str) -> Iterator[Progress]:
    yield lambda here, total: None


def fetch(server: FileServer, folder: Path, digest: str = SHA256[:8], most: int = MOST) -> str:
    address = server.address + "file.ckpt"
    return download(address, folder / "file.ckpt", digest=digest, most=most, watch=unwatched)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def server(https_server: FileServer) -> FileServer:
    https_server.files["file.ckpt"] = CONTENT
    return https_server


def test_a_file_comes_whole_and_its_progress_is_told(server: FileServer, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []

    @contextmanager
    def watch(_: str) -> Iterator[Progress]:
        yield lambda here, total: told.append((here, total))

    found = download(
        server.address + "file.ckpt", tmp_path / "x", digest=SHA256[:8], most=MOST, watch=watch
    )

    assert found == SHA256
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert names_in(tmp_path) == ["x"]
    assert told[0] == (0, len(CONTENT)) and told[-1] == (len(CONTENT), len(CONTENT))
    assert len(told) > 3


def test_a_broken_download_goes_on_where_it_stopped(server: FileServer, tmp_path: Path) -> None:
    server.breaks_after = 600_000
    with pytest.raises(ScorerUnavailable, match="goes on where it stopped"):
        fetch(server, tmp_path)
    assert names_in(tmp_path) == ["file.ckpt.part"]
    here = (tmp_path / "file.ckpt.part").stat().st_size
    assert here > 0

    server.breaks_after = None
    assert fetch(server, tmp_path) == SHA256

    assert server.asked == [("file.ckpt", None), ("file.ckpt", f"bytes={here}-")]
    assert (tmp_path / "file.ckpt").read_bytes() == CONTENT
    assert names_in(tmp_path) == ["file.ckpt"]


def test_a_server_that_knows_no_ranges_starts_anew(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file.ckpt.part").write_bytes(CONTENT[:1000])
    server.knows_ranges = False

    assert fetch(server, tmp_path) == SHA256


def test_a_file_that_only_lacked_its_name_gets_it(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file.ckpt.part").write_bytes(CONTENT)

    assert fetch(server, tmp_path) == SHA256


def test_without_a_known_hash_nothing_is_pieced_together(
    server: FileServer, tmp_path: Path
) -> None:
    (tmp_path / "file.ckpt.part").write_bytes(b"something else")

    assert fetch(server, tmp_path, digest="") == SHA256


def test_a_wrong_file_leaves_nothing(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(ScorerUnavailable, match="expected 00000000. It was deleted unopened"):
        fetch(server, tmp_path, digest="00000000")
    assert names_in(tmp_path) == []


def test_a_wrong_beginning_is_noticed_and_thrown_away(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file.ckpt.part").write_bytes(b"x" * 1000)
    with pytest.raises(ScorerUnavailable, match="not the file it should be"):
        fetch(server, tmp_path)
    assert fetch(server, tmp_path) == SHA256


@pytest.mark.parametrize(
    ("status", "says"), [(404, "has no file.ckpt any more"), (503, "try again later")]
)
def test_a_refusal_is_told(server: FileServer, tmp_path: Path, status: int, says: str) -> None:
    server.status = status
    with pytest.raises(ScorerUnavailable, match=rf"{says}.* by hand"):
        fetch(server, tmp_path)
    assert not (tmp_path / "file.ckpt").exists()


def test_another_host_may_send_the_file_over_https(
    server: FileServer, certificate: Path, tmp_path: Path
) -> None:
    with file_server(certificate) as other:
        other.files["release"] = CONTENT
        server.redirects["file.ckpt"] = other.address + "release"
        assert fetch(server, tmp_path) == SHA256


def test_nobody_sends_it_without_https(server: FileServer, tmp_path: Path) -> None:
    with file_server(None) as plain:
        plain.files["file.ckpt"] = CONTENT
        server.redirects["file.ckpt"] = plain.address + "file.ckpt"
        for first in (server, plain):
            with pytest.raises(ScorerUnavailable, match="without https"):
                fetch(first, tmp_path)
        assert plain.asked == []
    assert not (tmp_path / "file.ckpt").exists()


def test_a_certificate_that_nobody_vouches_for_is_refused(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(ScorerUnavailable, match="cannot be reached"):
        fetch(server, tmp_path)
    assert server.asked == []


@pytest.mark.parametrize("says_length", [True, False])
def test_a_file_that_is_too_large_is_not_kept(
    server: FileServer, tmp_path: Path, says_length: bool
) -> None:
    server.says_length = says_length
    with pytest.raises(ScorerUnavailable, match="larger than"):
        fetch(server, tmp_path, most=len(CONTENT) - 1)
    assert [path.stat().st_size for path in tmp_path.iterdir()] == [0]


def test_a_full_disk_is_told_before_it_is_full(server: FileServer, tmp_path: Path) -> None:
    server.claimed_length = 10**16
    with pytest.raises(ScorerUnavailable, match=r"No space left on device.*Make room"):
        fetch(server, tmp_path, most=10**17)


def test_a_silent_server_is_not_waited_for(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "SILENCE", 0.1)
    server.is_silent = True
    with pytest.raises(ScorerUnavailable, match="was silent"):
        fetch(server, tmp_path)


def test_without_a_network_it_says_so(certificate: Path, tmp_path: Path) -> None:
    with file_server(certificate) as gone:
        pass
    with pytest.raises(ScorerUnavailable, match="cannot be reached.*by hand"):
        fetch(gone, tmp_path)
