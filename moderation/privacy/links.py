"""The link that is mailed to an address, to prove whose it is. Derived: none is stored."""

import datetime as dt

from itsdangerous import BadSignature, URLSafeSerializer


class ProofLinks:
    """Issues and reads the tokens of proof. Needs no request, so the sender can make them too."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeSerializer(secret, salt="proof of an address")

    def issue(self, public_id: str, link_version: int, *, expires_at: dt.datetime) -> str:
        """The token for a commenter whose `link_version` stands so: the same each time."""
        payload = [public_id, link_version, int(expires_at.timestamp())]
        text = self._serializer.dumps(payload)
        return text if isinstance(text, str) else text.decode()

    def read(self, text: str, *, now: dt.datetime) -> tuple[str, int] | None:
        """Public id and link version, or None for a forged or an old token."""
        try:
            public_id, link_version, expires_at = self._serializer.loads(text)
        except (BadSignature, TypeError, ValueError):
            return None
        if now.timestamp() >= expires_at:
            return None
        return str(public_id), int(link_version)
