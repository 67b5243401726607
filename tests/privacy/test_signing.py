"""Signed texts: read back whole, never by another secret or for another purpose."""

import hashlib

import pytest
from itsdangerous import URLSafeSerializer

from moderation.privacy.signing import Signer

SECRET = "s" * 43
PARTS = ["a", 1, 2.5]


def test_what_was_signed_is_read_and_alike_each_time() -> None:
    signer = Signer(SECRET, "link")

    assert signer.read(signer.sign(PARTS)) == PARTS
    assert signer.sign(PARTS) == signer.sign(PARTS)


@pytest.mark.parametrize(
    "forged",
    [
        Signer("t" * 43, "link").sign(PARTS),
        Signer(SECRET, "form").sign(PARTS),
        URLSafeSerializer(SECRET, salt="link").dumps(PARTS),  # by SHA-1
        Signer(SECRET, "link").sign(PARTS)[:-1],
        Signer(SECRET, "link").sign(PARTS).upper(),
        "",
        "é.é",
    ],
)
def test_what_was_not_is_forged(forged: str) -> None:
    assert Signer(SECRET, "link").read(forged) is None


def test_the_signature_is_as_long_as_its_hash() -> None:
    signature = Signer(SECRET, "link").sign(PARTS).rpartition(".")[2]

    assert len(signature) == -(-hashlib.sha256().digest_size * 8 // 6)


def test_only_lists_are_read() -> None:
    options = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    text = URLSafeSerializer(SECRET, salt="link", signer_kwargs=options).dumps("a")
    assert isinstance(text, str)

    assert Signer(SECRET, "link").read(text) is None
