"""How to answer: which form the caller wants."""

from flask import request


def wants_json() -> bool:
    """Whether the caller asked for JSON rather than a page."""
    accept = request.accept_mimetypes
    return accept.best_match(["text/html", "application/json"]) == "application/json"
