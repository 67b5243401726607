"""Reading: the thread as a page and as JSON, counts, and fresh form tokens."""

from collections.abc import Mapping

from flask import Response, jsonify, make_response, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.flow.articles import find_site, read_page
from moderation.flow.publish import COUNTS_MAX, Entry, count_by_key, read_thread
from moderation.models import Article, Comment
from moderation.services import services
from moderation.statuses import Status
from moderation.web.forms import CommentForm
from moderation.web.headers import allow_calls_from, allow_framing_by
from moderation.web.readers import readers
from moderation.web.readers.stand import Stand, find_stand

# Caches may keep an answer but must ask each time: a removed comment is gone at once.
CACHEABLE = "public, no-cache"


@readers.get("/s/<site_key>/comments")
def thread(site_key: str) -> Response:
    """The thread and the form as a page: what the iframe shows, complete without JavaScript."""
    with services().database.reading() as session:
        stand = find_stand(session, site_key, request.args)
        form = CommentForm(
            None,
            stand.form_place(),
            article=stand.page.url,
            title=stand.page.title,
            published=request.args.get("published", ""),
            parent=request.args.get("parent", ""),
        )
        return render_thread(session, stand, form)


def render_thread(
    session: Session | None,
    stand: Stand,
    form: CommentForm,
    *,
    status: int = 200,
    notice: Mapping[str, str] | None = None,
) -> Response:
    """The page with the thread, the form, and what became of the last submission.

    `session` None leaves the thread out (the database does not answer, the text must not be lost).
    """
    allow_framing_by(stand.site.origins)
    after = request.args.get("after", "")
    found = read_thread(session, stand.article, after=after) if session else None
    reply_to = find_public(session, stand.article, form.parent.data or "") if session else None
    page = render_template(
        "readers/thread.html",
        stand=stand,
        form=form,
        thread=found,
        after=after,
        reply_to=reply_to,
        notice=notice,
    )
    return make_response(page, status)


def find_public(session: Session, article: Article | None, public_id: str) -> Comment | None:
    """The approved comment of this article with this id, if any."""
    if article is None or not public_id:
        return None
    return session.scalar(
        select(Comment).where(
            Comment.public_id == public_id,
            Comment.article_id == article.id,
            Comment.status == Status.APPROVED,
        )
    )


@readers.get("/s/<site_key>/comments.json")
def thread_json(site_key: str) -> Response:
    """The thread as JSON: depth first, a page at a time, with an ETag."""
    with services().database.reading() as session:
        stand = find_stand(session, site_key, request.args)
        found = read_thread(session, stand.article, after=request.args.get("after", ""))
    response = jsonify(
        comments=[_as_json(entry) for entry in found.entries],
        total=found.total,
        next=found.next_after,
    )
    return _cacheable(response)


def _as_json(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.public_id,
        "parent": entry.parent,
        "level": entry.level,
        "name": entry.name,
        "body": entry.body,
        "created_at": entry.created_at.isoformat() if entry.created_at else None,
        "placeholder": entry.is_placeholder,
    }


@readers.get("/s/<site_key>/counts.json")
def counts(site_key: str) -> Response:
    """Numbers of approved comments for at most COUNTS_MAX articles of the site."""
    with services().database.reading() as session:
        site = find_site(session, site_key)
        allow_calls_from(site.origins)
        urls = request.args.getlist("article")[:COUNTS_MAX]
        keys = {url: read_page(site, url).key for url in urls}
        numbers = count_by_key(session, site, keys.values())
    return _cacheable(jsonify({url: numbers[key] for url, key in keys.items()}))


@readers.get("/s/<site_key>/form-token")
def form_token(site_key: str) -> Response:
    """A fresh form token, for scripted clients and pages kept open for long."""
    with services().database.reading() as session:
        stand = find_stand(session, site_key, request.args)
    form = CommentForm(None, stand.form_place())
    return make_response(jsonify(csrf_token=form["csrf_token"].current_token))


def _cacheable(response: Response) -> Response:
    response.headers["Cache-Control"] = CACHEABLE
    response.add_etag()
    response.make_conditional(request)
    return response
