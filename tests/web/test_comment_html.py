"""Comments are rendered once, and never shown as they were before something changed."""

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, template_rendered
from flask.testing import FlaskClient
from sqlalchemy import update

from moderation.db import Database
from moderation.models import Comment, Site
from moderation.web.readers import comment_html
from tests.doubles import Clock
from tests.factories import ARTICLE, set_policy
from tests.web.pages import Reader

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Write = Callable[..., Comment]


@pytest.fixture
def rendered(app: Flask) -> Iterator[list[str]]:
    """The texts of the comments that were rendered, one by one."""
    found: list[str] = []

    def note(_sender: object, template: object, context: dict[str, object], **_: object) -> None:
        if getattr(template, "name", "") == "readers/_comment.html":
            found.append(context["entry"].body)  # type: ignore[attr-defined]

    with template_rendered.connected_to(note, app):
        yield found


def test_the_next_reader_costs_no_rendering(
    reader: Reader, write: Write, rendered: list[str]
) -> None:
    top = write("first")
    write("second", top)
    page = reader.read()
    assert sorted(rendered) == ["first", "second"]
    write("third")
    again = reader.read()
    assert sorted(rendered) == ["first", "second", "third"]
    for text in ("first", "second"):
        assert f">{text}<" in page.text
        assert f">{text}<" in again.text


def test_what_changed_is_shown_at_once(
    reader: Reader, write: Write, database: Database, site: Site
) -> None:
    top = write("canary", name="Ada Lovelace")
    write("reply", top, name="Cleo")
    assert "canary" in reader.read().text
    with database.transaction() as session:
        session.execute(update(Comment).where(Comment.id == top.id).values(body="new", name="Bob"))
    page = reader.read().text
    assert "canary" not in page
    assert "Lovelace" not in page  # nor in the reply, which names whom it answers
    assert page.count("<svg") == 2
    set_policy(database, site, avatars=False)
    assert "<svg" not in reader.read().text
    assert "Reply" in reader.page().text
    set_policy(database, site, publishing="closed")
    assert "Reply" not in reader.page().text


def test_each_language_address_and_host_has_its_own(reader: Reader, write: Write) -> None:
    comment = write("text")
    assert "Report" in reader.page().text
    german = reader.page(lang="de")
    assert "Report" not in german.text
    assert "lang=de" in german.one("a", class_="report").attrs["href"]
    assert "lang=" not in reader.page().one("a", class_="report").attrs["href"]
    assert "title=Elms" in reader.page(title="Elms").one("a", class_="reply").attrs["href"]
    assert "sort=newest" in reader.page(sort="newest").one("a", class_="permalink").attrs["href"]
    whole = reader.client.get(f"{reader.path}.html?article={ARTICLE}").text
    assert 'href="http://127.0.0.1:8000/s/news/comments' in whole
    assert comment.public_id in whole


def test_time_goes_by(reader: Reader, write: Write, clock: Clock) -> None:
    write("text")
    clock.now += dt.timedelta(hours=2)
    assert reader.page().one("time").text == "2 hours ago"
    clock.now += dt.timedelta(hours=1)
    assert reader.page().one("time").text == "3 hours ago"


def test_no_more_is_remembered_than_there_is_room_for(
    client: FlaskClient, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembered = comment_html._made.cache
    remembered.clear()
    monkeypatch.setattr(remembered, "_Cache__maxsize", 4_000)
    reader = Reader(client)
    for number in range(10):
        write(f"text {number}")
    for _ in range(2):
        page = reader.read().text
        assert all(f">text {number}<" in page for number in range(10))
        assert 0 < remembered.currsize <= 4_000
