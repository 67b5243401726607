"""Moderators write as staff: from a comment's page, or from the page of the thread."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation.errors import ArticleClosed, TokenReused, UnknownParent
from moderation.flow.articles import begin_article, find_site, read_page
from moderation.flow.queue.cards import find_for_review
from moderation.flow.staff import write_as_staff
from moderation.metrics import DECISIONS
from moderation.models import Article, Comment, Event, Site
from moderation.services import services
from moderation.statuses import Role, Status
from moderation.web.forms.staff import StaffForm
from moderation.web.gate import require_role
from moderation.web.moderators import moderators
from moderation.web.moderators.last_act import tell_next

SAID = "Published: what you wrote as staff is public."
SO_ALREADY = "It is published already."
NOT_PUBLIC = "Only a comment that is public can be answered. Approve it first."
PROBLEMS: dict[type[Exception], tuple[int, str]] = {
    ArticleClosed: (403, "Comments are closed there."),
    TokenReused: (409, "This form was sent before, with another text. Send it as a new comment?"),
    UnknownParent: (409, NOT_PUBLIC),
}


@moderators.get("/queue/<public_id>/reply")
def reply_form(public_id: str) -> ResponseReturnValue:
    """The comment, and the form to answer it."""
    moderator = require_role(Role.MODERATOR)
    with services().database.reading() as session:
        comment = find_for_review(session, public_id, moderator)
        problem = None if comment.status is Status.APPROVED else NOT_PUBLIC
        return _page(StaffForm.fresh(parent=comment), comment, problem)


@moderators.post("/queue/<public_id>/reply")
def reply_as_staff(public_id: str) -> ResponseReturnValue:
    """Answer a comment; its page tells that it is done, with the way back."""
    moderator, form = require_role(Role.MODERATOR), StaffForm()
    with services().database.reading() as session:
        answered = find_for_review(session, public_id, moderator)
    if not form.validate_on_submit():
        return _page(form, answered, form.problem), 400
    try:
        with services().database.transaction() as session:
            article = find_for_review(session, public_id, moderator).article
            site = session.get_one(Site, article.site_id)
            made, event = _write(session, site, article, form, public_id)
    except tuple(PROBLEMS) as error:
        return _refuse(form, answered, error)
    tell_next(_told(made, event))
    return redirect(url_for("moderators.comment", public_id=public_id), 303)


@moderators.post("/staff/<site_key>/comments")
def comment_as_staff(site_key: str) -> ResponseReturnValue:
    """Write under an article; leads back to the thread, to what was written."""
    require_role(Role.MODERATOR)
    form = StaffForm()
    with services().database.reading() as session:
        site = find_site(session, site_key)
        page = read_page(site, form.article.data, form.title.data)
    if not form.validate_on_submit():
        return _page(form, None, form.problem), 400
    try:
        with services().database.transaction() as session:
            article = begin_article(session, site, page, services().clock())
            made, _ = _write(session, site, article, form, form.parent.data)
    except tuple(PROBLEMS) as error:
        return _refuse(form, None, error)
    here = url_for(
        "readers.thread",
        site_key=site_key,
        article=page.url,
        title=page.title or None,
        comment=made.public_id,
        _anchor=f"comment-{made.public_id}",
    )
    return redirect(here, 303)


def _write(
    session: Session, site: Site, article: Article, form: StaffForm, parent: str
) -> tuple[Comment, Event | None]:
    made, event = write_as_staff(
        session,
        site,
        article,
        form.body.data,
        parent=parent,
        form_id=form.form_id.data,
        moderator=require_role(Role.MODERATOR),
        now=services().clock(),
    )
    if event is not None:
        DECISIONS.labels(event.change).inc()
    return made, event


def _told(made: Comment, event: Event | None) -> dict[str, object]:
    if event is None:
        return {"text": SO_ALREADY, "comment": made.public_id, "can_undo": False}
    return {"text": SAID, "comment": made.public_id, "version": event.version, "can_undo": True}


def _refuse(form: StaffForm, answered: Comment | None, error: Exception) -> ResponseReturnValue:
    status, problem = PROBLEMS[type(error)]
    again = StaffForm.fresh(
        article=form.article.data, title=form.title.data, parent=answered, body=form.body.data
    )
    again.parent.data = form.parent.data
    return _page(again, answered, problem), status


def _page(form: StaffForm, answered: Comment | None, problem: str | None) -> str:
    return render_template("moderators/staff.html", form=form, answered=answered, problem=problem)
