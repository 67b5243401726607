"""Which language a page speaks: `?lang=`, then the site's own, then the browser's.

The desk of moderators and owners is English.
"""

import datetime as dt
from typing import Any

from flask import Flask, Response, g, has_request_context, request
from flask_babel import (
    Babel,
    format_date,
    format_datetime,
    format_decimal,
    format_timedelta,
    get_locale,
    refresh,
)

from moderation.flow.articles import policy_of
from moderation.languages import CATALOGUES, FALLBACK, LANGUAGES, known_language
from moderation.models import Site
from moderation.services import services

RECENT = dt.timedelta(days=7)  # until then "3 days ago" says more than a date


def speak_as(site: Site) -> None:
    """Answer this request in the language of the site, unless it asks for another."""
    g.site_language = policy_of(site).language
    refresh()


def select_language() -> str:
    """The language of this request, one of LANGUAGES."""
    if not has_request_context() or request.blueprint in ("moderators", "owners"):
        return FALLBACK
    for wanted in (request.args.get("lang", ""), g.get("site_language", "")):
        if language := known_language(wanted):
            return language
    g.is_browsers_language = True
    accepted = request.accept_languages.values()
    return next(filter(None, map(known_language, accepted)), FALLBACK)


def show_when(moment: dt.datetime) -> str:
    """How long ago this was, or the date, for readers."""
    passed = services().clock() - moment
    if dt.timedelta() <= passed < RECENT:
        # Of no time at all Babel says "in 0 seconds".
        return str(format_timedelta(-max(passed, dt.timedelta(seconds=1)), add_direction=True))
    return str(format_date(moment, "long"))


def register_languages(app: Flask) -> None:
    """Set up Flask-Babel, and keep `?lang=` in the addresses of readers' pages."""
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    Babel(
        app,
        default_translation_directories=str(CATALOGUES),
        default_timezone="UTC",
        locale_selector=select_language,
    )
    app.jinja_env.globals.update(get_locale=get_locale, LANGUAGES=LANGUAGES)
    app.jinja_env.filters.update(
        show_when=show_when,
        show_moment=lambda moment: format_datetime(moment, "long"),
        show_iso=lambda text: format_datetime(dt.datetime.fromisoformat(text), "long"),
        show_number=format_decimal,
    )

    @app.after_request
    def _vary(response: Response) -> Response:
        if g.get("is_browsers_language"):
            response.vary.add("Accept-Language")
        return response

    @app.url_defaults
    def _keep_language(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint.startswith("readers.") and has_request_context():
            language = known_language(request.args.get("lang", ""))
            if language:
                values.setdefault("lang", language)
