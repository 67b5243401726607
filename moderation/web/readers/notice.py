"""The privacy notice of a site, made from the settings that are in force (GDPR, article 13)."""

from flask import render_template

from moderation.flow.articles import find_site, policy_of
from moderation.services import services
from moderation.web.readers import readers


@readers.get("/s/<site_key>/privacy")
def notice(site_key: str) -> str:
    """What is kept of commenters, why, and how long."""
    settings = services().settings
    with services().database.reading() as session:
        site = find_site(session, site_key)
        policy = policy_of(site)
    return render_template(
        "readers/notice.html",
        site=site,
        policy=policy,
        limits=settings.RATE_SUBMIT.replace(";", ","),
        deadline=round(settings.SCORE_DEADLINE),
        sends_mail=bool(settings.SMTP_HOST),
    )
