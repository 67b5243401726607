"""Whom the server calls: nobody that a reader names; docs/security.md says who is left."""

import ast
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient

from moderation.db import Database
from moderation.models import Comment, Site
from moderation.worker import Worker
from tests.web.pages import Reader
from tests.web.source import trees

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Stored = Callable[[], list[Comment]]


@pytest.fixture
def listener() -> Iterator[tuple[str, list[object]]]:
    """An address on this machine, and who called there."""
    callers: list[object] = []
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def listen() -> None:
            while True:
                try:
                    connection, address = server.accept()
                except OSError:
                    return
                callers.append(address)  # first: closing lets the test go on
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", callers
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@sqlite
def test_no_address_that_somebody_names_is_fetched(
    client: FlaskClient,
    database: Database,
    site: Site,
    worker: Worker,
    desk: FlaskClient,
    stored: Stored,
    listener: tuple[str, list[object]],
) -> None:
    address, callers = listener
    with database.transaction() as session:
        session.merge(site).origins = [address]
    reader = Reader(client, article=f"{address}/trees")

    sent = reader.send(body=f"Look: {address}/x.png you idiot", title=f"{address}/t", name="Ada")
    client.get("/s/news/counts.json", query_string={"article": f"{address}/a"})
    client.get(reader.path, query_string={"article": reader.article}, headers={"Referer": address})
    assert worker.tick()
    desk.get("/queue")
    desk.get(f"/queue/{stored()[0].public_id}")

    assert sent.status_code == 202
    assert callers == []
    with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as probe:
        probe.recv(1)
    assert len(callers) == 1, "the listener hears who calls"


CALLERS = {"httpx", "httpx2", "requests", "urllib.request", "http.client", "urllib3", "aiohttp"}


def test_only_the_download_of_models_and_the_guarded_post_can_reach_out_at_all() -> None:
    found = set()
    for file, tree in trees("."):
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if CALLERS & set(names):
                found.add(file)

    assert found == {"scoring/checkpoints/download.py", "outgoing/post.py"}
