"""Signed tokens: the form's and the commenter's private link. Nothing secret is stored."""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from moderation.privacy.signing import Signer


@dataclass(frozen=True)
class FormToken:
    """What a form carries: its submission, site and article, when it was first and last shown."""

    submission_id: str
    site: str
    article: str  # SHA-256 of the article's key: bounds the token's length
    first_at: float  # seconds since 1970, UTC
    issued_at: float
    # Its writer was asked whether to change a text: the day, a keyed hash of it, the form's id.
    asked: str = ""


class FormTokens:
    """Issues and reads form tokens."""

    def __init__(self, secret: str) -> None:
        self._signer = Signer(secret, "form")

    def issue(
        self, site: str, article_key: str, *, now: dt.datetime, first_at: float, asked: str = ""
    ) -> str:
        """A fresh token with a submission id of its own; `first_at` is when the form began."""
        submission_id = secrets.token_urlsafe(16)
        return self._signer.sign(
            [submission_id, site, _digest(article_key), first_at, now.timestamp(), asked]
        )

    def read(self, text: str, site: str, article_key: str) -> FormToken | None:
        """The token, or None where it is forged, or made for another site or article."""
        parts = self._signer.read(text)
        if parts is None:
            return None
        token = FormToken(*parts)
        return token if (token.site, token.article) == (site, _digest(article_key)) else None


@dataclass(frozen=True)
class ActToken:
    """What a form on a private page carries: the version it was shown for, and when."""

    version: int
    issued_at: float  # seconds since 1970, UTC


class ActTokens:
    """Tokens of the forms on a commenter's private page, whose link itself only reads.

    Each is for one act on one version of one comment: where the act moves that, it works once.
    """

    def __init__(self, secret: str) -> None:
        self._signer = Signer(secret, "act on a private page")

    def issue(self, act: str, public_id: str, version: int, *, now: dt.datetime) -> str:
        """The token for doing `act` to the comment as it stands in this version."""
        return self._signer.sign([act, public_id, version, now.timestamp()])

    def read(self, text: str, act: str, public_id: str) -> ActToken | None:
        """The token, or None where it is forged, or made for another act or comment."""
        parts = self._signer.read(text)
        if parts is None or parts[:2] != [act, public_id]:
            return None
        return ActToken(*parts[2:])


def _digest(article_key: str) -> str:
    return hashlib.sha256(article_key.encode()).hexdigest()
