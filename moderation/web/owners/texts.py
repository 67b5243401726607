"""What the people of a site wrote: for each reason, to explain a rejection, whom to turn to."""

from typing import Any

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from moderation.flow.sites import find_visible_site, visible_sites
from moderation.flow.texts import (
    MOST,
    Texts,
    add_explanation,
    change_explanation,
    mark_of,
    mark_of_kind,
    read_texts,
    save_texts,
)
from moderation.models import Site, SiteText
from moderation.services import services
from moderation.statuses import TextKind
from moderation.web.forms.texts import ExplanationForm, HelpForm, ReasonsForm, TextsForm
from moderation.web.gate import current_moderator
from moderation.web.owners import owners

DONE = "texts_done"  # shown once
SAVED = "Saved: it is read from now on."
REMOVED = "Removed: who was told it keeps what they were told."
UNCHANGED = "Nothing was changed."


@owners.get("/texts")
def texts_of_sites() -> str:
    """The sites whose texts this owner writes."""
    with services().database.reading() as db:
        sites = visible_sites(db, current_moderator())
        known = read_texts(db, [site.id for site in sites])
        return render_template("owners/texts_of_sites.html", sites=sites, known=known)


@owners.get("/sites/<site_key>/texts")
def texts(site_key: str) -> str:
    """All texts of a site."""
    with services().database.reading() as db:
        return _page(db, find_visible_site(db, site_key, current_moderator()))


@owners.post("/sites/<site_key>/texts/reasons")
def save_reasons(site_key: str) -> ResponseReturnValue:
    """A sentence for each reason, in place of the built-in one."""
    return _save_kind(site_key, TextKind.REASON, ReasonsForm(prefix="reasons-"))


@owners.post("/sites/<site_key>/texts/help")
def save_help(site_key: str) -> ResponseReturnValue:
    """Whom to turn to, for each kind of urgency."""
    return _save_kind(site_key, TextKind.HELP, HelpForm(prefix="help-"))


@owners.post("/sites/<site_key>/texts/explanations")
def save_new_explanation(site_key: str) -> ResponseReturnValue:
    """One more explanation to choose from."""
    return _save_explanation(site_key, None, ExplanationForm(prefix="new-"))


@owners.post("/sites/<site_key>/texts/explanations/<row:text_id>")
def save_explanation(site_key: str, text_id: int) -> ResponseReturnValue:
    """Another title or text for an explanation; or it goes."""
    return _save_explanation(site_key, text_id, ExplanationForm(prefix=f"explanation-{text_id}-"))


def _save_kind(site_key: str, kind: TextKind, form: TextsForm) -> ResponseReturnValue:
    owner, now = current_moderator(), services().clock()
    with services().database.transaction() as db:
        site = find_visible_site(db, site_key, owner)
        if not form.validate_on_submit():
            return _page(db, site, {kind: form}), 400
        if _is_preview():
            return _page(db, site, {kind: form}, preview=[form[name] for name in form.names])
        seen = form.seen.data
        is_changed = save_texts(db, site, kind, form.wanted, seen=seen, by=owner, now=now)
    return _back(site_key, SAVED if is_changed else UNCHANGED)


def _save_explanation(
    site_key: str, text_id: int | None, form: ExplanationForm
) -> ResponseReturnValue:
    owner, now = current_moderator(), services().clock()
    is_removal = request.form.get("act") == "remove"
    with services().database.transaction() as db:
        site = find_visible_site(db, site_key, owner)
        if not form.validate_on_submit() and not is_removal:
            return _page(db, site, {text_id: form}), 400
        if _is_preview():
            return _page(db, site, {text_id: form}, preview=[form.text])
        new = None if is_removal else (form.title.data, form.text.data)
        if text_id is not None:
            seen = form.seen.data
            change_explanation(db, site, text_id, new, seen=seen, by=owner, now=now)
        elif new is not None:
            add_explanation(db, site, *new, by=owner, now=now)
    return _back(site_key, REMOVED if is_removal else SAVED)


def _is_preview() -> bool:
    return request.form.get("act") == "preview"


def _page(
    db: Session, site: Site, typed: dict[Any, Any] | None = None, *, preview: Any = ()
) -> str:
    """The page with what is stored, but in `typed` forms, by kind or number of an explanation."""
    typed, known = typed or {}, read_texts(db, [site.id])[site.id]
    forms: dict[Any, Any] = {
        TextKind.REASON: _stored(known, TextKind.REASON, ReasonsForm, "reasons-"),
        TextKind.HELP: _stored(known, TextKind.HELP, HelpForm, "help-"),
        None: ExplanationForm(MultiDict(), prefix="new-"),
        **{each.id: _stored_explanation(each) for each in known.explanations},
    }
    return render_template(
        "owners/texts.html",
        site=site,
        known=known,
        forms={**forms, **typed},
        open_one=next(iter(typed), ""),
        preview=[field for field in preview if field.data],
        most=MOST,
        done=session.pop(DONE, None),
    )


def _stored(known: Texts, kind: TextKind, form: type[TextsForm], prefix: str) -> TextsForm:
    stored = {f"for_{code}": text for code, text in known.of(kind).items()}
    return form(MultiDict(), prefix=prefix, data={**stored, "seen": mark_of_kind(known, kind)})


def _stored_explanation(each: SiteText) -> ExplanationForm:
    data = {"title": each.title, "text": each.text, "seen": mark_of(each.title, each.text)}
    return ExplanationForm(MultiDict(), prefix=f"explanation-{each.id}-", data=data)


def _back(site_key: str, done: str) -> ResponseReturnValue:
    session[DONE] = done
    return redirect(url_for("owners.texts", site_key=site_key), 303)
