"""Rate limits: who counts as one, and what is kept of an address."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.db import Database
from moderation.models import Site
from moderation.web.limits import address_range
from moderation.worker import Worker
from tests.doubles import Clock
from tests.factories import ARTICLE
from tests.web.own import write
from tests.web.pages import Reader

MAIL = {"SMTP_HOST": "127.0.0.1", "SMTP_SECURITY": "none", "MAIL_FROM": "c@news.example.com"}
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def overrides(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"RATE_SUBMIT": "2 per minute", **getattr(request, "param", {})}


def range_of(app: Flask, address: str | None) -> str:
    """The key under which a caller from this address is counted."""
    base = {"REMOTE_ADDR": address} if address is not None else {}
    with app.test_request_context("/", environ_base=base):
        return address_range()


def sender(reader: Reader) -> Callable[[str], int]:
    """Sends a form that names where it was forwarded from; answers the status."""
    token = reader.token()

    def send(forwarded: str) -> int:
        return reader.client.post(
            reader.path,
            data=reader.fields(csrf_token=token, name=""),
            headers={"X-Forwarded-For": forwarded},
        ).status_code

    return send


@pytest.mark.parametrize(
    "one, other, are_one",
    [
        ("192.0.2.1", "192.0.2.254", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("192.0.2.1", "::ffff:192.0.2.7", True),
        ("2001:db8:1::1", "2001:db8:1:ffff::2", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "nonsense", True),
    ],
)
def test_neighbours_count_as_one(app: Flask, one: str, other: str, are_one: bool) -> None:
    assert (range_of(app, one) == range_of(app, other)) is are_one


def test_no_address_can_be_read_from_the_key(app: Flask, clock: Clock) -> None:
    key = range_of(app, "192.0.2.1")

    assert "192.0.2" not in bytes.fromhex(key).decode("latin-1")
    clock.forward(24 * 3600)
    assert range_of(app, "192.0.2.1") != key, "tomorrow it is another"


def test_a_caller_cannot_choose_an_address(reader: Reader) -> None:
    send = sender(reader)

    assert [send(f"203.0.{n}.7") for n in range(3)] == [400, 400, 429]


@pytest.mark.parametrize("overrides", [{"TRUSTED_PROXIES": 1}], indirect=True)
def test_behind_a_trusted_proxy_the_last_hop_counts(reader: Reader) -> None:
    send = sender(reader)

    assert [send(f"198.51.100.{n}, 203.0.113.7") for n in range(3)] == [400, 400, 429]
    assert send("203.0.113.7, 198.51.100.1") == 400


def test_each_limit_counts_by_itself(reader: Reader, client: FlaskClient, site: Site) -> None:
    for _ in range(5):
        assert reader.read().status_code == 200
    assert [reader.send(name="").status_code for _ in range(3)] == [400, 400, 429]

    assert reader.read().status_code == 200, "reading goes on"
    assert client.get("/login").status_code == 200


@pytest.mark.parametrize("overrides", [{"RATE_SUBMIT": "4 per minute", **MAIL}], indirect=True)
def test_all_forms_from_one_range_share_one_limit(
    reader: Reader, client: FlaskClient, database: Database, worker: Worker
) -> None:
    ada = write(reader, database, worker)
    forms = [
        (f"{ada.path}/edit", {"body": ""}),
        (f"{ada.path}/wishes", {}),
        ("/s/news/data", {"email": "ada@example.com"}),
        (reader.path, {"article": ARTICLE}),
    ]

    codes, later = (
        [client.post(path, data=fields).status_code for path, fields in forms] for _ in range(2)
    )

    assert codes == [400, 303, 200, 429], "with the comment these are five"
    assert later == [429] * 4
    report = {"article": ARTICLE, "reason": "spam"}
    assert client.post("/s/news/reports", data=report).status_code == 400, "that is another one"


@pytest.mark.parametrize("overrides", [{"RATE_STORAGE": "redis://127.0.0.1:1/0"}], indirect=True)
def test_a_storage_of_limits_that_is_down_costs_no_comment(reader: Reader) -> None:
    assert reader.send_json(body="First.").status_code == 202
    assert reader.send_json(body="Second.").status_code == 202
