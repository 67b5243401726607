"""Pictures beside names, drawn here from the public name alone: docs/architecture.md says why."""

import hashlib
from typing import NamedTuple

from moderation.text import fold
from moderation.web.readers import readers

# White letters have a contrast of at least 4.5 on each (WCAG 1.4.3).
COLORS = (
    *("#9b2c2c", "#9a4b12", "#7a5a00", "#4d6b12", "#1f6f3c", "#0f6b66"),
    *("#1a6285", "#2a58a8", "#4c4bb0", "#6b3fa0", "#8f3480", "#a02c5d"),
)


class Avatar(NamedTuple):
    """A letter on a colour."""

    letter: str
    color: str


@readers.app_template_filter("avatar")
def draw(name: str) -> Avatar:
    """The same for each who uses the name; says nothing that the name does not say."""
    letter = next((sign for sign in name if sign.isalnum()), "?").upper()[:1]
    digest = hashlib.sha256(fold(name).encode()).digest()
    return Avatar(letter, COLORS[digest[0] % len(COLORS)])
