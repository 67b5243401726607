"""Reading: the thread as a page, as a fragment and as JSON, counts, and fresh form tokens."""

from collections.abc import Mapping

from flask import Response, jsonify, make_response, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.flow.articles import find_site, read_page
from moderation.flow.latest import newest_id
from moderation.flow.own.mine import Waiting, put_in
from moderation.flow.publish import (
    COUNTS_MAX,
    Entry,
    Thread,
    count_by_key,
    read_branch,
    read_thread,
)
from moderation.models import Article, Comment
from moderation.services import services
from moderation.statuses import Status
from moderation.web.forms.comments import CommentForm
from moderation.web.headers import allow_calls_from, allow_framing_by
from moderation.web.readers import readers
from moderation.web.readers.branches import grow
from moderation.web.readers.caching import cacheable
from moderation.web.readers.reading import Reading, read_reading
from moderation.web.readers.staff import staff_form
from moderation.web.readers.stand import Stand, find_stand

LONG = 50  # comments: from there on a thread begins with answers to answers folded


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
    waiting: Waiting | None = None,
) -> Response:
    """The page with the thread, the form, and what became of the last submission.

    `session` None leaves the thread out (the database does not answer, the text must not be lost).
    `waiting` is what this very reader has sent, to stand in its place.
    """
    allow_framing_by(stand.site.origins)
    reading = read_reading(stand, request.values)
    newest = newest_id(session, stand.article) if session else ""  # before the thread: none is lost
    found, is_missing = _read(session, reading) if session else (None, False)
    if found is not None and waiting is not None:
        put_in(found.entries, waiting, reading.sort)
    reply_to = find_public(session, stand.article, form.parent.data or "") if session else None
    page = render_template(
        "readers/thread.html",
        stand=stand,
        form=form,
        reading=reading,
        addresses=reading.addresses,
        thread=found,
        **_shape(reading, found, is_missing=is_missing),
        newest=newest,
        is_missing=is_missing,
        reply_to=reply_to,
        notice=notice,
        waiting=waiting,
        staff=staff_form(stand, parent=reply_to) if session and not form.errors else None,
    )
    return make_response(page, 404 if is_missing else status)


def _read(session: Session, reading: Reading) -> tuple[Thread, bool]:
    """The part of the thread that is asked for; the whole one where that is not there (True)."""
    article, after = reading.stand.article, reading.after
    branch = read_branch(session, article, reading.comment, after=after)
    if branch is not None:
        return branch, False
    is_missing = bool(reading.comment)
    found = read_thread(session, article, after="" if is_missing else after, sort=reading.sort)
    return found, is_missing


def _shape(reading: Reading, found: Thread | None, *, is_missing: bool) -> dict[str, object]:
    """How the comments are shown: nested, folded from which level on, and what follows them."""
    if found is None:
        return {"branches": [], "fold_from": None, "more": None}
    shown = "" if is_missing else reading.comment
    more = found.next_after and reading.addresses.thread(
        after=found.next_after, comment=shown, anchor="thread"
    )
    is_folded = found.total > LONG and not shown
    return {"branches": grow(found.entries), "fold_from": 1 if is_folded else None, "more": more}


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
        reading = read_reading(stand, request.args)
        found = read_thread(session, stand.article, after=reading.after, sort=reading.sort)
    response = jsonify(
        comments=[_as_json(entry) for entry in found.entries],
        total=found.total,
        next=found.next_after,
        announcement=stand.announcement,
    )
    return cacheable(response)


@readers.get("/s/<site_key>/comments.html")
def thread_html(site_key: str) -> Response:
    """The thread as a fragment without a form, for pages that put it into their own HTML."""
    with services().database.reading() as session:
        stand = find_stand(session, site_key, request.args)
        reading = read_reading(stand, request.args, is_absolute=True)
        found, is_missing = _read(session, reading)
    fragment = render_template(
        "readers/fragment.html",
        stand=stand,
        addresses=reading.addresses,
        thread=found,
        **_shape(reading, found, is_missing=is_missing),
        is_fragment=True,
    )
    return cacheable(make_response(fragment))


def _as_json(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.public_id,
        "parent": entry.parent,
        "level": entry.level,
        "name": entry.name,
        "body": entry.body,
        "created_at": entry.created_at.isoformat() if entry.created_at else None,
        "edited_at": entry.edited_at.isoformat() if entry.edited_at else None,
        "staff": entry.is_staff,
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
    return cacheable(jsonify({url: numbers[key] for url, key in keys.items()}))


@readers.get("/s/<site_key>/form-token")
def form_token(site_key: str) -> Response:
    """A fresh form token, for scripted clients and pages kept open for long.

    With the old one in `X-Form-Token` the form counts as begun when that one was.
    """
    with services().database.reading() as session:
        stand = find_stand(session, site_key, request.args)
    form = CommentForm(None, stand.form_place(request.headers.get("X-Form-Token", "")))
    return make_response(jsonify(csrf_token=form["csrf_token"].current_token))
