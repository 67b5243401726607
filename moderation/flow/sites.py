"""Sites come into being and change their rules; both stand in the log."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.errors import ScorerUnavailable, UnknownSite
from moderation.flow.articles import policy_of
from moderation.models import Event, Moderator, Site
from moderation.policy.limits import check_rules
from moderation.scoring.checkpoints.catalog import find_model
from moderation.statuses import Actor, Change, ScorerMode

DEMO_SITE = "demo"  # the key of the site whose article /demo shows
NAME_MAX, ORIGINS_MAX = 80, 50
SNIPPET = (
    '<div id="comments"></div>\n'
    '<script async src="{url}/embed.js" data-site="{key}"></script>\n'
    '<noscript><a href="{url}/s/{key}/comments?article={article}">Read and write comments</a>'
    "</noscript>"
)
ARTICLE_HERE = "ADDRESS-OF-THE-ARTICLE"
KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


def add_site(
    session: Session, key: str, *, name: str, origins: list[str], now: dt.datetime
) -> Site:
    """Create a site with the default policy. Raises ValueError for a bad or taken key."""
    if not KEY.fullmatch(key):
        raise ValueError("A key has 1 to 40 small letters, digits and hyphens.")
    if session.scalar(select(Site.id).where(Site.key == key)) is not None:
        raise ValueError(f"There is a site {key!r} already.")
    site = Site(key=key, name=name, origins=origins, policy={}, created_at=now)
    session.add(site)
    session.flush()
    return site


def snippet_of(key: str, public_url: str) -> str:
    """What an owner puts into the article template; the third line is for no JavaScript."""
    return SNIPPET.format(url=public_url, key=key, article=ARTICLE_HERE)


def change_policy(
    session: Session,
    site: Site,
    changes: Mapping[str, Any],
    *,
    now: dt.datetime,
    by: Moderator | None = None,
) -> None:
    """Set some fields of the site's policy. Raises WrongRule, and then changes nothing.

    The log names the fields, not their texts. `by` None stands for the operator.
    """
    checked = check_rules(changes)
    lock_site(session, site)
    site.policy = {**site.policy, **checked}
    _record(session, site, checked, by=by, now=now)


def change_site(
    session: Session,
    site: Site,
    *,
    name: str,
    origins: list[str],
    now: dt.datetime,
    by: Moderator | None = None,
) -> None:
    """Give the site another name, or other origins that may embed it."""
    lock_site(session, site)
    wanted = {"name": name, "origins": origins}
    changed = [field for field, value in wanted.items() if getattr(site, field) != value]
    site.name, site.origins = name, origins
    _record(session, site, changed, by=by, now=now)


def lock_site(session: Session, site: Site) -> None:
    """The site as it stands now, until the transaction ends: one change after the other."""
    session.flush()
    session.refresh(site, with_for_update={"key_share": True})


def _record(
    session: Session,
    site: Site,
    fields: Iterable[str],
    *,
    by: Moderator | None,
    now: dt.datetime,
) -> None:
    session.add(
        Event(
            site_id=site.id,
            moderator_id=by.id if by else None,
            change=Change.POLICY_CHANGED,
            actor=Actor.MODERATOR if by else Actor.OPERATOR,
            data={"fields": sorted(fields)},
            created_at=now,
        )
    )


def visible_sites(session: Session, moderator: Moderator) -> list[Site]:
    """The sites that this moderator sees, by their keys."""
    query = select(Site).order_by(Site.key)
    if moderator.site_id is not None:
        query = query.where(Site.id == moderator.site_id)
    return list(session.scalars(query))


def find_visible_site(session: Session, key: str, moderator: Moderator) -> Site:
    """The site of this key. Raises UnknownSite, also where this moderator may not see it."""
    for site in visible_sites(session, moderator):
        if site.key == key:
            return site
    raise UnknownSite("no such site")


def warn_of_languages(sites: Iterable[Site], model: str, cache: Path) -> list[str]:
    """A sentence for each site whose own language the model does not list: its comments all wait.

    The model (see `find_model`) is not loaded. One that cannot be found gives no warning: that it
    is missing is told elsewhere.
    """
    try:
        known = find_model(model, cache).languages
    except ScorerUnavailable:
        return []
    languages = {site.key: policy_of(site).language for site in sites}
    return [
        f"site {key!r}: every comment will wait, since the model knows {', '.join(sorted(known))}"
        f" and not the site's own language {language!r}"
        for key, language in languages.items()
        if language not in known
    ]


def warn_of_nudges(sites: Iterable[Site], scorer: ScorerMode) -> list[str]:
    """A sentence for each site that wants the nudge where the serving process has no model."""
    if scorer is ScorerMode.EMBEDDED:
        return []
    return [
        f"site {site.key!r}: nobody is asked before posting, as that needs SCORER=embedded"
        for site in sites
        if policy_of(site).nudge
    ]
