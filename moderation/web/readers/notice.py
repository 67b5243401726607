"""The privacy notice of a site, made from the settings that are in force (GDPR, article 13)."""

from flask import render_template, request
from flask_babel import format_decimal, format_timedelta
from flask_babel import gettext as _
from limits import parse_many

from moderation.flow.articles import find_article, find_site, policy_under, read_page
from moderation.services import services
from moderation.web.languages import speak_as
from moderation.web.readers import readers


@readers.get("/s/<site_key>/privacy")
def notice(site_key: str) -> str:
    """What is kept of commenters, why, and how long; of `article` where that has rules of its own.

    Raises UnknownSite or ForeignArticle.
    """
    settings = services().settings
    with services().database.reading() as session:
        site = find_site(session, site_key)
        speak_as(site)
        url = request.args.get("article")
        article = find_article(session, site, read_page(site, url)) if url else None
        policy = policy_under(site, article, services().clock())
    return render_template(
        "readers/notice.html",
        site=site,
        policy=policy,
        limits=_show_limits(settings.RATE_SUBMIT),
        deadline=round(settings.SCORE_DEADLINE),
        sends_mail=bool(settings.SMTP_HOST),
    )


def _show_limits(limits: str) -> str:
    """Such as "6 in 1 minute, 60 in 1 hour"."""
    return ", ".join(
        _(
            "%(number)s in %(time)s",
            number=format_decimal(limit.amount),
            time=format_timedelta(limit.get_expiry()),
        )
        for limit in parse_many(limits)
    )
