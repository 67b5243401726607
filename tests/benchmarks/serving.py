"""`python -m tests.benchmarks.serving`: how fast the server is ready, how much memory it takes,
and how long a comment takes from form to answer."""

import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import httpx

from moderation.setup import new_key
from tests.servers import MODELS, ROOT, Installation, Reader, kill, wait_until

SUBMISSIONS = 60


def main() -> None:
    """Print one line a figure."""
    with tempfile.TemporaryDirectory() as folder:
        installation = install(Path(folder))
        try:
            _measure_start(installation)
            _measure_submissions(installation, "form to decided answer")
            installation.run("site", "policy", "news", "--nudge")
            _measure_submissions(installation, "the same with the nudge on, which asks nobody here")
            _measure_memory(installation)
        finally:
            installation.stop_all()
    _measure_make_run()


def install(folder: Path) -> Installation:
    """A site in a fresh database; limits are raised, every answer waits for the outcome."""
    env = {
        "SECRET_KEY": new_key(),
        "VAULT_KEY": new_key(),
        "INDEX_KEY": new_key(),
        "DATABASE_URL": f"sqlite:///{folder / 'comments.db'}",
        "MODEL_CACHE": str(MODELS),
        "FORM_MIN_AGE": "0",
        "SCORE_WAIT": "10",
        "RATE_SUBMIT": "100000 per minute",
        "LOG_LEVEL": "WARNING",
    }
    made = Installation(env=env, log=folder / "log")
    made.run("db", "upgrade")
    made.run("site", "add", "news", "--origin", "http://news.example")
    return made


def _measure_start(installation: Installation) -> None:
    started = time.monotonic()
    installation.serve()
    served = time.monotonic() - started
    installation.wait_ready()
    ready = time.monotonic() - started
    print(f"served after {served:.1f} s, ready (model loaded) after {ready:.1f} s")


def _measure_submissions(installation: Installation, name: str) -> None:
    times = []
    reader = Reader(installation.url, "news", "http://news.example/trees")
    for number in range(SUBMISSIONS):
        token = reader.token()
        started = time.monotonic()
        body = f"A kind word about tree number {number}: {name}."
        answer = reader.send(body, token=token, nudge="1")
        times.append(time.monotonic() - started)
        assert answer.status_code in (201, 202), answer.text
    times.sort()
    print(
        f"{name}: median {statistics.median(times) * 1000:.0f} ms, "
        f"95th percentile {times[int(len(times) * 0.95)] * 1000:.0f} ms ({SUBMISSIONS} in a row)"
    )


def _measure_memory(installation: Installation) -> None:
    pids = _family_of(installation.processes[0].pid)
    for name, pid in zip(("main process", "serving and scoring"), pids, strict=True):
        maps = Path(f"/proc/{pid}/maps").read_text()
        torch = "torch loaded" if "libtorch" in maps else "torch not loaded"
        print(f"{name}: {_resident_mb(pid):.0f} MB resident, {torch}")
    # Forked processes share pages; each page counts once here.
    print(f"both together: {sum(map(_proportional_mb, pids)):.0f} MB")


def _family_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(descendant for child in children for descendant in _family_of(int(child)))]


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _proportional_mb(pid: int) -> float:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(rollup.split("\nPss:")[1].split()[0]) / 1000


def _measure_make_run() -> None:
    port = Installation(env={}, log=Path()).port
    started = time.monotonic()
    process = subprocess.Popen(
        ["make", "run", f"PORT={port}"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(lambda: _answers(f"http://127.0.0.1:{port}/healthz"), within=120)
        print(f"make run on a set-up clone serves after {time.monotonic() - started:.1f} s")
    finally:
        kill(process)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    main()
