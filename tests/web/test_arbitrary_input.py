"""Whatever arrives, nothing answers with a fault of ours. SQLite: the drivers differ only in what
test_bad_input.py asks of both."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.db import Database
from moderation.models import Comment, Site
from moderation.statuses import Status
from tests.factories import ARTICLE, ORIGIN, make_comment
from tests.web.pages import JSON, Page, Reader

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

# The fixtures live through all examples of a test on purpose: comments pile up in one database.
bounded = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# What HTTP can carry: any bytes; here as text, so that Hypothesis finds odd letters quickly.
anything = st.text(st.characters(exclude_categories=("Cs",)), max_size=200) | st.sampled_from(
    ["\0", "\u202e", "%00", "9" * 40, "-1", "../..", "<script>", "a@b.co", "{{7*7}}", "٣", "1e9"]
)
an_article = (
    st.just(ARTICLE)
    | anything
    | anything.map(lambda t: ORIGIN + t)
    | anything.map(f"{ARTICLE}?".__add__)
)
FIELDS = ("title", "published", "parent", "name", "email", "body", "website", "extra")


@pytest.fixture
def comment(database: Database, site: Site) -> Comment:
    with database.transaction() as session:
        return make_comment(session, site, status=Status.APPROVED)


def assert_no_fault(code: int, *also: int) -> None:
    """The answer is one of those we mean to give."""
    assert 200 <= code < 500 or code in also


@bounded
@given(
    article=an_article,
    fields=st.dictionaries(st.sampled_from(FIELDS), anything),
    token=st.none() | anything,
    headers=st.sampled_from([{}, JSON]),
)
def test_any_text_in_the_readers_form(
    reader: Reader,
    article: str,
    fields: dict[str, str],
    token: str | None,
    headers: dict[str, str],
) -> None:
    good = {"name": "Ada", "email": "ada@example.com", "body": "What a lovely tree."}
    sent = {"article": article, **good, **fields}
    fresh = reader.client.get("/s/news/form-token", query_string={"article": article})
    assert fresh.status_code in (200, 400)
    if token is None and fresh.status_code == 200:
        token = fresh.get_json()["csrf_token"]

    answer = reader.client.post(
        reader.path, data={**sent, "csrf_token": token or ""}, headers=headers
    )

    assert answer.status_code in (202, 400, 409)
    assert_no_fault(reader.client.get(reader.path, query_string=sent).status_code)


@bounded
@given(body=st.binary(max_size=300), kind=st.sampled_from(["urlencoded", "multipart", "broken"]))
def test_any_bytes_as_a_form(reader: Reader, body: bytes, kind: str) -> None:
    kinds = {
        "urlencoded": "application/x-www-form-urlencoded",
        "multipart": "multipart/form-data; boundary=x",
        "broken": "multipart/form-data",
    }
    part = b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\n'
    data = part + body + b"\r\n--x--" if kind == "multipart" else body

    answer = reader.client.post(reader.path, data=data, content_type=kinds[kind])

    assert_no_fault(answer.status_code)


@bounded
@given(email=anything, password=anything, target=anything, token=st.booleans())
def test_any_text_in_the_sign_in_form(
    client: FlaskClient, site: Site, email: str, password: str, target: str, token: bool
) -> None:
    page = Page(client.get("/login", query_string={"next": target}).text)
    fields = {"email": email, "password": password}
    if token:
        fields["csrf_token"] = page.value("csrf_token")

    answer = client.post("/login", data=fields, query_string={"next": target})

    assert answer.status_code in (400, 401)


@bounded
@given(
    fields=st.dictionaries(st.sampled_from(["action", "version", "reason", "extra"]), anything),
    action=st.sampled_from(["approve", "reject", "undo", None]),
    status=anything,
)
def test_any_text_in_a_decision(
    desk: FlaskClient, comment: Comment, fields: dict[str, str], action: str | None, status: str
) -> None:
    token = Page(desk.get("/queue").text).value("csrf_token")
    fields |= {"action": action} if action else {}

    answer = desk.post(
        f"/queue/{comment.public_id}/decisions",
        data={"version": "2", "csrf_token": token, **fields},
        query_string={"status": status},
    )

    assert answer.status_code in (303, 400, 409)


def get_rules(app: Flask) -> list[Any]:
    """Every rule that answers GET."""
    rules = [r for r in app.url_map.iter_rules() if r.methods and "GET" in r.methods]
    assert len(rules) > 10
    return rules


@settings(bounded, max_examples=20)  # each calls every route twice
@given(data=st.data())
def test_any_path_and_query(
    app: Flask, client: FlaskClient, desk: FlaskClient, site: Site, data: st.DataObject
) -> None:
    piece = st.binary(min_size=1, max_size=20).map(quote_from_bytes) | st.just("news")
    name = st.sampled_from(["article", "title", "parent", "after", "before", "status", "next"])
    for rule in get_rules(app):
        values = {argument: data.draw(piece) for argument in rule.arguments}
        path = rule.rule
        for argument, value in values.items():
            path = path.replace(f"<{argument}>", value).replace(f"<path:{argument}>", value)
        query = data.draw(st.dictionaries(name, anything, max_size=3))
        query.setdefault("article", data.draw(an_article))
        for browser in (client, desk):
            answer = browser.get(path, query_string=query)
            answer.close()
            assert_no_fault(answer.status_code, *((503,) if path == "/readyz" else ()))


@bounded
@given(
    path=st.binary(max_size=40).map(lambda b: "/" + quote_from_bytes(b, safe="/%?&=")),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "BREW"]),
)
def test_any_path_and_method(client: FlaskClient, site: Site, path: str, method: str) -> None:
    answer = client.open(path, method=method)
    answer.close()

    assert_no_fault(answer.status_code)


@bounded
@given(address=anything, name=st.sampled_from(["Accept", "Origin", "Authorization", "Cookie"]))
def test_any_header_and_address(
    reader: Reader, address: str, name: str, everything: Callable[[], object]
) -> None:
    value = address.encode().decode("latin-1").replace("\n", " ").replace("\r", " ")
    base = {"REMOTE_ADDR": address, f"HTTP_{name.upper()}": value}

    for path in (reader.path, "/queue", "/login", "/metrics", "/c/x"):
        answer = reader.client.get(path, query_string={"article": ARTICLE}, environ_overrides=base)
        assert_no_fault(answer.status_code)
    sent = reader.client.post(reader.path, data={"article": ARTICLE}, environ_overrides=base)
    assert sent.status_code in (400, 403), "no form at all, or one that somebody else sent"
