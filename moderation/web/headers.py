"""Security headers of every answer, and who may embed, call or send what."""

from collections.abc import Iterable

from flask import Flask, Response, g, request

from moderation.errors import ForeignForm
from moderation.flow.articles import origin_of
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


def refuse_foreign(origins: Iterable[str]) -> None:
    """Take a form from pages of ours and of these origins only, where the browser says whose it is.

    The token of a reader's form is bound to no browser: anybody could fetch one and have a page of
    theirs send it from each visitor's network. Programs say nothing, and pass. Raises ForeignForm.
    """
    origin, relation = request.origin, request.headers.get("Sec-Fetch-Site")
    if relation in ("same-origin", "none"):
        return  # pages of ours that send no referrer have "null" for an origin
    if relation is None and origin is None:
        return  # no browser, or one of before 2023 that keeps it to itself
    # No page can choose the host that its visitors' browsers name.
    ours = {origin_of(services().settings.public_url)}
    ours |= {f"{scheme}://{request.host}" for scheme in ("http", "https")}
    if origin not in ours.union(origins):
        raise ForeignForm("sent from elsewhere")


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
