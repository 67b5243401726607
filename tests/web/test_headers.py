"""Security headers of every answer, caching, and who may embed or call what."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.db import Database
from moderation.models import Comment, Site
from moderation.privacy.links import PrivateLinks
from moderation.services import Services
from moderation.statuses import Status
from tests.factories import ARTICLE, ORIGIN, make_comment, make_site
from tests.web.pages import JSON, Page, Reader

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
THREAD = {"article": ARTICLE}
OUTSIDE = {"REMOTE_ADDR": "203.0.113.7"}


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"PUBLIC_URL": "https://comments.example.com"}


@pytest.fixture
def approved(database: Database, site: Site) -> Comment:
    with database.transaction() as session:
        return make_comment(session, site, status=Status.APPROVED)


@pytest.fixture
def private_path(services: Services, approved: Comment) -> str:
    links = PrivateLinks(services.settings.SECRET_KEY.get_secret_value())
    return f"/c/{links.issue(approved.public_id, approved.link_version)}"


@pytest.fixture
def answers(
    client: FlaskClient, desk: FlaskClient, reader: Reader, private_path: str
) -> Iterator[dict[str, TestResponse]]:
    """One answer of every kind, by name."""
    path, json = reader.path, {"Origin": ORIGIN}
    found = {
        "thread": reader.read(),
        "received": reader.send(body="A thought."),
        "refused": reader.send(name=""),
        "thread json": client.get(f"{path}.json", query_string=THREAD, headers=json),
        "fragment": client.get(f"{path}.html", query_string=THREAD, headers=json),
        "feed": client.get("/s/news/feed.atom", query_string=THREAD, headers=json),
        "news": client.get("/s/news/new.json", query_string=THREAD, headers=json),
        "theme": client.get("/s/news/theme.css"),
        "counts": client.get("/s/news/counts.json", query_string=THREAD, headers=json),
        "token": client.get("/s/news/form-token", query_string=THREAD, headers=json),
        "received json": reader.send_json(body="Another."),
        "private": client.get(private_path),
        "no private": client.get("/c/nonsense"),
        "login": client.get("/login"),
        "stranger": client.get("/queue"),
        "queue": desk.get("/queue"),
        "log": desk.get("/log"),
        "demo": client.get("/demo"),
        "script": client.get("/embed.js"),
        "style": client.get("/static/base.css"),
        "health": client.get("/healthz"),
        "ready": client.get("/readyz"),
        "metrics": client.get("/metrics"),
        "no metrics": client.get("/metrics", environ_base=OUTSIDE),
        "nothing": client.get("/nothing"),
        "nothing json": client.get("/nothing", headers=JSON),
        "foreign article": client.get(path, query_string={"article": "https://evil.example/"}),
        "no site": client.get("/s/nowhere/comments", query_string=THREAD),
        "no method": client.put(path),
        "options": client.options(path),
        "head": client.head(path, query_string=THREAD),
        "no form": client.post(path, json={}),
        "no token": client.post("/login"),
        "not signed in": client.post("/logout"),
        "not found inside": desk.get("/queue/unknown"),
    }
    yield found
    for answer in found.values():
        answer.close()


def directives(answer: TestResponse) -> dict[str, str]:
    """The Content-Security-Policy by directive."""
    parts = answer.headers["Content-Security-Policy"].split(";")
    return {name: value for name, _, value in (part.strip().partition(" ") for part in parts)}


def test_every_answer_is_what_its_name_says(answers: dict[str, TestResponse]) -> None:
    codes = {name: answer.status_code for name, answer in answers.items()}

    assert codes == {
        **dict.fromkeys(answers, 200),
        **dict.fromkeys(["received", "received json"], 202),
        **dict.fromkeys(["refused", "foreign article", "no token"], 400),
        **dict.fromkeys(["no private", "metrics", "no metrics", "nothing", "nothing json"], 404),
        **dict.fromkeys(["no site", "not found inside"], 404),
        "stranger": 302,
        "ready": 503,
        "no method": 405,
        "no form": 415,
        "not signed in": 401,
    }


def test_every_answer_carries_the_security_headers(answers: dict[str, TestResponse]) -> None:
    for name, answer in answers.items():
        policy = directives(answer)
        assert policy["default-src"] == "'none'", name
        assert policy["script-src"] == policy["style-src"] == "'self'", name
        assert policy["base-uri"] == "'none'" and policy["form-action"] == "'self'", name
        assert "unsafe" not in answer.headers["Content-Security-Policy"], name
        assert answer.headers.getlist("X-Content-Type-Options") == ["nosniff"], name
        assert answer.headers["Referrer-Policy"], name
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000", name


@pytest.mark.parametrize("overrides", [{}])
def test_over_plain_http_no_browser_is_told_to_insist_on_https(client: FlaskClient) -> None:
    for path in ("/login", "/healthz", "/nothing"):
        assert "Strict-Transport-Security" not in client.get(path).headers, path


def test_only_what_the_frame_shows_may_be_framed_and_only_by_the_sites_origins(
    answers: dict[str, TestResponse],
) -> None:
    shown = ("thread", "received", "refused", "head", "foreign article", "no form")
    for name, answer in answers.items():
        wanted = ORIGIN if name in shown else "'none'"
        assert directives(answer)["frame-ancestors"] == wanted, name


def test_a_site_without_origins_may_not_be_framed(database: Database, reader: Reader) -> None:
    with database.transaction() as session:
        make_site(session, "alone").origins = []
    reader.site = "alone"

    assert directives(reader.read())["frame-ancestors"] == "'none'"


def test_only_what_may_be_kept_may_be_kept(answers: dict[str, TestResponse]) -> None:
    kept = {
        **dict.fromkeys(["thread json", "fragment", "feed", "counts", "theme"], "public, no-cache"),
        "news": "public, max-age=10",
        "script": "public, max-age=3600",
        "style": "public, max-age=31536000",
    }
    for name, answer in answers.items():
        found = answer.headers["Cache-Control"]
        assert set(found.split(", ")) == set(kept.get(name, "no-store").split(", ")), name


def test_only_people_who_sign_in_get_a_cookie(answers: dict[str, TestResponse]) -> None:
    with_cookie = {name for name, answer in answers.items() if "Set-Cookie" in answer.headers}

    assert with_cookie <= {"login", "queue", "log", "no token"}


def test_the_private_page_tells_nobody_where_it_is(answers: dict[str, TestResponse]) -> None:
    assert answers["private"].headers["Referrer-Policy"] == "no-referrer"
    assert answers["private"].headers["Cache-Control"] == "no-store"
    links = [a for a in Page(answers["private"].text).all("a")]
    assert links and not [a for a in links if not a.attrs["href"].startswith(("/", "http"))]


def test_a_revoked_private_link_answers_like_a_forged_one(
    client: FlaskClient, database: Database, approved: Comment, private_path: str
) -> None:
    with database.transaction() as session:
        session.get_one(Comment, approved.id).link_version += 1

    revoked, forged = client.get(private_path), client.get(f"{private_path}x")

    assert (revoked.status_code, forged.status_code) == (404, 404)
    assert revoked.text == forged.text


@pytest.mark.parametrize(
    "path", ["/s/news/comments.json", "/s/news/counts.json", "/s/news/form-token"]
)
def test_scripts_of_the_sites_origins_may_read_the_answer_without_credentials(
    client: FlaskClient, site: Site, path: str
) -> None:
    def ask(origin: str | None) -> TestResponse:
        headers = {"Origin": origin} if origin else {}
        return client.get(path, query_string=THREAD, headers=headers)

    assert ask(ORIGIN).headers["Access-Control-Allow-Origin"] == ORIGIN
    for origin in (None, "https://evil.example", "null", "*", f"{ORIGIN}.evil.example", "http://x"):
        assert "Access-Control-Allow-Origin" not in ask(origin).headers, origin
    for origin in (ORIGIN, None, "https://evil.example"):
        assert "Origin" in ask(origin).headers["Vary"], "a cache must keep them apart"
        assert "Access-Control-Allow-Credentials" not in ask(origin).headers


def test_scripts_of_the_sites_origins_may_read_what_became_of_a_form(reader: Reader) -> None:
    def send(origin: str, **changes: str) -> TestResponse:
        return reader.client.post(
            reader.path, data=reader.fields(**changes), headers={**JSON, "Origin": origin}
        )

    for changes in ({}, {"name": ""}, {"article": "https://evil.example/", "csrf_token": "x"}):
        assert send(ORIGIN, **changes).headers["Access-Control-Allow-Origin"] == ORIGIN
        allowed = send("https://evil.example", **changes).headers
        assert "Access-Control-Allow-Origin" not in allowed


def test_nobodys_scripts_may_read_pages_behind_the_sign_in(desk: FlaskClient, site: Site) -> None:
    for path in ("/queue", "/log", "/login"):
        answer = desk.get(path, headers={"Origin": ORIGIN})
        assert not [name for name in answer.headers.keys() if name.startswith("Access-Control")]


def test_the_thread_as_json_is_sent_again_only_when_it_changed(
    client: FlaskClient, database: Database, site: Site, approved: Comment
) -> None:
    def ask(tag: str = "") -> TestResponse:
        headers = {"If-None-Match": tag} if tag else {}
        return client.get("/s/news/comments.json", query_string=THREAD, headers=headers)

    first = ask()
    tag = first.headers["ETag"]
    again = ask(tag)
    with database.transaction() as session:
        make_comment(session, site, status=Status.APPROVED, body="A second thought.")
    changed = ask(tag)

    assert first.get_json() == {
        "comments": [
            {
                "id": approved.public_id,
                "parent": None,
                "level": 0,
                "name": "Ada",
                "body": "What a lovely tree.",
                "created_at": "2026-05-04T12:00:00+00:00",
                "edited_at": None,
                "staff": False,
                "placeholder": False,
            }
        ],
        "total": 1,
        "next": None,
        "announcement": None,
    }
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert directives(again)["frame-ancestors"] == "'none'"
    assert (changed.status_code, changed.get_json()["total"]) == (200, 2)


def test_counts_are_of_approved_comments_by_the_address_asked_for(
    client: FlaskClient, database: Database, site: Site, approved: Comment
) -> None:
    with database.transaction() as session:
        make_comment(session, site, status=Status.HELD, body="Held.")
        make_comment(session, site, status=Status.REJECTED, body="Rejected.")
    tracked, empty = f"{ARTICLE}?utm_source=x#top", f"{ORIGIN}/nobody-spoke"

    answer = client.get(
        "/s/news/counts.json", query_string=[("article", u) for u in (ARTICLE, tracked, empty)]
    )

    assert answer.get_json() == {ARTICLE: 1, tracked: 1, empty: 0}
    assert client.get("/s/news/counts.json").get_json() == {}
    many = [("article", f"{ORIGIN}/{n}") for n in range(150)]
    assert len(client.get("/s/news/counts.json", query_string=many).get_json()) == 100


def test_links_never_follow_the_host_that_a_caller_names(
    client: FlaskClient, desk: FlaskClient, reader: Reader, private_path: str
) -> None:
    lying = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    fields = reader.fields(body="Another thought.")
    answers = [
        client.get(reader.path, query_string=THREAD, headers=lying),
        client.post(reader.path, data=fields, headers=lying),
        client.post(reader.path, data=fields, headers={**lying, **JSON}),
        client.post(reader.path, data={**fields, "csrf_token": ""}, headers=lying),
        client.get(private_path, headers=lying),
        client.get("/queue", headers=lying),
        client.get("//queue", headers=lying),
        client.get("/s//news/comments", headers=lying),
        client.get("/login", headers=lying),
        client.get("/nothing", headers=lying),
        desk.get("/queue", headers=lying),
    ]

    for answer in answers:
        assert "evil.example" not in answer.text + str(answer.headers), answer.request.path
    assert answers[2].get_json()["manage_url"].startswith("https://comments.example.com/c/")


def test_the_demo_follows_no_host_that_a_caller_names(client: FlaskClient) -> None:
    answer = client.get("/demo", headers={"Host": "evil.example"})

    assert answer.status_code == 200
    assert "evil.example" not in answer.text


def test_a_method_that_is_not_there_names_those_that_are(client: FlaskClient, site: Site) -> None:
    answer = client.delete("/s/news/comments")

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) >= {"GET", "POST"}


def test_head_answers_like_get_without_the_body(client: FlaskClient, reader: Reader) -> None:
    for path in (reader.path, f"{reader.path}.json", "/s/news/form-token"):
        head = client.head(path, query_string=THREAD)
        assert (head.status_code, head.data) == (200, b"")


@pytest.mark.parametrize(
    "accept, is_json",
    [
        (None, False),
        ("*/*", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("application/json", True),
        ("application/json, text/plain, */*", True),
        ("text/html;q=0.5, application/json", True),
        ("nonsense", False),
    ],
)
def test_it_answers_in_the_form_the_caller_prefers(
    client: FlaskClient, accept: str | None, is_json: bool
) -> None:
    answer = client.get("/nothing", headers={"Accept": accept} if accept else {})

    assert answer.is_json is is_json


def test_pages_hold_nothing_that_their_policy_forbids(answers: dict[str, TestResponse]) -> None:
    pages = [a for a in answers.values() if a.mimetype == "text/html" and a.data]
    assert len(pages) > 10
    for answer in pages:
        page = Page(answer.text)
        assert not page.all("style")
        assert all(script.attrs.get("src", "").startswith("/") for script in page.all("script"))
        for element in page.elements:
            assert "style" not in element.attrs, element
            assert not [name for name in element.attrs if re.match("on[a-z]", name)], element
