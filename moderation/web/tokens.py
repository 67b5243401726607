"""Signed tokens: the form's and the commenter's private link. Nothing secret is stored."""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer


@dataclass(frozen=True)
class FormToken:
    """What a form carries: its submission, site and article, when it was first and last shown."""

    submission_id: str
    site: str
    article: str  # digest of the article's key: bounds the token's length
    first_at: float  # seconds since 1970, UTC
    issued_at: float


class FormTokens:
    """Issues and reads form tokens."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeSerializer(secret, salt="form")

    def issue(self, site: str, article_key: str, *, now: dt.datetime, first_at: float) -> str:
        """A fresh token with a submission id of its own; `first_at` is when the form began."""
        payload: list[str | float] = [
            secrets.token_urlsafe(12),
            site,
            _digest(article_key),
            first_at,
            now.timestamp(),
        ]
        return self._text(payload)

    def read(self, text: str, site: str, article_key: str) -> FormToken | None:
        """The token, or None where it is forged, or made for another site or article."""
        try:
            token = FormToken(*self._serializer.loads(text))
        except (BadSignature, TypeError):
            return None
        return token if (token.site, token.article) == (site, _digest(article_key)) else None

    def _text(self, payload: list[str | float]) -> str:
        text = self._serializer.dumps(payload)
        return text if isinstance(text, str) else text.decode()


class PrivateLinks:
    """The token of a comment's private page: derived, so a retry gets the same, and revocable."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeSerializer(secret, salt="private link")

    def issue(self, public_id: str, link_version: int) -> str:
        """The token for a comment whose `link_version` stands so."""
        text = self._serializer.dumps([public_id, link_version])
        return text if isinstance(text, str) else text.decode()

    def read(self, text: str) -> tuple[str, int] | None:
        """Public id and link version, or None for a forged token."""
        try:
            public_id, link_version = self._serializer.loads(text)
        except (BadSignature, TypeError, ValueError):
            return None
        return str(public_id), int(link_version)


def _digest(article_key: str) -> str:
    return hashlib.sha256(article_key.encode()).hexdigest()[:20]
