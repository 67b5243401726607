"""Links to private pages and those that are mailed: to prove an address, to end mails, to join the
team, to decide about a comment.

Derived: none is stored.
"""

import datetime as dt

from moderation.privacy.signing import Signer
from moderation.statuses import MailAction, Mailing


class ProofLinks:
    """Issues and reads the tokens of proof. Needs no request, so the sender can make them too."""

    def __init__(self, secret: str) -> None:
        self._signer = Signer(secret, "proof of an address")

    def issue(self, public_id: str, link_version: int, *, expires_at: dt.datetime) -> str:
        """The token for a commenter whose `link_version` stands so: the same each time."""
        return self._signer.sign([public_id, link_version, int(expires_at.timestamp())])

    def read(self, text: str, *, now: dt.datetime) -> tuple[str, int] | None:
        """Public id and link version, or None for a forged or an old token."""
        parts = self._signer.read(text)
        if parts is None:
            return None
        public_id, link_version, expires_at = parts
        if now.timestamp() >= expires_at:
            return None
        return str(public_id), int(link_version)


class PrivateLinks:
    """The token of a comment's private page: derived, so a retry gets the same, and revocable."""

    def __init__(self, secret: str) -> None:
        self._signer = Signer(secret, "private link")

    def issue(self, public_id: str, link_version: int) -> str:
        """The token for a comment whose `link_version` stands so."""
        return self._signer.sign([public_id, link_version])

    def read(self, text: str) -> tuple[str, int] | None:
        """Public id and link version, or None for a forged token."""
        parts = self._signer.read(text)
        if parts is None:
            return None
        public_id, link_version = parts
        return str(public_id), int(link_version)


class UnsubscribeLinks:
    """Issues and reads the tokens that end one kind of mails to one commenter (RFC 8058)."""

    def __init__(self, secret: str) -> None:
        self._signer = Signer(secret, "end of mails")

    def address(self, public_url: str, public_id: str, link_version: int, mailing: Mailing) -> str:
        """The whole link for a commenter whose `link_version` stands so: the same in each mail."""
        return f"{public_url}/u/{self._signer.sign([public_id, link_version, mailing.value])}"

    def read(self, text: str) -> tuple[str, int, Mailing] | None:
        """Public id, link version and what it ends, or None for a forged token."""
        parts = self._signer.read(text)
        return (str(parts[0]), int(parts[1]), Mailing(parts[2])) if parts else None


class InvitationLinks:
    """Issues and reads the tokens of invitations. Until when and how often, their rows say."""

    def __init__(self, secret: str) -> None:
        self._signer = Signer(secret, "invitation")

    def address(self, public_url: str, public_id: str) -> str:
        """The whole link to an invitation: the same each time it is mailed."""
        return f"{public_url}/invitation/{self._signer.sign([public_id])}"

    def read(self, text: str) -> str | None:
        """The public id of the invitation, or None for a forged token."""
        parts = self._signer.read(text)
        return str(parts[0]) if parts else None


class DecisionLinks:
    """Issues and reads the tokens that decide from a mail. What they may do, its row says."""

    def __init__(self, secret: str) -> None:
        self._signer = Signer(secret, "decision from a mail")

    def address(self, public_url: str, mail_id: int, key: str, action: MailAction) -> str:
        """The whole link of a mail that decides so: the same each time it is mailed.

        `key` is what its row holds at random: numbers of mails come again, keys do not.
        """
        return f"{public_url}/decision/{self._signer.sign([mail_id, key, action.value])}"

    def read(self, text: str) -> tuple[int, str, MailAction] | None:
        """The mail, its key and what the link decides, or None for a forged token."""
        parts = self._signer.read(text)
        return (int(parts[0]), str(parts[1]), MailAction(parts[2])) if parts else None


class Links:
    """All kinds of links that mails hold, of one secret."""

    def __init__(self, secret: str) -> None:
        self.proofs = ProofLinks(secret)
        self.pages = PrivateLinks(secret)
        self.unsubscribe = UnsubscribeLinks(secret)
        self.invitations = InvitationLinks(secret)
        self.decisions = DecisionLinks(secret)
