"""What an attacker may try through the web and no other test does: docs/security.md names each."""

import ast
import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from moderation.db import Database
from moderation.flow.bans.acts import ban
from moderation.flow.bans.targets import target_of
from moderation.flow.review import decide_by_hand
from moderation.models import Article, Comment, Moderator, Site
from moderation.services import Services
from moderation.statuses import Change, Role, Status
from moderation.web.csv_answer import STARTS_FORMULA
from tests.doubles import NOON, Clock
from tests.factories import ARTICLE, make_comment
from tests.web.pages import Page, Reader, errors_of
from tests.web.source import trees

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Stored = Callable[[], list[Comment]]


@contextmanager
def statements(database: Database) -> Iterator[list[tuple[str, object]]]:
    """Every statement and its parameters, while this lasts."""
    seen: list[tuple[str, object]] = []

    def watch(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        seen.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", watch)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", watch)


# Caches


@sqlite
@pytest.mark.parametrize("path", ["comments.json", "counts.json"])
def test_no_header_of_a_caller_gets_into_what_may_be_kept(
    client: FlaskClient, database: Database, site: Site, path: str
) -> None:
    with database.transaction() as session:
        make_comment(session, site, status=Status.APPROVED)
    address = f"/s/news/{path}"
    plain = client.get(address, query_string={"article": ARTICLE})
    names = ("Host", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Host",
             "X-Original-URL", "X-Rewrite-URL", "Forwarded", "Origin", "Referer", "Accept",
             "Accept-Language", "User-Agent", "Cookie", "X-HTTP-Method-Override")  # fmt: skip

    assert "public" in plain.headers["Cache-Control"]
    assert plain.headers["Vary"] == "Origin"
    for name, value in itertools.product(names, ("zq.example", "https://zq.example/")):
        poisoned = client.get(address, query_string={"article": ARTICLE}, headers={name: value})
        assert (poisoned.status_code, poisoned.data) == (200, plain.data), name
        assert "zq.example" not in str(poisoned.headers), name


# One line stays one line


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\v", "\f", "\x85", "\u2028", "%0d%0a"])
def test_no_line_break_is_stored_where_one_line_belongs(
    reader: Reader, database: Database, stored: Stored, line_break: str
) -> None:
    refused = reader.send_json(email=f"ada@example.com{line_break}Bcc: eve@example.com")
    taken = reader.send_json(name=f"Ada{line_break}Bcc: eve", title=f"Trees{line_break}Bcc: eve")

    assert (refused.status_code, list(errors_of(refused))) == (400, ["email"])
    assert taken.status_code == 202
    with database.reading() as session:
        title = session.scalars(select(Article.title)).one()
    for line in (stored()[0].name, title):
        assert line.endswith("Bcc: eve")
        assert line.splitlines() == [line]


# Spreadsheets


FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=1\n", "＝1", '=1","=2')  # noqa: RUF001


@sqlite
def test_no_cell_of_a_spreadsheet_begins_a_formula(
    desk: FlaskClient, database: Database, site: Site
) -> None:
    """Everything as CSV, where colleagues have names that are formulas."""
    with database.transaction() as session:
        for name in FORMULAS:
            comment = make_comment(session, session.merge(site))
            colleague = Moderator(
                name=name,
                email_hash=name.encode(),
                password_hash="",
                role=Role.MODERATOR,
                created_at=NOON,
            )
            session.add(colleague)
            session.flush()
            decide_by_hand(
                session, comment.id, Change.APPROVED, version_seen=2, moderator=colleague, now=NOON
            )
    spreadsheets = [
        rule.rule.replace("<name>", "moderators")
        for rule in desk.application.url_map.iter_rules()
        if rule.rule.endswith(".csv")
    ]
    assert len(spreadsheets) >= 2
    for path in spreadsheets:
        answer = desk.get(path)
        assert answer.mimetype == "text/csv"
        cells = [cell for row in csv.reader(io.StringIO(answer.text, newline="")) for cell in row]
        for name in FORMULAS:
            assert f"'{name}" in cells, (path, name)
        assert not [cell for cell in cells if cell.startswith(STARTS_FORMULA)], path


def test_csv_is_written_in_one_place() -> None:
    """Where each cell is disarmed."""
    writers = {
        file
        for file, tree in trees("web", "flow", "cli")
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in ("writer", "DictWriter"))
        or (isinstance(node, ast.Constant) and node.value == "text/csv")
    }

    assert writers == {"web/csv_answer.py"}


# Look-ups


