"""The rules that one article has of its own, and which articles have any."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation.errors import ForeignArticle
from moderation.flow.article_acts import (
    articles_with_own_rules,
    find_visible_article,
    read_visible_article,
    set_publishing,
    set_rules,
)
from moderation.flow.articles import (
    Page,
    address_of,
    find_article,
    find_or_create_article,
    policy_of,
    policy_under,
    read_page,
)
from moderation.flow.sites import find_visible_site
from moderation.models import Article, Site
from moderation.services import services
from moderation.statuses import Publishing
from moderation.web.forms.articles import AddressForm, ArticleForm, own_rules
from moderation.web.forms.comments import longest_body
from moderation.web.gate import current_moderator
from moderation.web.moderators.last_act import tell_next, told_last
from moderation.web.owners import owners
from moderation.web.owners.plain import tell_rules
from moderation.web.owners.presets import presets_in_use
from moderation.web.owners.saving import MOVED, tell_saved

LISTED = 200
FOREIGN = "This is no address on the site’s pages: {origins}."


@owners.get("/sites/<site_key>/articles")
def articles(site_key: str) -> str:
    """Those with rules of their own, and a field for the address of any."""
    with services().database.reading() as db:
        return _list(db, find_visible_site(db, site_key, current_moderator()))


@owners.get("/sites/<site_key>/article")
def article(site_key: str) -> ResponseReturnValue:
    """The rules of the article at `article`, whether anybody commented there or not."""
    with services().database.reading() as db:
        site = find_visible_site(db, site_key, current_moderator())
        try:
            page = _page_meant(site)
        except ForeignArticle:
            return _list(db, site, FOREIGN.format(origins=", ".join(site.origins))), 400
        found = find_article(db, site, page)
        if found is not None:
            return redirect(url_for("owners.article_rules", article_id=found.id))
        action = url_for("owners.save_first_rules", site_key=site_key, article=page.url)
        return _page(site, None, page.url, action)


@owners.post("/sites/<site_key>/article")
def save_first_rules(site_key: str) -> ResponseReturnValue:
    """Give rules to an article that nobody has commented on yet: its row comes with them."""
    with services().database.transaction() as db:
        site = find_visible_site(db, site_key, current_moderator())
        found = find_or_create_article(db, site, _page_meant(site), services().clock())
    return save_article_rules(found.id)


@owners.get("/articles/<row:article_id>/rules")
def article_rules(article_id: int) -> str:
    """The rules of an article that has a row."""
    with services().database.reading() as db:
        return _page_of(read_visible_article(db, article_id, current_moderator()), last=told_last())


@owners.post("/articles/<row:article_id>/rules")
def save_article_rules(article_id: int) -> ResponseReturnValue:
    """Give the article these rules of its own, and no others."""
    form = ArticleForm(prefix="article-")
    with services().database.transaction() as db:
        found = find_visible_article(db, article_id, current_moderator())
        if not form.validate_on_submit():
            return _page_of(found, form), 400
        before = own_rules(found)
        if form.seen.data != form.mark(before):
            form.seen.data = form.mark(before)
            return _page_of(found, form, problem=MOVED), 409
        is_changed = form.wanted != before
        if is_changed:
            _save(db, found, form.wanted)
    former = ArticleForm.of(before, prefix="article-", formdata=None)
    undo = {**former.posted, former.seen.name: form.mark(form.wanted)}
    here = url_for("owners.article_rules", article_id=article_id)
    tell_next(tell_saved("article", is_changed, here, undo))
    return redirect(f"{here}#own", 303)


def _page_meant(site: Site) -> Page:
    """Raises ForeignArticle."""
    return read_page(site, request.args.get("article", ""))


def _save(db: Session, found: Article, wanted: dict[str, Any]) -> None:
    owner, now = current_moderator(), services().clock()
    rules = {name: value for name, value in wanted.items() if name != "publishing"}
    publishing = Publishing(wanted["publishing"]) if "publishing" in wanted else None
    set_publishing(db, found, publishing, moderator=owner, now=now)
    set_rules(db, found, rules, owner=owner, now=now)


def _list(db: Session, site: Site, problem: str | None = None) -> str:
    form = AddressForm(request.args)
    if problem:
        form.article.errors = [problem]
    found = articles_with_own_rules(db, site, most=LISTED)
    listed = [(each, _labels(each)) for each in found]
    return render_template("owners/articles.html", site=site, form=form, listed=listed, most=LISTED)


def _labels(found: Article) -> list[str]:
    """What it has rules of its own for, in words."""
    form = ArticleForm(formdata=None)
    known = {"thresholds": "Limits of its own"}
    return [known.get(name) or form[name].label.text for name in found.rules or ()]


def _page_of(found: Article, form: ArticleForm | None = None, **shown: Any) -> str:
    action = url_for("owners.save_article_rules", article_id=found.id)
    return _page(found.site, found, address_of(found), action, form, **shown)


def _page(
    site: Site,
    found: Article | None,
    address: str,
    action: str,
    form: ArticleForm | None = None,
    **shown: Any,
) -> str:
    """The page with what is stored, or with what was typed into `form`, which goes to `action`."""
    stored = ArticleForm.of(own_rules(found), prefix="article-", formdata=None)
    return render_template(
        "owners/article.html",
        **{
            "site": site,
            "article": found,
            "address": address,
            "action": action,
            "form": form or stored,
            "of_site": policy_of(site),
            "longest_of_site": longest_body(policy_of(site)),
            "body_max": services().settings.BODY_MAX,
            "rules": tell_rules(policy_under(site, found, services().clock())),
            "presets": presets_in_use(),
            **shown,
        },
    )
