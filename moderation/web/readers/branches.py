"""A page of a thread as readers see it: comments with what answers them inside."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from moderation.flow.publish import Entry

DEEPEST = 5  # the last level that readers.css knows: what is below looks like it


@dataclass
class Branch:
    """A comment and the branches that answer it, as far as they stand on this page."""

    entry: Entry
    replies: list["Branch"] = field(default_factory=list)

    @property
    def shown_level(self) -> int:
        """How deep it looks."""
        return shown_level(self.entry.level)

    @property
    def count(self) -> int:
        """How many comments stand below it here."""
        return sum(1 + reply.count for reply in self.replies)


def shown_level(level: int) -> int:
    """How deep a comment of this level looks, 0 to DEEPEST."""
    return min(level, DEEPEST)


def grow(entries: Iterable[Entry]) -> list[Branch]:
    """Nest what comes depth first.

    A page that goes on within a branch begins with answers to what the page before has shown:
    those stand by themselves, with their own level.
    """
    found: list[Branch] = []
    path: list[Branch] = []  # from the top to the last one
    for entry in entries:
        while path and path[-1].entry.level >= entry.level:
            path.pop()
        branch = Branch(entry)
        (path[-1].replies if path else found).append(branch)
        path.append(branch)
    return found
