"""A site as its owner sets it up: the snippet, how it looks, and its rules, a form a section."""

from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from moderation.flow.articles import policy_of
from moderation.flow.sites import (
    change_policy,
    change_site,
    find_visible_site,
    lock_site,
    snippet_of,
    visible_sites,
)
from moderation.models import Site
from moderation.policy.context import Policy
from moderation.policy.limits import check_rules
from moderation.services import services
from moderation.web.forms.looks import LooksForm
from moderation.web.forms.rules import RulesForm
from moderation.web.forms.sites import (
    AddressesForm,
    DataForm,
    ModelForm,
    PublishingForm,
    SiteForm,
    ThreadForm,
    WatchForm,
    WordsForm,
    WritingForm,
)
from moderation.web.gate import current_moderator
from moderation.web.moderators.last_act import tell_next, told_last
from moderation.web.owners import owners
from moderation.web.owners.plain import tell_rules
from moderation.web.owners.presets import presets_in_use
from moderation.web.owners.saving import MOVED, tell_saved
from moderation.web.owners.warnings import warn_owner

FORMS: Mapping[str, type[RulesForm]] = {
    "looks": LooksForm,
    "publishing": PublishingForm,
    "model": ModelForm,
    "writing": WritingForm,
    "words": WordsForm,
    "thread": ThreadForm,
    "watch": WatchForm,
    "addresses": AddressesForm,
    "data": DataForm,
}
SITE = "site"  # the section of name and origins


@owners.get("/sites")
def sites() -> str:
    """The sites of this owner."""
    with services().database.reading() as db:
        found = visible_sites(db, current_moderator())
    rows = [(site, tell_rules(policy_of(site))[0], warn_owner(site)) for site in found]
    return render_template("owners/sites.html", rows=rows)


@owners.get("/sites/<site_key>")
def site(site_key: str) -> str:
    """Everything about one site."""
    with services().database.reading() as db:
        found = find_visible_site(db, site_key, current_moderator())
    return _page(found, last=told_last())


@owners.post("/sites/<site_key>/rules/<section>")
def save_rules(site_key: str, section: str) -> ResponseReturnValue:
    """Save one section, or show it on the page without saving."""
    if section not in FORMS:
        raise NotFound
    form = FORMS[section](prefix=f"{section}-")
    with services().database.transaction() as db:
        found = find_visible_site(db, site_key, current_moderator())
        lock_site(db, found)
        if not form.validate_on_submit():
            return _page(found, {section: form}), 400
        if request.form.get("act") == "preview":
            return _page(found, {section: form}, is_preview=True)
        before = policy_of(found)
        if form.seen.data != form.mark(vars(before)):
            form.seen.data = form.mark(vars(before))
            return _page(found, {section: form}, problem=MOVED), 409
        changes = _changes(before, form)
        if changes:
            change_policy(db, found, changes, by=current_moderator(), now=services().clock())
        undo = _undo_fields(form, section, before, policy_of(found))
    return _back(site_key, section, bool(changes), undo)


@owners.post("/sites/<site_key>/name")
def save_site(site_key: str) -> ResponseReturnValue:
    """Another name, or other origins; what is to go is asked for once more."""
    form = SiteForm(prefix="site-")
    with services().database.transaction() as db:
        found = find_visible_site(db, site_key, current_moderator())
        lock_site(db, found)
        if not form.validate_on_submit():
            return _page(found, {SITE: form}), 400
        removed = form.removed_of(found.origins)
        if removed and form.removes.data != " ".join(removed):
            form.removes.data = " ".join(removed)
            return _page(found, {SITE: form}, removed=removed)
        wanted, before = (form.name.data, form.origins.data), (found.name, found.origins)
        if wanted != before:
            _change_site(db, found, *wanted)
    undo = {"site-name": before[0], "site-origins": "\n".join(before[1])}
    return _back(site_key, SITE, wanted != before, undo)


def _change_site(db: Session, found: Site, name: str, origins: list[str]) -> None:
    owner, now = current_moderator(), services().clock()
    change_site(db, found, name=name, origins=origins, by=owner, now=now)


def _changes(before: Policy, form: RulesForm) -> dict[str, Any]:
    """What the form wants otherwise than it is."""
    wanted = check_rules(form.wanted)
    stored = {name: getattr(before, name) for name in form.rules}
    plain = {name: list(v) if isinstance(v, tuple) else v for name, v in stored.items()}
    return {name: value for name, value in wanted.items() if value != plain[name]}


def _undo_fields(form: RulesForm, section: str, before: Policy, after: Policy) -> dict[str, str]:
    """What the form sends to put back what was; it is refused once somebody changed it again."""
    former = form.of(vars(before), prefix=f"{section}-", formdata=None)
    return {**former.posted, former.seen.name: form.mark(vars(after))}


def _back(site_key: str, section: str, is_changed: bool, undo: dict[str, str]) -> Response:
    """To the section, which tells what was done; the request itself is what takes it back."""
    tell_next(tell_saved(section, is_changed, request.path, undo))
    return redirect(url_for("owners.site", site_key=site_key, _anchor=section), 303)


def _page(found: Site, typed: Mapping[str, Any] | None = None, **shown: Any) -> str:
    """The page with what is stored, but for the forms in `typed`, by section."""
    settings, policy = services().settings, policy_of(found)
    stored = vars(policy)
    forms: dict[str, Any] = {
        name: form.of(stored, prefix=f"{name}-", formdata=None) for name, form in FORMS.items()
    }
    data = {"name": found.name, "origins": found.origins}
    forms[SITE] = SiteForm(prefix="site-", formdata=None, data=data)
    forms |= typed or {}
    return render_template(
        "owners/site.html",
        **{
            "site": found,
            "forms": forms,
            "open_one": next(iter(typed or ()), None),
            "snippet": snippet_of(found.key, settings.public_url),
            "rules": tell_rules(policy),
            "warnings": warn_owner(found),
            "presets": presets_in_use(),
            "body_max": settings.BODY_MAX,
            "sends_mail": services().mailer is not None,
            "looks": {key: value for key, value in forms["looks"].values.items() if value},
            **shown,
        },
    )
