"""Tokens of proof: the same each time, for one purpose, for a time, revocable."""

import datetime as dt

import pytest

from moderation.privacy.links import PrivateLinks, ProofLinks
from tests.doubles import NOON

LINKS = ProofLinks("s" * 43)
HOUR = dt.timedelta(hours=1)


def test_a_token_says_who_until_it_expires_and_is_the_same_each_time() -> None:
    token = LINKS.issue("ada", 3, expires_at=NOON + HOUR)

    assert token == LINKS.issue("ada", 3, expires_at=NOON + HOUR)
    assert LINKS.read(token, now=NOON + HOUR - dt.timedelta(seconds=1)) == ("ada", 3)
    assert LINKS.read(token, now=NOON + HOUR) is None


@pytest.mark.parametrize("text", ["", "x", "é", "a.b.c", "\x00"])
def test_nonsense_is_no_token(text: str) -> None:
    assert LINKS.read(text, now=NOON) is None


def test_a_token_of_another_kind_or_secret_is_none() -> None:
    token = LINKS.issue("ada", 1, expires_at=NOON + HOUR)

    assert LINKS.read(PrivateLinks("s" * 43).issue("ada", 1), now=NOON) is None
    assert PrivateLinks("s" * 43).read(token) is None
    assert ProofLinks("t" * 43).read(token, now=NOON) is None
    assert LINKS.read(token[:-1] + "x", now=NOON) is None
