"""What an endpoint is sent: body, headers and signature of Standard Webhooks 1.0.0.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import datetime as dt
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from typing import Any

from moderation.statuses import Occasion

# The spec wants 24 to 64 bytes.
SECRET_BYTES = 32
PREFIX = "whsec_"
ID_BYTES = 16
# What each occasion is called in `type`.
TYPES = {
    Occasion.URGENT: "comment.urgent",
    Occasion.HELD: "comment.held",
    Occasion.WAITING: "queue.waiting",
    Occasion.SCORER_DOWN: "scorer.down",
    Occasion.SURGE: "article.surge",
}
TEST = "webhook.test"


def new_secret() -> str:
    """A fresh signing secret, as it is shown to its owner."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def new_message_id() -> str:
    """What tells a delivery from all others; receivers know a repetition by it."""
    return f"msg_{secrets.token_urlsafe(ID_BYTES)}"


def body_of(occasion: Occasion | None, created_at: dt.datetime, data: dict[str, Any]) -> bytes:
    """The JSON text; None is a test. The same for each try, whenever it is made."""
    message = {
        "type": TYPES[occasion] if occasion else TEST,
        "timestamp": created_at.isoformat(),
        "data": data,
    }
    return json.dumps(message, separators=(",", ":")).encode()


def headers_for(
    message_id: str, body: bytes, signing: Iterable[str], *, now: dt.datetime
) -> dict[str, str]:
    """The headers of one try at `now`, signed with each of the secrets (`whsec_…`)."""
    timestamp = str(int(now.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return {
        "Content-Type": "application/json",
        "User-Agent": "comments-webhooks",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_sign(secret, signed) for secret in signing),
    }


def _sign(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
