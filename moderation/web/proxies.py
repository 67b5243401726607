"""A proxy that the settings do not know: seen by the header it adds, told to the operator.

Its address would count as that of every reader, and all would share one rate limit. Anybody can
send the header, so it tells something only where most requests of readers carry it.
"""

from collections import deque

from flask import Flask, current_app, request

LATEST = 100
FEWEST = 20

_SEEN = "forwarded"


def register_proxies(app: Flask, trusted: int) -> None:
    """Look at the latest requests of readers for the header, where no proxy is trusted."""
    app.extensions[_SEEN] = deque[bool](maxlen=LATEST)
    if not trusted:
        app.before_request(_look)


def warn_of_proxies() -> list[str]:
    """A warning where most requests came through a proxy that TRUSTED_PROXIES does not count."""
    seen = list(current_app.extensions[_SEEN])
    if len(seen) < FEWEST or sum(seen) * 2 <= len(seen):
        return []
    return [
        "requests come through a proxy that is not trusted, so all readers share one rate limit: "
        "set TRUSTED_PROXIES to the number of proxies in front (docs/operating.md)"
    ]


def _look() -> None:
    if request.blueprint == "readers":
        current_app.extensions[_SEEN].append("X-Forwarded-For" in request.headers)
