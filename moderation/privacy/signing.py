"""Signed texts for addresses and forms: HMAC-SHA-256 (RFC 2104) by itsdangerous."""

import hashlib
from collections.abc import Sequence
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer


class Signer:
    """Signs short lists for one purpose. Nothing is hidden: what is signed can be read."""

    def __init__(self, secret: str, purpose: str) -> None:
        """A text signed for one `purpose` is forged for every other."""
        self._serializer = URLSafeSerializer(
            secret,
            salt=purpose,
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )

    def sign(self, parts: Sequence[str | float]) -> str:
        """The parts as a text for an address; the same parts give the same text."""
        text = self._serializer.dumps(parts)
        return text if isinstance(text, str) else text.decode()

    def read(self, text: str) -> list[Any] | None:
        """The parts, or None where the text was not signed here for this purpose."""
        try:
            parts = self._serializer.loads(text)
        except BadSignature:
            return None
        return parts if isinstance(parts, list) else None
