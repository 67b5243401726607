"""Really started processes for tests: the server, scoring workers. Loopback only."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import httpx

from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "instance" / "cache" / "models"
FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")
START_WITHIN = 120  # seconds; only how long a broken start is waited for
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass
class Installation:
    """One set of settings and the processes started with them."""

    env: Mapping[str, str]
    log: Path
    port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the server answers."""
        return f"http://127.0.0.1:{self.port}"

    def run(self, *command: str, stdin: str = "") -> str:
        """Run a `flask` command to its end; answers its output."""
        done = subprocess.run(
            [*FLASK, *command],
            cwd=ROOT,
            env=self._environment(),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a `flask` command in a process group of its own."""
        return self._start(*FLASK, *command)

    def start_celery(self) -> subprocess.Popen[bytes]:
        """Start one Celery worker process."""
        celery = (sys.executable, "-m", "celery", "-A", "wsgi:celery", "worker")
        return self._start(*celery, "--pool=solo", "--loglevel=WARNING")

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def serve(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it answers."""
        process = self.start("serve")
        wait_until(lambda: self._answers(process), within=START_WITHIN)
        return process

    def wait_ready(self) -> None:
        """Wait until /readyz says that everything is there."""
        wait_until(lambda: httpx.get(f"{self.url}/readyz").status_code == 200, within=START_WITHIN)

    def stop_all(self) -> None:
        """End everything that still runs."""
        for process in self.processes:
            kill(process)

    def _answers(self, process: subprocess.Popen[bytes]) -> bool:
        assert process.poll() is None, self.log.read_text()
        try:
            return httpx.get(f"{self.url}/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.env, "PORT": str(self.port)}


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL the process and all it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(holds: Callable[[], bool], *, within: float = 60) -> None:
    """Look again and again until it holds; fails after `within` seconds."""
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@dataclass
class Reader:
    """Somebody who reads and comments under one article, over HTTP."""

    url: str
    site: str
    article: str
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    @property
    def page(self) -> str:
        """The address of the thread."""
        return f"{self.url}/s/{self.site}/comments"

    def read(self) -> str:
        """The page with the thread and the form."""
        answer = self.http.get(self.page, params={"article": self.article})
        assert answer.status_code == 200, answer.text
        return answer.text

    def token(self) -> str:
        """A form token from the page."""
        found = TOKEN.search(self.read())
        assert found
        return unescape(found[1])

    def send(
        self, body: str, *, name: str = "Ada", token: str | None = None, **more: str
    ) -> httpx.Response:
        """Send a comment, with these fields as well, and answer the JSON response."""
        return self.http.post(
            self.page,
            headers={"Accept": "application/json"},
            data={
                "article": self.article,
                "title": "Trees",
                "name": name,
                "email": f"{name.lower()}@example.com",
                "body": body,
                "csrf_token": token or self.token(),
                **more,
            },
        )

    def is_public(self, body: str) -> bool:
        """Whether a stranger can read this text under the article."""
        answer = httpx.get(f"{self.page}.json", params={"article": self.article})
        return any(comment["body"] == body for comment in answer.json()["comments"])


def iterate(installation: Installation) -> Iterator[Installation]:
    """For fixtures: hand an installation over and end what it started."""
    try:
        yield installation
    finally:
        installation.stop_all()
