"""A comment as HTML, made once for all who read it: a page of a thread holds a hundred of them.

It is remembered by all that it is made of, so nothing that changed is ever shown as it was.
"""

import sys
import time
from dataclasses import dataclass
from threading import Lock

from cachetools import TTLCache, cached
from flask import render_template
from flask_babel import get_locale
from markupsafe import Markup

from moderation.flow.publish import Entry
from moderation.web.languages import show_when
from moderation.web.readers import readers
from moderation.web.readers.addresses import Addresses

ROOM = 16_000_000  # bytes of HTML: some thousand comments; the keys, with the texts, take less
KEPT_FOR = 3_600  # seconds: for so long a text that was erased may be in the process's memory


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a comment looks like beyond its own words."""

    language: str
    avatars: bool
    is_closed: bool  # nobody can answer it
    is_parent_here: bool  # whom it answers stands on the same page
    age: str | None  # how long ago it was written, in that language; None in a fragment


@readers.app_template_global("comment_html")
def comment_html(
    entry: Entry,
    addresses: Addresses,
    *,
    avatars: bool,
    is_closed: bool,
    is_parent_here: bool,
    is_fragment: bool = False,
) -> Markup:
    """An entry of a thread in the language of the request.

    A fragment stands on a page of another host, and caches keep it: no time that goes by, and
    whole addresses.
    """
    written = None if is_fragment else entry.created_at
    look = Look(
        language=str(get_locale()),
        avatars=avatars,
        is_closed=is_closed,
        is_parent_here=is_parent_here and not is_fragment,
        age=show_when(written) if written else None,
    )
    return _made(entry, addresses, look)


@cached(TTLCache(ROOM, KEPT_FOR, timer=time.monotonic, getsizeof=sys.getsizeof), lock=Lock())
def _made(entry: Entry, addresses: Addresses, look: Look) -> Markup:
    page = render_template("readers/_comment.html", entry=entry, addresses=addresses, look=look)
    return Markup(page)  # noqa: S704 (the template escapes)
