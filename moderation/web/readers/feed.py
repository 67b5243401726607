"""Approved comments as Atom (RFC 4287): of one article, or of a whole site."""

import datetime as dt
import uuid
from urllib.parse import quote
from xml.etree import ElementTree as ET

from flask import Response, get_template_attribute, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from moderation.flow.articles import address_of, find_article, find_site, read_page
from moderation.flow.latest import read_feed
from moderation.flow.notices.places import place_of
from moderation.models import Article, Comment, Site
from moderation.services import services
from moderation.statuses import Status
from moderation.text import clean_line
from moderation.web.headers import allow_calls_from
from moderation.web.languages import speak_as
from moderation.web.readers import readers
from moderation.web.readers.caching import cacheable

ATOM, THREADS = "http://www.w3.org/2005/Atom", "http://purl.org/syndication/thread/1.0"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
IRI = "/%:@!$&'()*+,;=~?#[]"  # what stands in addresses as it is
# Ids of feeds and entries follow from what never changes, whatever host serves them (RFC 9562).
IDS = uuid.UUID("5a1a2b5e-8c0f-4b5c-9d53-0c6f5f9d7a44")
ET.register_namespace("", ATOM)
ET.register_namespace("thr", THREADS)


@readers.get("/s/<site_key>/feed.atom")
def feed(site_key: str) -> Response:
    """The newest approved comments; `?article=` names one article of the site."""
    url = request.args.get("article", "")
    with services().database.reading() as session:
        site = find_site(session, site_key)
        allow_calls_from(site.origins)
        speak_as(site)
        article = _article(session, site, url) if url else None
        is_empty = article is not None and article.id is None
        comments = [] if is_empty else list(read_feed(session, site, article))
        root = _feed(site, article, comments, url)
    written = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return cacheable(Response(written, content_type="application/atom+xml; charset=utf-8"))


def _article(session: Session, site: Site, url: str) -> Article:
    """The article of this address; one that is not stored where nobody commented yet."""
    page = read_page(site, url)
    return find_article(session, site, page) or Article(key=page.key, url=page.url)


def _feed(site: Site, article: Article | None, comments: list[Comment], url: str) -> ET.Element:
    about = place_of(article) if article else clean_line(site.name)
    root = ET.Element(_tag("feed"), {LANG: get_locale().language})
    _add(root, "id", _id("feed", site.key, article.key if article else ""))
    _add(root, "title", _("Comments on %(place)s", place=about))
    newest = max(map(_changed_at, comments), default=site.created_at)
    _add(root, "updated", newest.isoformat())
    here = url_for("readers.feed", site_key=site.key, article=url or None)
    _link(root, "self", services().settings.public_url + here, "application/atom+xml")
    if article:
        _link(root, "alternate", quote(address_of(article), safe=IRI), "text/html")
    for comment in comments:
        _add_entry(root, comment)
    return root


def _add_entry(root: ET.Element, comment: Comment) -> None:
    entry = ET.SubElement(root, _tag("entry"))
    _add(entry, "id", _id("comment", comment.public_id))
    # In plain text, isolates (UAX #9) keep a name of another direction from turning the rest.
    name, place = f"\u2068{comment.name}\u2069", place_of(comment.article)
    _add(entry, "title", _("%(name)s on %(place)s", name=name, place=place))
    _add(entry, "published", comment.created_at.isoformat())
    _add(entry, "updated", _changed_at(comment).isoformat())
    _add(ET.SubElement(entry, _tag("author")), "name", comment.name)
    if comment.staff_id is not None:
        ET.SubElement(entry, _tag("category"), {"term": "staff", "label": _("Staff")})
    address = quote(f"{address_of(comment.article)}#comment-{comment.public_id}", safe=IRI)
    _link(entry, "alternate", address, "text/html")
    if comment.parent and comment.parent.status is Status.APPROVED:
        answered = {"ref": _id("comment", comment.parent.public_id)}
        ET.SubElement(entry, f"{{{THREADS}}}in-reply-to", answered)
    written = get_template_attribute("_macros.html", "text")(comment.body)
    _add(entry, "content", str(written).strip(), type="html")


def _changed_at(comment: Comment) -> dt.datetime:
    known = (comment.published_at, comment.edited_at)
    return max(moment for moment in known if moment is not None)


def _id(*names: str) -> str:
    return uuid.uuid5(IDS, "\n".join(names)).urn


def _tag(name: str) -> str:
    return f"{{{ATOM}}}{name}"


def _add(within: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(within, _tag(name), attributes).text = text


def _link(within: ET.Element, rel: str, href: str, kind: str) -> None:
    ET.SubElement(within, _tag("link"), {"rel": rel, "href": href, "type": kind})
