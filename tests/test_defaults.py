"""All limits are settings; this runs the defaults."""

import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from config import Settings
from moderation.db import Database
from moderation.worker import Worker
from tests.conftest import SECRETS
from tests.doubles import Clock
from tests.factories import ARTICLE, make_site

LIMITS = ("FORM_MIN_AGE", "FORM_MAX_AGE", "RATE_SUBMIT", "RATE_COMMENTER", "RATE_SIGN_IN")
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@pytest.fixture
def overrides() -> dict[str, Any]:
    """The defaults of all limits."""
    return {name: Settings.model_fields[name].default for name in LIMITS}


@pytest.fixture(autouse=True)
def site(database: Database) -> None:
    with database.transaction() as session:
        make_site(session)


def _open_form(client: FlaskClient) -> str:
    page = client.get("/s/news/comments", query_string={"article": ARTICLE}).text
    found = TOKEN.search(page)
    assert found
    return unescape(found[1])


def _send(client: FlaskClient, token: str, body: str, address: str = "192.0.2.1") -> Any:
    return client.post(
        "/s/news/comments",
        data={
            "article": ARTICLE,
            "name": "Ada",
            "email": "ada@example.com",
            "body": body,
            "csrf_token": token,
        },
        headers={"Accept": "application/json"},
        environ_base={"REMOTE_ADDR": address},
    )


def test_it_asks_again_when_a_form_comes_back_within_two_seconds(
    client: FlaskClient, clock: Clock
) -> None:
    token = _open_form(client)
    clock.forward(1.9)
    answer = _send(client, token, "Too fast.")
    assert answer.status_code == 400
    assert "very fast" in answer.json["errors"]["csrf_token"][0]
    clock.forward(0.2)
    assert _send(client, token, "Slow enough.").status_code == 202


def test_it_asks_again_when_a_form_was_open_for_more_than_a_day(
    client: FlaskClient, clock: Clock
) -> None:
    token = _open_form(client)
    clock.forward(86_401)
    answer = _send(client, token, "Good morning.")
    assert answer.status_code == 400
    assert "long time" in answer.json["errors"]["csrf_token"][0]


def test_it_takes_twelve_comments_a_minute_from_one_address_range(
    client: FlaskClient, clock: Clock
) -> None:
    tokens = [_open_form(client) for _ in range(14)]
    clock.forward(3)
    answers = [_send(client, token, f"Tree {n}.") for n, token in enumerate(tokens[:12])]
    assert {answer.status_code for answer in answers} == {202}
    refused = _send(client, tokens[12], "One too many.", address="192.0.2.77")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert _send(client, tokens[13], "From elsewhere.", address="198.51.100.1").status_code == 202


def test_it_holds_the_twenty_first_comment_of_an_hour_with_one_email(
    client: FlaskClient, clock: Clock, worker: Worker
) -> None:
    tokens = [_open_form(client) for _ in range(21)]
    clock.forward(3)
    for number, token in enumerate(tokens):
        answer = _send(client, token, f"Tree {number}.", address=f"10.0.{number}.1")
        assert answer.status_code == 202
    while worker.tick():
        pass
    shown = client.get("/s/news/comments.json", query_string={"article": ARTICLE}).json
    assert shown["total"] == 20


def test_no_secret_has_a_default() -> None:
    assert all(Settings.model_fields[name].is_required() for name in SECRETS)
