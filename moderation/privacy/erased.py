"""The list of what was erased, outside of the database: a restored backup forgets the erasures.

One keyed hash of an opaque id a line, so the file itself tells nothing.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from moderation.privacy.vault import Vault

COMMENT = "comment"
COMMENTER = "commenter"


class ErasedList:
    """Remembers the ids of erased comments and commenters in a file of mode 0600."""

    def __init__(self, path: Path, vault: Vault) -> None:
        self._path = path
        self._vault = vault

    def add(self, kind: str, public_ids: Iterable[str]) -> None:
        """Append ids; they are on the disk when this returns. Raises OSError.

        Call it before the erasure commits: an id too many harms nothing, one too few would.
        """
        lines = [f"{self._tags(kind, public_id)[0]}\n" for public_id in public_ids]
        if not lines:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="ascii") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> frozenset[str]:
        """All lines; empty where nothing was ever erased."""
        try:
            return frozenset(self._path.read_text("ascii").split())
        except FileNotFoundError:
            return frozenset()

    def holds(self, lines: frozenset[str], kind: str, public_id: str) -> bool:
        """Whether `lines` has this id, under any key that is known here."""
        return any(tag in lines for tag in self._tags(kind, public_id))

    def _tags(self, kind: str, public_id: str) -> list[str]:
        return [mark.hex() for mark in self._vault.fingerprints(f"erased {kind} {public_id}")]
