"""Sites come into being and change their rules; both stand in the log."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.errors import ScorerUnavailable
from moderation.models import Event, Site
from moderation.policy.context import Policy
from moderation.scoring.checkpoints.catalog import find_model
from moderation.statuses import Actor, Change

DEMO_SITE = "demo"  # the key of the site whose article /demo shows
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


def change_policy(
    session: Session, site: Site, changes: Mapping[str, Any], *, now: dt.datetime
) -> None:
    """Set some fields of the site's policy. The log names the fields, not their texts."""
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in changes.items()}
    site.policy = {**site.policy, **plain}
    session.add(
        Event(
            site_id=site.id,
            change=Change.POLICY_CHANGED,
            actor=Actor.MODERATOR,
            data={"fields": sorted(plain)},
            created_at=now,
        )
    )


def warn_of_languages(sites: Iterable[Site], model: str, cache: Path) -> list[str]:
    """A sentence for each site whose own language the model does not list: its comments all wait.

    The model (see `find_model`) is not loaded. One that cannot be found gives no warning: that it
    is missing is told elsewhere.
    """
    try:
        known = find_model(model, cache).languages
    except ScorerUnavailable:
        return []
    languages = {site.key: site.policy.get("language", Policy().language) for site in sites}
    return [
        f"site {key!r}: every comment will wait, since the model knows {', '.join(sorted(known))}"
        f" and not the site's own language {language!r}"
        for key, language in languages.items()
        if language not in known
    ]
