"""The package's own source, for tests of what may not stand there."""

import ast
from collections.abc import Iterator
from pathlib import Path

import moderation

PACKAGE = Path(moderation.__file__).parent


def trees(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """The parsed files of these parts of the package."""
    for folder in folders:
        found = sorted((PACKAGE / folder).rglob("*.py"))
        assert found, folder
        for file in found:
            yield str(file.relative_to(PACKAGE)), ast.parse(file.read_text(encoding="utf-8"))
