"""Addresses are cut to their range; nothing of one host is left."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.privacy.addresses import range_of


@pytest.mark.parametrize(
    ("address", "cut"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("203.0.113.128/25", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("203.0.0.0/16", None),
        ("2001:db8::/32", None),
        ("::/16", None),
        ("", None),
        (None, None),
        ("news.example.com", None),
    ],
)
def test_it_is_cut(address: str | None, cut: str | None) -> None:
    assert range_of(address) == cut


@given(st.ip_addresses())
def test_every_address_is_one_of_many_in_its_range(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    cut = range_of(str(address))
    assert cut is not None
    assert ipaddress.ip_network(cut).num_addresses >= 256


@given(st.text())
def test_other_text_is_no_address(text: str) -> None:
    assert range_of("x" + text) is None
