"""How a thread would look with a theme that nobody has saved: made up, nothing is stored."""

import datetime as dt
from typing import NamedTuple

from flask import Response, make_response, render_template, request
from flask_babel import force_locale
from werkzeug.datastructures import MultiDict

from moderation.flow.publish import Entry, Thread
from moderation.flow.sites import find_visible_site
from moderation.languages import FALLBACK, known_language
from moderation.policy.theme import SCHEMES, theme_css, usable_part
from moderation.services import services
from moderation.web.forms.comments import CommentForm
from moderation.web.gate import current_moderator
from moderation.web.headers import allow_calls_from, allow_framing_by
from moderation.web.owners import owners
from moderation.web.readers.branches import grow
from moderation.web.readers.reading import read_reading
from moderation.web.readers.stand import find_stand

OURSELVES = ("'self'",)


class MadeUp(NamedTuple):
    """A comment that nobody wrote."""

    level: int
    name: str
    body: str


COMMENTS = (
    MadeUp(
        0,
        "Ada Lindgren",
        "I cross the square every day with the pram. A little shade in July would change a lot.\n\n"
        "The plan is here: https://example.org/plan",
    ),
    MadeUp(1, "Tomás", "Same here. The limes in Mill Lane took six years, so let us start early."),
    MadeUp(0, "Helen Okafor", "I own a shop there. Is there a plan for deliveries?"),
)


@owners.get("/sites/<site_key>/preview")
def preview(site_key: str) -> Response:
    """A made-up thread, looking as the query says; `scheme` is light or dark."""
    with services().database.reading() as db:
        found = find_visible_site(db, site_key, current_moderator())
        article = f"{next(iter(found.origins), '')}/preview"
        stand = find_stand(db, site_key, MultiDict({"article": article}))
    allow_calls_from(())
    allow_framing_by(OURSELVES)
    thread = _made_up(services().clock())
    reading = read_reading(stand, {})
    language = known_language(stand.policy.language) or FALLBACK
    with force_locale(language):
        page = render_template(
            "owners/preview.html",
            stand=stand,
            form=CommentForm(None, stand.form_place(), article=stand.page.url),
            reading=reading,
            addresses=reading.addresses,
            thread=thread,
            branches=grow(thread.entries),
            fold_from=None,
            looks=usable_part(request.args) | _scheme(),
        )
    return make_response(page)


@owners.get("/sites/<site_key>/preview.css")
def preview_css(site_key: str) -> Response:
    """The style sheet of the theme in the query, as far as its values can be used."""
    with services().database.reading() as db:
        find_visible_site(db, site_key, current_moderator())
    css = theme_css(usable_part(request.args))
    for scheme in _scheme().values():
        css += f":root {{ color-scheme: {scheme} }}\n"
    return Response(css, mimetype="text/css")


def _scheme() -> dict[str, str]:
    asked = request.args.get("scheme", "")
    return {"scheme": asked} if asked in SCHEMES else {}


def _made_up(now: dt.datetime) -> Thread:
    entries = [
        Entry(
            public_id=f"preview-{number}",
            parent=f"preview-{number - 1}" if level else None,
            parent_name=COMMENTS[number - 1].name if level else None,
            level=level,
            name=name,
            body=body,
            created_at=now - dt.timedelta(hours=5 - number),
        )
        for number, (level, name, body) in enumerate(COMMENTS)
    ]
    return Thread(entries=entries, total=len(entries), version=0, next_after=None)
