"""One file from an address into a folder: over https only, bounded, going on where it broke off.

httpx2 is here because transformers brings it along for the hub; it takes a fifth of a second and
16 MB to import, which a serving process must not pay.
"""

import errno
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from moderation.errors import ScorerUnavailable
from moderation.scoring.checkpoints.digest import sha256_of

if TYPE_CHECKING:
    import httpx2

Progress = Callable[[int, int | None], None]
"""Is told how many bytes are here, and of how many where the server says so."""
Watch = Callable[[str], AbstractContextManager[Progress]]
"""Opens a progress for a file of this name."""
# Seconds without a byte until the server counts as silent.
SILENCE = 30.0
_BY_HAND = "or bring the files by hand: docs/operating.md, “Another model”"


def download(address: str, target: Path, *, digest: str, most: int, watch: Watch) -> str:
    """Fetch the file and answer its sha256 (64 hex digits), which must begin with `digest`.

    What has come so far lies in `TARGET.part`; where the digest is known, a later call goes on
    from there (HTTP ranges, RFC 9110 §14), else it starts anew. Nothing appears under the final
    name before the hash is right. Raises ScorerUnavailable with the remedy when the network or
    the disk fails, the file is not there, has more than `most` bytes or another hash.
    """
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("ab" if digest else "wb") as file, watch(target.name) as progress:
            _receive(address, file, most, progress)
        found = _checked(part, digest, address)
        part.replace(target)
    except OSError as error:
        raise ScorerUnavailable(_disk_failed(target, error)) from error
    return found


def _checked(part: Path, digest: str, address: str) -> str:
    found = sha256_of(part)
    if not found.startswith(digest):
        part.unlink()
        raise ScorerUnavailable(
            f"what came from {address} is not the file it should be: its sha256 begins "
            f"{found[:8]}, expected {digest[:8]}. It was deleted unopened; fetch it again"
        )
    return found


def _receive(address: str, file: IO[bytes], most: int, progress: Progress) -> None:
    import httpx2

    host = urlsplit(address).hostname
    try:
        with httpx2.Client(
            timeout=SILENCE, follow_redirects=True, event_hooks={"request": [_require_https]}
        ) as client:
            _stream(client, address, file, most, progress)
    except httpx2.TimeoutException as error:
        raise ScorerUnavailable(
            f"{host} was silent for {SILENCE:.0f} seconds. Run the command again: it goes on "
            "where it stopped"
        ) from error
    except httpx2.HTTPError as error:
        raise ScorerUnavailable(
            f"{host} cannot be reached, or the connection broke ({error}). Look at the network "
            f"and run the command again: it goes on where it stopped; {_BY_HAND}"
        ) from error


def _require_https(request: "httpx2.Request") -> None:
    """Called for the first address and for each that it redirects to."""
    if request.url.scheme != "https":
        raise ScorerUnavailable(
            f"{request.url.host} would send the file without https, so that anybody on the way "
            "could change it: nothing was fetched"
        )


def _stream(
    client: "httpx2.Client", address: str, file: IO[bytes], most: int, progress: Progress
) -> None:
    here = file.tell()
    # Compressed on the way, a file's parts could not be counted.
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={here}-"} if here else {})}
    with client.stream("GET", address, headers=headers) as answer:
        if answer.status_code == 416:  # nothing beyond what is here: the hash will tell
            return
        if answer.status_code not in (200, 206):
            raise ScorerUnavailable(_refused(address, answer.status_code))
        if answer.status_code == 200:  # the server knows no ranges
            file.truncate(0)
            here = 0
        length = answer.headers.get("Content-Length")
        total = here + int(length) if length else None
        _require_room(file, total or 0, here, most)
        progress(here, total)
        for piece in answer.iter_bytes():
            here += len(piece)
            _require_room(file, here, here, most)
            file.write(piece)
            progress(here, total)


def _require_room(file: IO[bytes], total: int, here: int, most: int) -> None:
    if total > most:
        file.truncate(0)
        raise ScorerUnavailable(
            f"the file is larger than {most // 1_000_000} MB, which the real one is not: "
            "nothing was kept"
        )
    if total - here > shutil.disk_usage(Path(file.name).parent).free:
        raise OSError(errno.ENOSPC, "No space left on device")


def _refused(address: str, status: int) -> str:
    host, name = urlsplit(address).hostname, Path(urlsplit(address).path).name
    if status in (404, 410):
        return f"{host} has no {name} any more (HTTP {status}): update this program, {_BY_HAND}"
    return f"{host} refuses {name} (HTTP {status}): try again later, {_BY_HAND}"


def _disk_failed(target: Path, error: OSError) -> str:
    why = error.strerror or type(error).__name__
    return (
        f"{target} cannot be written ({why}). Make room or lend the rights, and run the command "
        "again: it goes on where it stopped"
    )
