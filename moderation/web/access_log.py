"""One log line a request: the route, never the path (private links are secrets)."""

import secrets
import time

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger()


def register_access_log(app: Flask) -> None:
    """Log every answer: route, status, milliseconds, the moderator's id, the code of an error.

    All lines that one request causes carry the same random `request_id`.
    """

    @app.before_request
    def _start() -> None:
        g.started = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=secrets.token_hex(8))

    @app.after_request
    def _log(response: Response) -> Response:
        log.info(
            "request",
            method=request.method,
            route=request.url_rule.rule if request.url_rule else None,
            status=response.status_code,
            moderator=g.moderator.id if "moderator" in g else None,
            error=g.get("error_code"),
            ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
        )
        return response
