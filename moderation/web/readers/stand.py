"""Where a request stands: its site, its page, its article if there is one, the rules in force."""

from dataclasses import dataclass

from flask import request
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import UnsupportedMediaType

from moderation.flow.articles import (
    Page,
    find_article,
    find_site,
    has_surge,
    is_closed,
    policy_under,
    read_page,
)
from moderation.models import Article, Site
from moderation.policy.context import Policy
from moderation.services import services
from moderation.text import clean_line
from moderation.web.forms.comments import FormPlace
from moderation.web.headers import allow_calls_from, refuse_foreign
from moderation.web.languages import speak_as

FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
SURGE = _l(
    "Many people are writing here at the moment: a person looks at every comment before it appears."
)


@dataclass(frozen=True, kw_only=True)
class Stand:
    """One article of one site as a reader meets it. `article` is None before its first comment."""

    site: Site
    page: Page
    article: Article | None
    policy: Policy
    is_closed: bool
    has_surge: bool  # many people write here at the moment: a person approves everything

    @property
    def has_own_rules(self) -> bool:
        """Whether other rules may count here than on the rest of the site."""
        return self.article is not None and bool(self.article.publishing or self.article.rules)

    @property
    def announcement(self) -> str | None:
        """What readers are told while a surge lasts."""
        return str(SURGE) if self.has_surge and not self.is_closed else None

    def form_place(self, sent_token: str = "") -> FormPlace:
        """What the form's token is bound to."""
        return FormPlace(self.site.key, self.page.key, self.policy, sent_token)


def expect_form(site_key: str) -> None:
    """What must be right before a form is read: the site's pages see even why one is too large.

    Raises UnknownSite, ForeignForm or UnsupportedMediaType.
    """
    with services().database.reading() as session:
        site = find_site(session, site_key)
    allow_calls_from(site.origins)
    speak_as(site)
    refuse_foreign(site.origins)
    if request.mimetype not in FORM_TYPES:
        raise UnsupportedMediaType(f"Send the form as {' or '.join(FORM_TYPES)}.")


def find_stand(session: Session, site_key: str, fields: MultiDict[str, str]) -> Stand:
    """Read site, article and policy from a query string or form; its origins may call us then.

    Raises UnknownSite or ForeignArticle.
    """
    site = find_site(session, site_key)
    allow_calls_from(site.origins)
    speak_as(site)
    page = read_page(
        site,
        fields.get("article", ""),
        clean_line(fields.get("title", "")),
        fields.get("published", ""),
    )
    article = find_article(session, site, page)
    now = services().clock()
    policy = policy_under(site, article, now)
    return Stand(
        site=site,
        page=page,
        article=article,
        policy=policy,
        is_closed=is_closed(policy, article, page.published_at, now),
        has_surge=has_surge(article, now),
    )
