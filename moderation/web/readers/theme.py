"""The looks of a site: a style sheet of the few values that its owner chose."""

import hashlib

from flask import Response, request, url_for

from moderation.flow.articles import find_site, policy_of
from moderation.models import Site
from moderation.policy.theme import theme_css
from moderation.services import services
from moderation.web.readers import readers

KEPT = "public, max-age=31536000, immutable"  # a year: another theme has another address


@readers.get("/s/<site_key>/theme.css")
def theme(site_key: str) -> Response:
    """The theme as it is now; only under its own version may a cache keep it."""
    with services().database.reading() as session:
        css = theme_css(policy_of(find_site(session, site_key)).theme)
    response = Response(css, mimetype="text/css")
    is_current = request.args.get("v") == _version(css)
    response.headers["Cache-Control"] = KEPT if is_current else "public, no-cache"
    return response


@readers.app_template_global()
def theme_address(site: Site) -> str | None:
    """Where the theme of a site lies, in the version that it has; None for a site without one."""
    css = theme_css(policy_of(site).theme)
    return url_for("readers.theme", site_key=site.key, v=_version(css)) if css else None


def _version(css: str) -> str:
    return hashlib.sha256(css.encode()).hexdigest()[:8]
