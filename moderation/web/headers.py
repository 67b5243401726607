"""Security headers of every answer, and who may embed or call what."""

from collections.abc import Iterable

from flask import Flask, Response, g, request

from moderation.services import services

# Everything comes from this host; nothing inline runs or styles.
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)


def allow_framing_by(origins: Iterable[str]) -> None:
    """Let pages of these origins embed the page that this request answers."""
    g.frame_ancestors = " ".join(origins) or "'none'"


def allow_calls_from(origins: Iterable[str]) -> None:
    """Let scripts of these origins read this request's answer (CORS, without credentials)."""
    g.cors_origins = frozenset(origins)


def set_headers(response: Response) -> Response:
    """Add what every answer carries; registered as `after_request`."""
    headers = response.headers
    ancestors = g.get("frame_ancestors", "'none'")
    headers["Content-Security-Policy"] = CSP.format(ancestors=ancestors)
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    headers.setdefault("Cache-Control", "no-store")
    if services().settings.secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    cors_origins = g.get("cors_origins")
    if cors_origins is not None:
        headers.add("Vary", "Origin")
        if request.origin in cors_origins:
            headers["Access-Control-Allow-Origin"] = request.origin
    return response


def register_headers(app: Flask) -> None:
    """Set the headers on every answer of the app."""
    app.after_request(set_headers)
