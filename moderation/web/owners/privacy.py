"""The page about personal data: a section is a fragment and what it shows."""

import datetime as dt
from collections.abc import Callable
from typing import Any, NamedTuple

from flask import render_template
from sqlalchemy.orm import Session

from moderation.flow.personal.erasure import read_erasures
from moderation.flow.personal.holds import read_holds
from moderation.flow.personal.retention import read_times
from moderation.flow.personal.sight import read_reveals
from moderation.models import Moderator
from moderation.services import services
from moderation.web.gate import current_moderator
from moderation.web.owners import owners
from moderation.web.proxies import warn_of_proxies

REVEALS_DAYS = 30


class Section(NamedTuple):
    """One part of the page: the fragment finds what `read` answers as `facts`."""

    template: str
    read: Callable[[Session, Moderator, dt.datetime], Any]


def _read_reveals(session: Session, owner: Moderator, now: dt.datetime) -> dict[str, Any]:
    since = now - dt.timedelta(days=REVEALS_DAYS)
    return {"days": REVEALS_DAYS, "reveals": read_reveals(session, owner, since=since)}


def _read_proxies(_session: Session, _owner: Moderator, _now: dt.datetime) -> dict[str, Any]:
    return {"is_hidden_by_proxy": bool(warn_of_proxies())}


def _read_erasures(session: Session, owner: Moderator, _now: dt.datetime) -> Any:
    return read_erasures(session, owner)


def _read_holds(session: Session, owner: Moderator, now: dt.datetime) -> Any:
    return read_holds(session, owner, now=now)


def _read_times(session: Session, owner: Moderator, now: dt.datetime) -> Any:
    return read_times(session, owner, now=now)


# In the order of the page.
SECTIONS = (
    Section("owners/_reveals.html", _read_reveals),
    Section("owners/_erasures.html", _read_erasures),
    Section("owners/_holds.html", _read_holds),
    Section("owners/_times.html", _read_times),
    Section("owners/_proxies.html", _read_proxies),
)


@owners.get("/privacy")
def privacy() -> str:
    """Who saw what of commenters, and what stands in the way of their privacy."""
    owner, now = current_moderator(), services().clock()
    with services().database.reading() as session:
        sections = [(part.template, part.read(session, owner, now)) for part in SECTIONS]
        return render_template("owners/privacy.html", sections=sections)
