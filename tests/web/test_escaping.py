"""Nothing that a reader typed is ever markup, wherever it is shown."""

import json
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from moderation.db import Database
from moderation.flow.review import decide_by_hand
from moderation.models import Comment, Moderator, Score
from moderation.statuses import Change
from moderation.worker import Worker
from tests.doubles import NOON
from tests.factories import ARTICLE
from tests.web.pages import JSON, Page, Reader, hold_all

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload='alert(1)'>",
    "' autofocus onfocus='alert(1)",
    "</textarea></title><b>bold</b>",
    "{{ 7 * 7 }} ${7*7} &lt;i&gt;",
    "javascript:alert(1) [x](javascript:alert(1)) data:text/html,<b>",
]
LINKED = ("https://example.org/", "http://www.example.com")
KNOWN_TAGS = {
    *("html", "head", "meta", "title", "link", "script", "body", "main", "header", "footer", "nav"),
    *("section", "article", "aside", "h1", "h2", "h3", "p", "a", "b", "bdi", "div", "span", "ol"),
    *("ul", "li", "dl", "dt", "dd", "form", "label", "input", "textarea", "select", "option"),
    *("button", "blockquote", "time", "meter", "br", "small", "strong", "em", "details", "summary"),
    *("fieldset", "legend", "code", "noscript", "abbr", "output", "kbd", "mark", "figure"),
    *("dialog", "svg", "circle", "text", "figcaption"),
}


def read(client: FlaskClient, path: str) -> str:
    """The page at `path`, which must be there."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.fixture
def pages(
    reader: Reader,
    desk: FlaskClient,
    grace: Moderator,
    database: Database,
    stored: Callable[[], list[Comment]],
) -> Callable[[str], dict[str, str]]:
    """All pages that show a comment whose every field is this text, by name."""

    def show(text: str) -> dict[str, str]:
        fields = {"name": text[:80], "body": text, "title": text, "website": text}
        refused = reader.send(**{**fields, "email": text, "published": text, "parent": text})
        assert refused.status_code == 400
        sent = reader.send(**fields)
        assert sent.status_code == 202
        links = Page(sent.text).all("a", target="_blank", rel="noopener noreferrer")
        private = links[0].attrs["href"]
        hold_all(database)
        comment = stored()[-1]
        found = {
            "refused": refused.text,
            "received": sent.text,
            "queue": read(desk, "/queue"),
            "held comment": read(desk, f"/queue/{comment.public_id}"),
            "private": read(reader.client, private.removeprefix("http://127.0.0.1:8000")),
        }
        with database.transaction() as session:
            decide_by_hand(
                session, comment.id, Change.APPROVED, version_seen=2, moderator=grace, now=NOON
            )
        return {
            **found,
            "thread": reader.read(title=text).text,
            "one comment": reader.read(title=text, comment=comment.public_id).text,
            "fragment": read(reader.client, f"{reader.path}.html?article={ARTICLE}"),
            "reply": reader.read(parent=comment.public_id, title=text, published=text).text,
            "report": read(
                reader.client, f"/s/news/report?article={ARTICLE}&comment={comment.public_id}"
            ),
            "approved": read(desk, "/queue?queue=approved"),
            "log": read(desk, "/log"),
        }

    return show


@pytest.mark.parametrize("text", ATTACKS)
def test_it_shows_no_markup_that_a_reader_typed(
    pages: Callable[[str], dict[str, str]], text: str
) -> None:
    shown = pages(text)

    assert len(shown) == 12
    for name, html in shown.items():
        page = Page(html)
        assert {e.tag for e in page.elements} <= KNOWN_TAGS, name
        assert not page.all("b"), name
        for element in page.elements:
            assert not [a for a in element.attrs if a.startswith("on")], (name, element)
            href = element.attrs.get("href", "")
            assert href.startswith(("/", "http://", "https://", "#")) or not href, (name, href)
            assert element.tag != "script" or element.attrs["src"].startswith("/static/"), name
    for name in ("received", "thread", "reply"):
        assert "49" not in Page(shown[name]).one("main").text.replace("{{ 7 * 7 }}", "")
    assert text.split()[0] in Page(shown["thread"]).text


@pytest.mark.parametrize("text", ATTACKS)
def test_a_marked_attack_is_no_markup_either(
    reader: Reader, desk: FlaskClient, worker: Worker, database: Database, text: str
) -> None:
    reader.send(body=f"idiot {text}")
    worker.tick()
    for spans in ([[0, 6 + len(text)]], [[0, 9], [10, 14]], [[-5, 7], [9, 4], [8, 10_000]]):
        with database.transaction() as session:
            session.execute(update(Score).values(spans=spans))

        page = Page(read(desk, "/queue"))

        assert page.all("mark")
        assert {e.tag for e in page.elements} <= KNOWN_TAGS and not page.all("b")
        assert all(e.attrs.get("src", "").startswith("/static/") for e in page.all("script"))
        assert f"idiot {text}" in page.one("div", class_="text").text


@pytest.mark.parametrize("text", ATTACKS)
def test_its_json_is_json_and_never_a_page(
    pages: Callable[[str], dict[str, str]], reader: Reader, text: str
) -> None:
    pages(text)

    answer = reader.client.get(f"{reader.path}.json", query_string={"article": ARTICLE})
    sent = reader.send_json(name="", body=text)

    assert answer.content_type == sent.content_type == "application/json"
    assert json.loads(answer.text)["comments"][0]["body"] == text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert text not in sent.text


def test_it_drops_what_reorders_the_page(
    pages: Callable[[str], dict[str, str]], stored: Callable[[], list[Comment]]
) -> None:
    shown = pages("abc\u202edef\u2066ghi\x00\x1b")

    assert stored()[-1].body == stored()[-1].name == "abcdefghi"
    for name, html in shown.items():
        assert not {"\u202e", "\u2066", "\x00", "\x1b"} & set(html), name


def test_it_isolates_names_and_lets_each_paragraph_find_its_direction(
    pages: Callable[[str], dict[str, str]],
) -> None:
    shown = pages("שלום עולם")

    thread = Page(shown["thread"])
    assert thread.one("bdi", class_="name").text == "שלום עולם"
    assert [p.attrs["dir"] for p in thread.all("p") if p.text == "שלום עולם"] == ["auto"]
    for name in ("queue", "private", "held comment"):
        page = Page(shown[name])
        assert "שלום עולם" in [bdi.text for bdi in page.all("bdi")], name
        assert "auto" in [p.attrs.get("dir") for p in page.all("p")], name


def test_it_links_addresses_without_vouching_for_them(
    pages: Callable[[str], dict[str, str]],
) -> None:
    shown = pages('see https://example.org/a"onclick="x?b=<c> and www.example.com')

    for name in ("thread", "queue", "private"):
        links = [a for a in Page(shown[name]).all("a") if a.attrs["href"].startswith(LINKED)]
        assert links, name
        for link in links:
            assert set(link.attrs["rel"].split()) >= {"nofollow", "ugc", "noopener"}, name
            assert set(link.attrs) <= {"href", "rel", "target"}, name


def test_json_headers_are_not_needed_to_see_a_page(reader: Reader) -> None:
    assert reader.client.get("/nothing", headers=JSON).is_json
    assert not reader.client.get("/nothing", headers={"Accept": "*/*"}).is_json
    assert not reader.client.get("/nothing").is_json
