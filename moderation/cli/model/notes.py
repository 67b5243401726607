"""What `model rescore` found, a line for each comment: ids and states, never a text or a name.

An interrupted run goes on from its notes, and a complete one leaves them as its list.
"""

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from moderation.flow.rescore import Outcome
from moderation.statuses import Actor, Status


class Notes:
    """The notes of one run: `NAME.part` while it lasts, `NAME-TIME.jsonl` once it is complete."""

    def __init__(self, folder: Path, name: str) -> None:
        """Takes up the notes that an interrupted run of the same name left in `folder`."""
        self.unfinished = folder / f"{name}.part"
        self._found = {outcome.comment_id: outcome for outcome in _read(self.unfinished)}
        self._file: IO[str] | None = None

    @property
    def outcomes(self) -> list[Outcome]:
        """One for each comment, the newest where it was noted twice."""
        return list(self._found.values())

    @property
    def last_id(self) -> int:
        """The highest comment id noted, 0 for none."""
        return max(self._found, default=0)

    def add(self, outcome: Outcome) -> None:
        """Note it, on disk before this returns to a caller that may be killed next."""
        if self._file is None:
            self._file = self._open()
        self._file.write(json.dumps(dataclasses.asdict(outcome)) + "\n")
        self._file.flush()
        self._found[outcome.comment_id] = outcome

    def close(self) -> None:
        """Leave the notes as they are, for the next run."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def finish(self, now: dt.datetime) -> Path:
        """Say that the run is complete; answers where the list of what was noted lies."""
        self.close()
        name = f"{self.unfinished.stem}-{now:%Y%m%dT%H%M%S}.jsonl"
        return self.unfinished.replace(self.unfinished.with_name(name))

    def _open(self) -> IO[str]:
        self.unfinished.parent.mkdir(parents=True, exist_ok=True)
        self.unfinished.touch(mode=0o600)
        file = self.unfinished.open("a", encoding="utf-8")
        file.write("\n")  # ends a line that a kill broke off
        return file


def _read(path: Path) -> Iterator[Outcome]:
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    for line in lines:
        try:
            raw = json.loads(line)
        except ValueError:  # empty, or broken off
            continue
        by = Actor(raw["by"]) if raw["by"] else None
        yield Outcome(**{**raw, "status": Status(raw["status"]), "by": by})
