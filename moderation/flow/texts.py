"""What the people of a site wrote for those who comment, and for their moderators."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.errors import UnknownText
from moderation.models import Event, Moderator, Site, SiteText
from moderation.statuses import Actor, Change, Reason, TextKind, Urgency

SENTENCE_MAX, TITLE_MAX, TEXT_MAX = 300, 80, 1_000  # characters
MOST = 30  # explanations to choose from
CODES: dict[TextKind, tuple[str, ...]] = {
    TextKind.REASON: tuple(Reason),
    TextKind.HELP: tuple(Urgency),
}


@dataclass
class Texts:
    """Those of one site; where it has none of its own for a reason, the built-in one is told."""

    reasons: dict[str, str] = field(default_factory=dict)
    help: dict[str, str] = field(default_factory=dict)
    explanations: list[SiteText] = field(default_factory=list)

    def of(self, kind: TextKind) -> dict[str, str]:
        """The texts of a kind by what they are for."""
        return self.reasons if kind is TextKind.REASON else self.help


def read_texts(session: Session, site_ids: Iterable[int]) -> dict[int, Texts]:
    """The texts of these sites, explanations by title; one query."""
    found = {site_id: Texts() for site_id in site_ids}
    query = (
        select(SiteText).where(SiteText.site_id.in_(found)).order_by(SiteText.title, SiteText.id)
    )
    for row in session.scalars(query):
        if row.kind is TextKind.EXPLANATION:
            found[row.site_id].explanations.append(row)
        elif row.code:
            found[row.site_id].of(row.kind)[row.code] = row.text
    return found


def mark_of(*texts: str | None) -> str:
    """What tells these texts from others: a form carries that of what its page showed."""
    return hashlib.sha256("\0".join(text or "" for text in texts).encode()).hexdigest()[:16]


def mark_of_kind(texts: Texts, kind: TextKind) -> str:
    """The mark of all texts of a kind."""
    own = texts.of(kind)
    return mark_of(*(own.get(code) for code in CODES[kind]))


def save_texts(
    session: Session,
    site: Site,
    kind: TextKind,
    wanted: Mapping[str, str],
    *,
    seen: str,
    by: Moderator,
    now: dt.datetime,
) -> bool:
    """Set the texts of a kind by code; an empty one is removed. Answers whether any changed.

    Raises UnknownText where they are not as `seen` any more.
    """
    _lock(session, site)
    if mark_of_kind(read_texts(session, [site.id])[site.id], kind) != seen:
        raise UnknownText("they were changed meanwhile")
    rows = session.scalars(
        select(SiteText).where(SiteText.site_id == site.id, SiteText.kind == kind)
    )
    known, changed = {row.code: row for row in rows}, []
    for code in CODES[kind]:
        row, text = known.get(code), wanted.get(code, "")
        if text == (row.text if row else ""):
            continue
        changed.append(f"{kind}_{code}")
        if row is None:
            session.add(SiteText(site_id=site.id, kind=kind, code=code, text=text))
        elif text:
            row.text = text
        else:
            session.delete(row)
    if changed:
        _record(session, site, changed, by, now)
    return bool(changed)


def add_explanation(
    session: Session, site: Site, title: str, text: str, *, by: Moderator, now: dt.datetime
) -> None:
    """Add one to choose from. Raises UnknownText where there are as many as there may be."""
    _lock(session, site)
    if len(read_texts(session, [site.id])[site.id].explanations) >= MOST:
        raise UnknownText("there are too many")
    made = SiteText(site_id=site.id, kind=TextKind.EXPLANATION, title=title, text=text)
    session.add(made)
    _record(session, site, ["explanations"], by, now)


def change_explanation(
    session: Session,
    site: Site,
    text_id: int,
    new: tuple[str, str] | None,
    *,
    seen: str,
    by: Moderator,
    now: dt.datetime,
) -> None:
    """Give an explanation this title and text, or remove it (None). Raises UnknownText.

    Those who were told it keep what they were told.
    """
    _lock(session, site)
    row = find_explanation(session, site.id, text_id)
    if mark_of(row.title, row.text) != seen:
        raise UnknownText("it was changed meanwhile")
    if new is None:
        session.delete(row)
    else:
        row.title, row.text = new
    _record(session, site, ["explanations"], by, now)


def find_explanation(session: Session, site_id: int, text_id: int) -> SiteText:
    """One of the site to choose from. Raises UnknownText."""
    row = session.get(SiteText, text_id)
    if row is None or row.site_id != site_id or row.kind is not TextKind.EXPLANATION:
        raise UnknownText("no such explanation")
    return row


def _lock(session: Session, site: Site) -> None:
    """One owner at a time, so that what was seen is what is changed."""
    session.scalar(select(Site.id).where(Site.id == site.id).with_for_update(key_share=True))


def _record(
    session: Session, site: Site, fields: Sequence[str], by: Moderator, now: dt.datetime
) -> None:
    """Names what changed, never a text."""
    session.flush()
    session.add(
        Event(
            site_id=site.id,
            moderator_id=by.id,
            change=Change.POLICY_CHANGED,
            actor=Actor.MODERATOR,
            data={"fields": sorted(fields)},
            created_at=now,
        )
    )
