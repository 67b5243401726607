"""Whence a comment came: what is kept of the address, and who says which one it is."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.models import CommentAddress, Site
from moderation.services import Services
from tests.web.pages import Reader

Kept = Callable[[], list[str]]
PEER = "203.0.113.77"
LIES = {
    "X-Forwarded-For": "198.51.100.7",
    "X-Real-IP": "198.51.100.7",
    "Forwarded": "for=198.51.100.7",
}


@pytest.fixture
def kept(services: Services) -> Kept:
    """The ranges that are stored, opened."""

    def read() -> list[str]:
        with services.database.reading() as session:
            rows = session.scalars(select(CommentAddress)).all()
        vault = services.vault
        for row in rows:
            opened = vault.decrypt(row.ciphertext, row=f"address:{row.comment_id}")
            assert row.range_hash == vault.address_hashes(opened)[0]
        return [vault.decrypt(r.ciphertext, row=f"address:{r.comment_id}") for r in rows]

    return read


def send(client: FlaskClient, address: str, **headers: str) -> None:
    client.environ_base["REMOTE_ADDR"] = address
    reader = Reader(client)
    fields = reader.fields()
    for _ in range(2):  # the second is a retry
        answer = client.post(reader.path, data=fields, headers=headers)
        assert answer.status_code in (201, 202), answer.text


@pytest.mark.parametrize(
    ("address", "cut"),
    [(PEER, "203.0.113.0/24"), ("2001:db8:1:2::77", "2001:db8:1::/48")],
)
@pytest.mark.usefixtures("site")
def test_only_the_range_of_the_address_is_kept(
    client: FlaskClient, kept: Kept, address: str, cut: str
) -> None:
    send(client, address)
    assert kept() == [cut]


@pytest.mark.parametrize("overrides", [{"TRUSTED_PROXIES": 0}], indirect=True)
def test_a_caller_cannot_choose_what_is_kept(client: FlaskClient, site: Site, kept: Kept) -> None:
    send(client, PEER, **LIES)
    assert kept() == ["203.0.113.0/24"]


@pytest.mark.parametrize("overrides", [{"TRUSTED_PROXIES": 1}], indirect=True)
def test_behind_a_trusted_proxy_it_is_what_the_last_hop_said(
    client: FlaskClient, site: Site, kept: Kept
) -> None:
    send(client, "127.0.0.1", **{"X-Forwarded-For": f"198.51.100.7, {PEER}"})
    assert kept() == ["203.0.113.0/24"]


@pytest.mark.usefixtures("site")
def test_what_is_no_address_is_not_kept(client: FlaskClient, kept: Kept) -> None:
    send(client, "nonsense")
    assert kept() == []
