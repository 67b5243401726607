"""Static files carry a version in their address, so that an upgrade is seen at once."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask


def register_assets(app: Flask) -> None:
    """Add `?v=…`, a digest of the file's content, to every address of a static file."""
    folder = Path(app.static_folder or "")

    @cache
    def version(filename: str) -> str | None:
        path = folder / filename
        return hashlib.sha256(path.read_bytes()).hexdigest()[:8] if path.is_file() else None

    @app.url_defaults
    def _add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "filename" in values:
            values.setdefault("v", version(values["filename"]))
