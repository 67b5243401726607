"""What machines call: is the process alive, is everything it needs there, and in numbers."""

import datetime as dt
import hmac
import ipaddress

from alembic.migration import MigrationContext
from flask import Blueprint, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from moderation.flow.jobs import count_waiting, live_workers
from moderation.flow.sites import warn_of_languages
from moderation.metrics import HELD, REGISTRY, WAITING
from moderation.migrations import SCRIPTS
from moderation.models import Comment, Site
from moderation.services import services
from moderation.statuses import Status
from moderation.web.proxies import warn_of_proxies

machines = Blueprint("machines", __name__)


@machines.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@machines.get("/readyz")
def readyz() -> Response:
    """Database, migrations, model and queue, really checked: 200, or 503 with what is wrong.

    Details are for loopback callers and holders of METRICS_TOKEN; others see the outcome only.
    Among them are warnings, which leave an installation ready: sites whose language the model does
    not know, a graph that is slower than it might be, a proxy that the settings do not know.
    """
    sees_details = _may_see_details()
    warnings: list[str] = []
    try:
        with services().database.reading() as session:
            checks = _check(session)
            if sees_details and checks["migrations"] == "ok":
                warnings = _warn(session)
    except SQLAlchemyError:
        checks = {"database": "does not answer: check DATABASE_URL and the server behind it"}
    is_ready = all(value == "ok" for value in checks.values())
    answer: dict[str, object] = {"status": "ready" if is_ready else "not ready"}
    if sees_details:
        answer["checks"] = checks
        answer["warnings"] = warnings
    response = jsonify(answer)
    response.status_code = 200 if is_ready else 503
    return response


@machines.get("/metrics")
def metrics() -> Response:
    """Prometheus metrics of this process and of the database; for those who may see details."""
    if not _may_see_details():
        raise NotFound
    with services().database.reading() as session:
        WAITING.set(count_waiting(session))
        HELD.set(_count_held(session))
    return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def _may_see_details() -> bool:
    token = services().settings.METRICS_TOKEN
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    # An empty METRICS_TOKEN is none: everybody holds it.
    if token and hmac.compare_digest(sent.encode(), token.get_secret_value().encode()):
        return True
    # Behind a proxy on the same host everybody seems to come from loopback.
    if services().settings.secure or services().settings.TRUSTED_PROXIES:
        return False
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not forwarded and _is_loopback(request.remote_addr)


def _is_loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def _check(session: Session) -> dict[str, str]:
    checks = {"database": "ok", "migrations": _check_migrations(session)}
    if checks["migrations"] != "ok":
        return checks
    return {**checks, "model": _check_model(session), "queue": _check_queue(session)}


def _warn(session: Session) -> list[str]:
    """What is worth knowing and no reason to send readers away."""
    settings = services().settings
    sites = session.scalars(select(Site).order_by(Site.key))
    warnings = warn_of_languages(sites, settings.MODEL, settings.MODEL_CACHE)
    warnings += warn_of_proxies()
    alive = live_workers(session, now=services().clock())
    if any((worker.model_version or "").endswith("-float") for worker in alive):
        warnings.append("serving the unquantised graph, which is slower: 8 bits lose too much here")
    return warnings


def _check_migrations(session: Session) -> str:
    at = MigrationContext.configure(session.connection()).get_current_revision()
    if at == SCRIPTS.get_current_head():
        return "ok"
    return "not up to date: run `flask --app wsgi db upgrade`"


def _check_model(session: Session) -> str:
    alive = live_workers(session, now=services().clock())
    if any(worker.error is None for worker in alive):
        return "ok"
    if alive:
        return "a scorer runs but has no model: see its log for the remedy"
    return "no scorer runs: start `flask --app wsgi worker run`, or set SCORER=embedded"


def _check_queue(session: Session) -> str:
    """Nothing may wait undecided for longer than the deadline and a few sweeps."""
    patience = dt.timedelta(seconds=services().settings.SCORE_DEADLINE + 15)
    stuck = session.scalar(
        select(func.count()).where(
            Comment.status == Status.PROCESSING,
            Comment.said_at < services().clock() - patience,
        )
    )
    return "ok" if not stuck else f"{stuck} comments wait undecided beyond SCORE_DEADLINE"


def _count_held(session: Session) -> int:
    return session.scalar(select(func.count()).where(Comment.status == Status.HELD)) or 0
