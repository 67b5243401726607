"""The line that each request leaves in the log: who, where to, what came of it; never what."""

import importlib
import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.models import Moderator
from tests.web.pages import Reader

# By name: the package has the blueprint's views under the names of its modules.
THREAD = importlib.import_module("moderation.web.readers.thread")
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def requests(written: io.StringIO) -> list[dict[str, Any]]:
    """The lines of requests, oldest first."""
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    return [line for line in lines if line["event"] == "request"]


def test_it_names_the_moderator_by_id(
    desk: FlaskClient, grace: Moderator, written: io.StringIO
) -> None:
    desk.get("/queue")

    (line,) = requests(written)
    assert (line["method"], line["route"], line["status"]) == ("GET", "/queue", 200)
    assert (line["moderator"], line["error"]) == (grace.id, None)
    assert grace.name not in written.getvalue().lower()


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [("/commenters", 400, "csrf"), ("/privacy", 403, "not_allowed"), ("/no", 404, "http_404")],
)
def test_it_names_what_was_refused_and_to_whom(
    viewer_desk: FlaskClient, written: io.StringIO, path: str, status: int, error: str
) -> None:
    if error == "csrf":
        viewer_desk.post("/logout")
    else:
        viewer_desk.get(path)

    (line,) = requests(written)
    assert (line["status"], line["error"]) == (status, error)
    assert (line["moderator"] is None) == (error == "http_404")


def test_all_lines_of_a_request_share_an_id_and_no_two_requests_do(
    reader: Reader, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.read()
    monkeypatch.setattr(THREAD, "render_template", lambda *_, **__: 1 / 0)
    reader.read()

    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    first, *others = [line["request_id"] for line in lines]
    assert [line["event"] for line in lines[1:]] == ["unexpected_error", "request"]
    assert len(set(others)) == 1 and others[0] != first
