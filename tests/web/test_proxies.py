"""A proxy that nobody was told of is noticed; a reader who plays one is not."""

import pytest
from flask.testing import FlaskClient

from moderation.db import Database
from moderation.web.proxies import FEWEST, LATEST
from tests.factories import ARTICLE, make_site

PROXIED = {"X-Forwarded-For": "203.0.113.7"}


@pytest.fixture(autouse=True)
def site(database: Database) -> None:
    with database.transaction() as session:
        make_site(session)


def read(client: FlaskClient, times: int, headers: dict[str, str] | None = None) -> None:
    for _ in range(times):
        page = client.get(f"/s/news/comments?article={ARTICLE}", headers=headers)
        assert page.status_code == 200


def warnings(client: FlaskClient) -> list[str]:
    found: list[str] = client.get("/readyz").get_json()["warnings"]
    return [line for line in found if "proxy" in line]


def test_where_most_requests_name_a_proxy_the_operator_is_told(client: FlaskClient) -> None:
    read(client, FEWEST - 1, PROXIED)
    assert warnings(client) == []

    read(client, 1, PROXIED)

    (warning,) = warnings(client)
    assert "share one rate limit: set TRUSTED_PROXIES" in warning


def test_half_of_the_requests_say_nothing(client: FlaskClient) -> None:
    read(client, FEWEST // 2, PROXIED)
    read(client, FEWEST // 2)

    assert warnings(client) == []


def test_the_warning_goes_once_the_proxy_has_gone(client: FlaskClient) -> None:
    read(client, FEWEST, PROXIED)
    read(client, LATEST)

    assert warnings(client) == []


@pytest.mark.parametrize("overrides", [{"TRUSTED_PROXIES": 1, "METRICS_TOKEN": "t"}])
def test_a_trusted_proxy_is_no_matter(client: FlaskClient) -> None:
    read(client, FEWEST, PROXIED)

    answer = client.get("/readyz", headers={"Authorization": "Bearer t"}).get_json()
    assert answer["warnings"] == []
