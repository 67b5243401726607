"""One log line a request: the route, never the path (private links are secrets)."""

import time

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger()


def register_access_log(app: Flask) -> None:
    """Log every answer with its route, status and duration in milliseconds."""

    @app.before_request
    def _start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def _log(response: Response) -> Response:
        log.info(
            "request",
            method=request.method,
            route=request.url_rule.rule if request.url_rule else None,
            status=response.status_code,
            ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
        )
        return response