def test_a_banned_email_costs_the_statements_of_a_known_one(
    reader: Reader, database: Database, services: Services, site: Site, clock: Clock
) -> None:
    """An unknown one is stored, which costs more: docs/security.md says why that tells nothing."""
    for who in ("known", "banned"):
        assert reader.send(email=f"{who}@example.com", body=f"First, {who}.").status_code == 202
    with database.transaction() as session:
        ban(session, site, target_of(services.vault, site, "banned@example.com"), now=NOON)
    clock.forward(60)
    cost, answers = {}, set()
    for who in ("known", "banned", "unknown"):
        token = reader.token()
        with statements(database) as seen:
            sent = reader.send_json(
                email=f"{who}@example.com", body=f"Once more, {who}.", csrf_token=token
            )
        cost[who] = Counter(re.sub(r"savepoint_\d+", "savepoint", words) for words, _ in seen)
        answers.add((sent.status_code, sent.get_json()["message"]))

    assert cost["banned"] == cost["known"]
    assert len(answers) == 1
    assert kinds(cost["unknown"] - cost["known"]) == [
        "INSERT INTO commenter_emails",
        "INSERT INTO commenters",
        "RELEASE SAVEPOINT sa_savepoint",
        "SAVEPOINT sa_savepoint",
    ]
    assert kinds(cost["known"] - cost["unknown"]) == [
        "SELECT commenter_emails.commenter_id, commenter_emails.site_id,",
        "UPDATE commenter_emails SET",
    ]


def kinds(counted: Counter[str]) -> list[str]:
    """The first three words of each statement."""
    return sorted(" ".join(words.split()[:3]) for words in counted.elements())


# Statements


QUOTES = "zq' OR '1'='1'; DROP TABLE comments; --"


def test_what_is_typed_never_becomes_part_of_a_statement(
    reader: Reader, database: Database, desk: FlaskClient, site: Site, stored: Stored
) -> None:
    with statements(database) as seen:
        sent = reader.send(name=QUOTES, body=QUOTES, title=QUOTES)
        reader.read(after=QUOTES, parent=QUOTES, published=QUOTES)
        reader.client.get(f"/s/{QUOTES}/comments", query_string={"article": ARTICLE})
        reader.client.get("/s/news/counts.json", query_string={"article": f"{ARTICLE}?{QUOTES}"})
        reader.client.get(f"/c/{QUOTES}")
        for path in (f"/queue/{QUOTES}", f"/commenters/{QUOTES}", "/queue", "/log"):
            desk.get(path, query_string={"status": QUOTES, "after": QUOTES, "before": QUOTES})
        fields = {"csrf_token": Page(desk.get("/commenters").text).value("csrf_token")}
        desk.post("/commenters", data={**fields, "email": f"{QUOTES}@example.com"})

    assert sent.status_code == 202
    assert [(c.name, c.body) for c in stored()] == [(QUOTES, QUOTES)]
    assert any(QUOTES in repr(parameters) or "zq" in repr(parameters) for _, parameters in seen)
    assert not [statement for statement, _ in seen if "zq" in statement.lower()]


def test_no_statement_is_put_together_from_text() -> None:
    """`text()` and `exec_driver_sql()` take words that stand in the source, never an f-string."""
    for file, tree in trees("web", "flow", "cli", "privacy", "models"):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
            if called in ("text", "exec_driver_sql", "literal_column") and node.args:
                is_sql = called != "text" or "sqlalchemy" in ast.unparse(tree)
                assert not is_sql or isinstance(node.args[0], ast.Constant), file


# Mass assignment


def test_fields_that_the_form_does_not_have_change_nothing(reader: Reader, stored: Stored) -> None:
    wishes = {
        "status": "approved", "id": "7", "public_id": "mine", "site_id": "99", "version": "9",
        "commenter_id": "1", "created_at": "2001-01-01", "decided_by": "moderator", "path": "x",
        "signals": "trusted", "link_version": "5", "submission_id": "mine", "reason": "spam",
        "confirmed_at": "2001-01-01", "token": "x", "moderator_id": "1", "article_id": "3",
    }  # fmt: skip
    assert wishes.keys() - Comment.__table__.columns.keys() == {
        "confirmed_at", "token", "moderator_id"
    }  # fmt: skip

    plain = reader.send(body="Without wishes.")
    wishful = reader.send(body="With wishes.", **wishes)

    assert plain.status_code == wishful.status_code == 202
    one, other = stored()
    for name in wishes.keys() & Comment.__table__.columns.keys():
        if name not in ("id", "path", "public_id", "submission_id"):
            assert getattr(one, name) == getattr(other, name), name
    assert other.status is Status.PROCESSING
    assert (other.id, other.public_id, other.submission_id) != (7, "mine", "mine")
    assert other.path != b"x"
