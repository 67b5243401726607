"""The web: blueprints by audience behind one gate."""

import datetime as dt
import hashlib

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from config import Settings
from moderation.web.access_log import register_access_log
from moderation.web.assets import register_assets
from moderation.web.embed import embed
from moderation.web.errors import register_errors
from moderation.web.filters import register_filters
from moderation.web.gate import register_gate
from moderation.web.headers import register_headers
from moderation.web.languages import register_languages
from moderation.web.limits import limiter
from moderation.web.machines import machines
from moderation.web.moderators import (  # noqa: F401 (they add their views)
    account,
    articles,
    bans,
    bulk,
    claims,
    commenters,
    covering,
    escalation,
    invitation,
    log,
    mail_decision,
    moderators,
    notes,
    notices,
    queue,
    redaction,
    second_factor,
    sign_in,
    staff,
    standing,
    stats,
    steps,
    subtree,
    surges,
)
from moderation.web.owners import (  # noqa: F401 (likewise)
    article_rules,
    holds,
    owners,
    preview,
    privacy,
    sites,
    team,
    texts,
    webhooks,
)
from moderation.web.proxies import register_proxies
from moderation.web.readers import (  # noqa: F401 (likewise)
    avatars,
    comment_html,
    feed,
    news,
    notice,
    readers,
    reports,
    submissions,
    theme,
    thread,
)
from moderation.web.readers.own import (  # noqa: F401 (likewise)
    appeal,
    data,
    deletion,
    edit,
    mine,
    page,
    proof,
    unsubscribe,
    wishes,
)
from moderation.web.rows import register_rows


class SessionInterface(SecureCookieSessionInterface):
    """Flask's signed cookie, by HMAC-SHA-256 instead of SHA-1."""

    digest_method = staticmethod(hashlib.sha256)


REQUEST_MAX = 64 * 1024  # bytes; the longest comment in any script fits, as multipart/form-data


def register_web(app: Flask, settings: Settings) -> None:
    """Put all blueprints, checks and headers on the app."""
    app.config.update(
        SECRET_KEY=settings.SECRET_KEY.get_secret_value(),
        MAX_CONTENT_LENGTH=REQUEST_MAX,
        MAX_FORM_MEMORY_SIZE=REQUEST_MAX,
        SESSION_COOKIE_NAME="__Host-session" if settings.secure else "session",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session itself
        RATELIMIT_STORAGE_URI=settings.RATE_STORAGE,
        SEND_FILE_MAX_AGE_DEFAULT=dt.timedelta(days=365),
    )
    if settings.TRUSTED_PROXIES:
        hops = settings.TRUSTED_PROXIES
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's documented idiom
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=0
        )
    app.session_interface = SessionInterface()
    register_proxies(app, settings.TRUSTED_PROXIES)
    register_access_log(app)
    register_gate(app)
    register_headers(app)
    register_errors(app)
    register_filters(app)
    register_languages(app)
    register_assets(app)
    register_rows(app)
    limiter.init_app(app)
    csrf = CSRFProtect(app)
    csrf.exempt(readers)  # readers' forms carry the signed form token instead
    csrf.exempt(mail_decision.decide_from_mail)  # its address is a token that nobody else knows
    for blueprint in (readers, embed, moderators, owners, machines):
        app.register_blueprint(blueprint)
