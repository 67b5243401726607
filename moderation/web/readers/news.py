"""Cheap to ask again and again: how many comments became public since a reader looked."""

from flask import Response, jsonify, request
from flask_babel import ngettext

from moderation.flow.articles import find_site, read_page
from moderation.flow.latest import NEW_MAX, News, find_news
from moderation.services import services
from moderation.text import clean_line
from moderation.web.headers import allow_calls_from
from moderation.web.languages import speak_as
from moderation.web.readers import readers
from moderation.web.readers.caching import cacheable

# Numbers and an id only, so a cache may answer everybody who waits under one article for a while.
FOR_A_WHILE = "public, max-age=10"


@readers.get("/s/<site_key>/new.json")
def new_comments(site_key: str) -> Response:
    """The number of comments since `?after=`, NEW_MAX at most, and which one is the first."""
    with services().database.reading() as session:
        site = find_site(session, site_key)
        allow_calls_from(site.origins)
        speak_as(site)
        page = read_page(site, request.args.get("article", ""))
        after = clean_line(request.args.get("after", ""))
        found = find_news(session, site, page.key, after)
    answer = jsonify(count=found.count, first=found.first, text=_said(found))
    return cacheable(answer, FOR_A_WHILE)


def _said(found: News) -> str:
    number = f"{NEW_MAX}+" if found.count == NEW_MAX else str(found.count)
    words = ngettext(
        "%(number)s new comment", "%(number)s new comments", found.count, number=number
    )
    return str(words)
