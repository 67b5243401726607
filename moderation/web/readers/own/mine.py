"""What a browser asks with the private links that it keeps: static/mine.js alone calls this."""

from collections.abc import Sequence

from flask import Response, jsonify, render_template, request
from sqlalchemy.orm import Session

from moderation.flow.articles import find_article, find_site, read_page
from moderation.flow.own.mine import WAITS, Link, read_mine, show_waiting
from moderation.models import Comment
from moderation.services import services
from moderation.statuses import Status
from moderation.web.headers import refuse_foreign
from moderation.web.languages import speak_as
from moderation.web.readers import readers
from moderation.web.readers.branches import shown_level
from moderation.web.readers.own.links import private_links

LINKS_MAX = 50


@readers.post("/s/<site_key>/mine")
def mine(site_key: str) -> Response:
    """Which of these comments wait under the article, or stand there; which links lead nowhere.

    The links (`token`, at most LINKS_MAX) travel in the body. `known` is one of an approved comment
    of the site, for the form to bring along. No page of another site may call this.
    """
    refuse_foreign(())
    tokens = request.form.getlist("token")[:LINKS_MAX]
    links = [private_links().read(token) for token in tokens]
    with services().database.reading() as session:
        site = find_site(session, site_key)
        speak_as(site)
        page = read_page(site, request.form.get("article", ""))
        article = find_article(session, site, page)
        found = read_mine(session, site, [link for link in links if link])
        here = [
            (found[link], token)
            for link, token in zip(links, tokens, strict=True)
            if link in found and article is not None and found[link].article_id == article.id
        ]
        return jsonify(
            gone=[at for at, link in enumerate(links) if link not in found],
            known=_newest_approved(links, found),
            waiting=_waiting(session, here),
            published=_published(here),
        )


def _newest_approved(links: Sequence[Link | None], found: dict[Link, Comment]) -> int | None:
    """Which of the links, by its place; they come with the newest first."""
    approved = (
        at
        for at, link in enumerate(links)
        if link in found and found[link].status is Status.APPROVED
    )
    return next(approved, None)


def _waiting(session: Session, here: Sequence[tuple[Comment, str]]) -> list[dict[str, object]]:
    found = [(show_waiting(session, each), token) for each, token in here if each.status in WAITS]
    return [
        {
            "id": waiting.public_id,
            "above": waiting.above,
            "level": shown_level(waiting.level),
            "html": render_template("readers/_waiting.html", waiting=waiting, token=token),
        }
        for waiting, token in sorted(found, key=lambda pair: pair[0].created_at)
    ]


def _published(here: Sequence[tuple[Comment, str]]) -> list[dict[str, object]]:
    return [
        {
            "id": comment.public_id,
            "html": render_template("readers/_own_link.html", token=token),
        }
        for comment, token in here
        if comment.status is Status.APPROVED
    ]
