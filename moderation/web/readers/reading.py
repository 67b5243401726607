"""What of a thread a request asks for."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request

from moderation.flow.publish import Sort
from moderation.languages import known_language
from moderation.services import services
from moderation.text import clean_line
from moderation.web.readers.addresses import Addresses
from moderation.web.readers.stand import Stand


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Which comments of which article, in which order. Ids are public ones, or empty."""

    stand: Stand
    sort: Sort
    after: str  # the last comment that was read
    comment: str  # the one to show in its place; empty: the whole thread
    addresses: Addresses


def read_reading(stand: Stand, query: Mapping[str, str], *, is_absolute: bool = False) -> Reading:
    """What the query string asks for; an unknown order is the site's own."""
    usual = Sort.NEWEST if stand.policy.newest_first else Sort.OLDEST
    asked = query.get("sort")
    sort = Sort(asked) if asked in list(Sort) else usual
    return Reading(
        stand=stand,
        sort=sort,
        after=clean_line(query.get("after", "")),  # no database looks for a NUL
        comment=clean_line(query.get("comment", "")),
        addresses=Addresses(
            site_key=stand.site.key,
            article=stand.page.url,
            title=stand.page.title,
            published=stand.page.published,
            sort=sort,
            usual=usual,
            language=known_language(request.args.get("lang", "")),
            root=services().settings.public_url if is_absolute else "",
        ),
    )
