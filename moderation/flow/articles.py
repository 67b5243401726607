"""Step `submit`, first half: which article is meant. Addresses are normalised, never fetched."""

import datetime as dt
import re
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

import idna
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from moderation.errors import ForeignArticle, UnknownSite
from moderation.models import Article, Site
from moderation.policy.articles import with_own_rules
from moderation.policy.context import Policy
from moderation.statuses import Publishing

URL_MAX = 2_000
TITLE_MAX = 300
DEFAULT_PORTS = {"http": 80, "https": 443}
# Parameters that say where a reader came from, not what they read. Sites add their own.
TRACKING = frozenset({"fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid", "yclid"})
TRACKING_PREFIXES = ("utm_",)
# Control characters and lone surrogates: no browser sends them, and no database stores them all.
_UNSENDABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class Page:
    """What the embedding page says of itself. All of it is untrusted but the checked origin."""

    key: str  # the normalised address: one thread for each
    url: str
    title: str
    published_at: dt.datetime | None

    @property
    def published(self) -> str:
        """The same in ISO 8601, for addresses and forms of ours; empty where it is not known."""
        return self.published_at.isoformat() if self.published_at else ""


def find_site(session: Session, key: str) -> Site:
    """The site with this public key. Raises UnknownSite."""
    site = session.scalar(select(Site).where(Site.key == key))
    if site is None:
        raise UnknownSite("no site has this key")
    return site


def policy_of(site: Site) -> Policy:
    """The site's rules; `policy_under` says which are in force under one of its articles."""
    stored = dict(site.policy)
    for name in ("banned_words", "suspect_words", "tracking_parameters", "reserved_names"):
        stored[name] = tuple(stored.get(name, ()))
    stored["publishing"] = Publishing(stored.get("publishing", Publishing.MACHINE))
    return Policy(**stored)


def policy_of_article(site: Site, article: Article) -> Policy:
    """The site's rules as the article's own change them; only who publishes is not settled yet."""
    return with_own_rules(policy_of(site), article.rules)


def policy_under(site: Site, article: Article | None, now: dt.datetime) -> Policy:
    """The rules in force at `now`: the site's, the article's own, and a surge's word.

    During a surge a person approves everything, but a closed article stays closed.
    """
    if article is None:
        return policy_of(site)
    policy = policy_of_article(site, article)
    publishing = article.publishing or policy.publishing
    if has_surge(article, now) and publishing is not Publishing.CLOSED:
        publishing = Publishing.HUMAN
    return replace(policy, publishing=publishing)


def has_surge(article: Article | None, now: dt.datetime) -> bool:
    """Whether so many comments come here that a person approves everything; see surges.py."""
    return article is not None and article.surge is not None and article.surge.is_in_force(now)


def read_page(site: Site, url: str, title: str = "", published: str = "") -> Page:
    """Check and normalise what a page says of itself. Raises ForeignArticle."""
    if not url or len(url) > URL_MAX:
        raise ForeignArticle("the article has no address, or one that is too long")
    parts = _split(url)
    if _origin(parts) not in {_origin(_split(origin)) for origin in site.origins}:
        raise ForeignArticle("the article is not on one of the site's origins")
    key = _normalise(parts, frozenset(policy_of(site).tracking_parameters))
    if len(key.encode()) > URL_MAX:  # percent-encoding may triple it; an index holds no more
        raise ForeignArticle("the article's address is too long")
    return Page(
        key=key,
        url=parts._replace(fragment="").geturl(),
        title=title[:TITLE_MAX],
        published_at=_read_date(published),
    )


def find_article(session: Session, site: Site, page: Page) -> Article | None:
    """The article of this page, or None while nobody commented on it."""
    query = select(Article).where(Article.site_id == site.id, Article.key == page.key)
    return session.scalar(query)


def find_or_create_article(session: Session, site: Site, page: Page, now: dt.datetime) -> Article:
    """The article of this page; its first comment creates it, or an owner who gives it rules."""
    article = find_article(session, site, page)
    if article is not None:
        return article
    article = Article(
        site_id=site.id,
        key=page.key,
        url=page.url,
        title="",
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(article)
    except IntegrityError:  # another first comment was faster
        found = find_article(session, site, page)
        assert found is not None
        return found
    return article


def begin_article(session: Session, site: Site, page: Page, now: dt.datetime) -> Article:
    """The article of this page, for a comment: with the first its days begin, and its title."""
    article = find_or_create_article(session, site, page, now)
    if article.first_comment_at is None:
        article.first_comment_at, article.title = now, page.title
    return article


def is_closed(
    policy: Policy, article: Article | None, published_at: dt.datetime | None, now: dt.datetime
) -> bool:
    """Whether new comments are refused: by the policy, or N days after publication.

    The days count from `data-published` as this request has it, else from the first comment, and
    from the earlier where there are both. The claim is stored with the comment alone: it is
    anybody's, and a false one must close the article for nobody else.
    """
    if policy.publishing is Publishing.CLOSED:
        return True
    if policy.closes_after_days is None:
        return False
    known = (published_at, article.first_comment_at if article else None)
    start = min((moment for moment in known if moment is not None), default=None)
    # A difference of two dates never leaves the calendar; a sum may.
    return start is not None and now - start > dt.timedelta(days=policy.closes_after_days)


def address_of(article: Article) -> str:
    """The article's address without what says where its first commenter came from."""
    return f"{urlsplit(article.url).scheme}://{article.key}"


def origin_of(url: str) -> str:
    """`scheme://host[:port]` of an http(s) address. Raises ForeignArticle for anything else."""
    parts = _split(url)
    host, _ = _origin(parts)
    shown = f"[{host}]" if ":" in host else host
    is_default = parts.port in (None, DEFAULT_PORTS[parts.scheme])
    return f"{parts.scheme}://{shown}" + ("" if is_default else f":{parts.port}")


def _split(url: str) -> SplitResult:
    url = url.strip()
    if _UNSENDABLE.search(url):
        raise ForeignArticle("this is no address")
    try:
        parts = urlsplit(url)
        port = parts.port  # raises for a port that is no number
    except ValueError:
        raise ForeignArticle("this is no address") from None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or port == 0:
        raise ForeignArticle("this is no http(s) address")
    # Browsers and Python read "https://evil.com\@news.com" differently; pages have no user names.
    if "@" in parts.netloc:
        raise ForeignArticle("an address with a user name")
    return parts


def _origin(parts: SplitResult) -> tuple[str, int]:
    # http and https are one site here (design: scheme ignored), so default ports are one port.
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    return _ascii_host(parts.hostname or ""), 80 if port == 443 else port


def _ascii_host(host: str) -> str:
    try:
        # As browsers do it: ß stays a letter of its own (UTS #46, nontransitional).
        return host.lower() if host.isascii() else idna.encode(host, uts46=True).decode()
    except UnicodeError:
        raise ForeignArticle("this host name cannot exist") from None


def _normalise(parts: SplitResult, tracking: frozenset[str]) -> str:
    host, port = _origin(parts)
    query = urlencode(
        [
            (name, value)
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
            if name not in TRACKING | tracking and not name.startswith(TRACKING_PREFIXES)
        ],
        errors="replace",
    )
    address = host + ("" if port == 80 else f":{port}") + (parts.path or "/")
    return f"{address}?{query}" if query else address


def _read_date(text: str) -> dt.datetime | None:
    try:
        date = dt.datetime.fromisoformat(text.strip())
        return date.astimezone(dt.UTC) if date.tzinfo else date.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError):  # the year 1, further east
        return None
