"""Serving: a busy port, a graceful stop, a main process that dies hard. All really started."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, text

from moderation.serve import STOP_WITHIN, PortTaken, require_free_port, start_background
from tests.conftest import SECRETS
from tests.ports import free_port
from tests.servers import FLASK, ROOT, Installation, Reader, iterate, wait_until

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ARTICLE = "http://news.example/trees"


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    """A server that leaves scoring to others, so that no model is loaded."""
    env = {
        **SECRETS,
        "DATABASE_URL": database_url,
        "MODEL_CACHE": str(tmp_path / "models"),
        "ERASED_LIST": str(tmp_path / "erased.list"),
        "SCORER": "worker",
        "SCORE_WAIT": "0",
        "FORM_MIN_AGE": "0",
        "RATE_SUBMIT": "10000 per minute",
    }
    yield from iterate(Installation(env=env, log=tmp_path / "log"))


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def is_free(port: int) -> bool:
    """Whether nobody listens there any more."""
    try:
        require_free_port("127.0.0.1", port)
    except PortTaken:
        return False
    return True


def test_a_busy_port_is_told_with_the_way_out(busy_port: int) -> None:
    with pytest.raises(PortTaken) as told:
        require_free_port("127.0.0.1", busy_port)

    assert str(told.value) == (
        f"Port {busy_port} on 127.0.0.1 is in use. Stop what listens there, "
        f"or choose another: make run PORT={busy_port + 1}"
    )


def test_a_free_port_is_free_right_after_somebody_left_it() -> None:
    port = free_port()
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        listener.bind(("127.0.0.1", port))
        listener.listen()
        with socket.create_connection(("127.0.0.1", port)):
            listener.accept()[0].close()

    require_free_port("127.0.0.1", port)


@sqlite
def test_the_command_ends_with_a_sentence_when_the_port_is_busy(
    installation: Installation, busy_port: int
) -> None:
    done = subprocess.run(
        [*FLASK, "serve"],
        cwd=ROOT,
        env={**os.environ, **installation.env, "PORT": str(busy_port)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 1
    assert f"Error: Port {busy_port} on 127.0.0.1 is in use." in done.stderr
    assert "Traceback" not in done.stderr


class Beside:
    """Background work that says whether it ran and ended."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.ended = False

    def run(self) -> None:
        """Work until told to stop, and then finish what is in hand."""
        self.stopped.wait(10)
        self.ended = True

    def stop(self) -> None:
        """End `run()`."""
        self.stopped.set()


def test_stopping_the_background_waits_for_what_is_in_hand() -> None:
    work = Beside()
    stop = start_background(work)
    assert not work.ended

    stop()

    assert work.ended


@sqlite
@pytest.mark.slow
@pytest.mark.parametrize("asked_by", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_ends_requests_first_and_loses_none(
    installation: Installation, asked_by: signal.Signals
) -> None:
    installation.run("site", "add", "news", "--origin", "http://news.example")
    server = installation.serve()
    reader = Reader(installation.url, "news", ARTICLE)
    received: list[str] = []
    stopping = threading.Event()

    def talk() -> None:
        """Comment until the server takes no more, remembering what it said it received."""
        for number in range(10_000):
            body = f"Thought {number}."
            try:
                form = {"article": ARTICLE, "name": "Ada", "email": "ada@example.com", "body": body}
                fresh = reader.http.get(
                    f"{reader.url}/s/news/form-token", params={"article": ARTICLE}
                ).json()
                if reader.http.post(reader.page, data={**form, **fresh}).status_code == 202:
                    received.append(body)
            except httpx.TransportError:
                return
            if len(received) == 5:
                stopping.set()

    talker = threading.Thread(target=talk)
    talker.start()
    assert stopping.wait(30)
    began = time.monotonic()
    server.send_signal(asked_by)
    code = server.wait(60)
    took = time.monotonic() - began
    talker.join(30)
    reader.http.close()

    assert code == 0, installation.log.read_text()
    assert took < STOP_WITHIN, "else it would have been killed"
    assert is_free(installation.port)
    engine = create_engine(installation.env["DATABASE_URL"])
    with engine.connect() as connection:
        stored = set(connection.scalars(text("SELECT body FROM comments")))
        jobs = connection.scalar(text("SELECT count(*) FROM jobs"))
    engine.dispose()
    assert set(received) <= stored
    assert jobs == len(stored), "each waits for a scorer"
    assert "Traceback" not in installation.log.read_text()


@sqlite
@pytest.mark.slow
def test_the_worker_process_ends_when_its_main_process_dies_hard(
    installation: Installation,
) -> None:
    server = installation.serve()
    assert not is_free(installation.port)

    os.kill(server.pid, signal.SIGKILL)
    server.wait(10)

    wait_until(lambda: is_free(installation.port))


@sqlite
@pytest.mark.slow
def test_a_caller_on_this_machine_is_known_as_one(installation: Installation) -> None:
    installation.serve()

    answer = httpx.get(f"{installation.url}/readyz")

    assert answer.json()["checks"]["database"] == "ok"
    assert httpx.get(f"{installation.url}/metrics").status_code == 200
    proxied = {"X-Forwarded-For": "203.0.113.7"}
    assert httpx.get(f"{installation.url}/metrics", headers=proxied).status_code == 404
