"""What an article's own rules do: to the form, to edits, to staff, and to what is decided there."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.articles import find_or_create_article, read_page
from moderation.flow.redaction import find_suspects
from moderation.models import Article, Comment, Site
from moderation.preview import Preview
from moderation.services import Services
from moderation.statuses import Status
from moderation.worker import Worker
from tests.doubles import NOON, Clock, FixedScorer
from tests.factories import ARTICLE, ORIGIN, make_comment, set_policy
from tests.web.own import Commenter, write
from tests.web.pages import Page, Reader

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
OTHER = f"{ORIGIN}/other"
DAY = dt.timedelta(days=1)
Give = Callable[..., None]


@pytest.fixture
def give(database: Database, site: Site) -> Give:
    """Gives the article rules of its own, before anybody commented there."""

    def rules(**own: Any) -> None:
        with database.transaction() as session:
            here = session.get_one(Site, site.id)
            page = read_page(here, ARTICLE)
            find_or_create_article(session, here, page, NOON).rules = own

    return rules


@pytest.fixture
def other(reader: Reader) -> Reader:
    """The same reader under an article that follows the site."""
    return Reader(reader.client, article=OTHER)


@pytest.fixture
def statuses(database: Database, worker: Worker) -> Callable[[], dict[str, Status]]:
    """What became of each text, by the path of its article."""

    def read() -> dict[str, Status]:
        while worker.tick():
            pass
        with database.reading() as session:
            found = session.scalars(select(Comment))
            return {comment.article.url: comment.status for comment in found}

    return read


@pytest.mark.parametrize(
    ("rules", "fields"),
    [
        ({"suspect_words": ["maple"]}, {"body": "A maple."}),
        ({"banned_words": ["maple"]}, {"body": "A maple."}),
        ({"reserved_names": ["Greta Guest"]}, {"name": "greta guest"}),
        ({"links_max": 0}, {"body": "See www.trees.example"}),
        ({"thresholds": {"toxicity": 0.0}}, {}),
        ({"language": "de"}, {"body": "Ruf an: 0151 23456789"}),
    ],
)
def test_what_they_hold_is_held_there_alone(
    give: Give,
    reader: Reader,
    other: Reader,
    statuses: Callable[[], dict[str, Status]],
    rules: dict[str, Any],
    fields: dict[str, str],
) -> None:
    give(**rules)
    reader.send(**fields)
    body = fields.get("body", "Nothing else.")
    other.send(**{**fields, "body": f"{body} Truly."})  # nobody says the same twice

    assert statuses() == {ARTICLE: Status.HELD, OTHER: Status.APPROVED}


def test_another_preset_counts_there_alone(
    give: Give, reader: Reader, other: Reader, statuses: Callable[[], dict[str, Status]]
) -> None:
    give(preset="strict")
    reader.send(body="A maple.")  # the model of the tests has no such limits, so it waits
    other.send(body="A lime.")

    assert statuses() == {ARTICLE: Status.HELD, OTHER: Status.APPROVED}


def test_its_days_begin_with_the_first_comment_not_with_its_rules(
    give: Give, reader: Reader, clock: Clock, database: Database, site: Site
) -> None:
    set_policy(database, site, closes_after_days=30)
    give(closes_after_days=7)
    clock.forward(8 * DAY.total_seconds())
    assert reader.send().status_code == 202

    clock.forward(6 * DAY.total_seconds())
    assert reader.page().all("textarea")
    clock.forward(2 * DAY.total_seconds())
    assert not reader.page().all("textarea")
    assert Reader(reader.client, article=OTHER).send().status_code == 202


def test_a_title_is_the_first_comments(give: Give, reader: Reader, database: Database) -> None:
    give(links_max=1)
    reader.send(title="")
    reader.send(title="A lie", body="Another one.")

    with database.reading() as session:
        assert session.scalars(select(Article.title)).one() == ""


def test_an_edit_is_as_long_as_the_article_lets_it_be(
    give: Give, reader: Reader, database: Database, worker: Worker
) -> None:
    give(body_max=20)
    ada = write(reader, database, worker, body="Short.")

    answer = ada.edit("Rather long for such an article.")
    assert answer.status_code == 400
    assert ada.edit("Short as well.").status_code == 303


def test_the_question_before_posting_knows_its_limits(
    give: Give,
    app: Flask,
    scorer: FixedScorer,
    reader: Reader,
    other: Reader,
    database: Database,
    site: Site,
) -> None:
    set_policy(database, site, nudge=True)
    found: Services = app.extensions["moderation"]
    app.extensions["moderation"] = replace(found, preview=Preview(lambda: scorer))
    give(thresholds={"toxicity": 0.0})

    assert reader.send(body="Calm.").status_code == 409
    assert other.send(body="Calm.").status_code == 202


def test_staff_do_not_write_where_it_is_closed(
    give: Give, reader: Reader, desk: FlaskClient, database: Database
) -> None:
    give(closes_after_days=1)
    reader.send()
    path = f"/s/news/comments?article={ARTICLE}"
    alone = {"Sec-Fetch-Dest": "document"}
    page = Page(desk.get(path, headers=alone).text)
    fields = {
        each.attrs["name"]: each.attrs.get("value", "")
        for each in page.all("input")
        if each.is_in("form", id="staff")
    }
    with database.transaction() as session:
        session.scalars(select(Article)).one().first_comment_at = NOON - 2 * DAY

    answer = desk.post("/staff/news/comments", data={**fields, "body": "From us."})
    assert answer.status_code == 403
    assert "From us." in answer.text


def test_masking_offers_what_its_language_holds(give: Give, database: Database, site: Site) -> None:
    give(language="de")
    with database.transaction() as session:
        here = session.get_one(Site, site.id)
        text = "Ruf an: 0151 23456789"
        comments = [make_comment(session, here, article=a, body=text) for a in (ARTICLE, OTHER)]
        assert [find_suspects(session, each) for each in comments] == [["0151 23456789"], []]


def test_the_privacy_notice_is_that_of_the_article(give: Give, reader: Reader) -> None:
    give(email_required=False)
    reader.send(email="")

    def notice(page: Page) -> str:
        (link,) = [each for each in page.all("a") if "/privacy" in each.attrs["href"]]
        return Page(reader.client.get(link.attrs["href"]).text).text

    assert "is up to you" in notice(reader.page())
    other = Reader(reader.client, article=OTHER).page()
    assert "Your email address is required" in notice(other)
    foreign = reader.client.get("/s/news/privacy?article=https://elsewhere.example/")
    assert foreign.status_code == 400


class TestClosedByItsPage:
    """An article whose page says when it appeared closes so many days later."""

    @pytest.fixture
    def ada(
        self, reader: Reader, database: Database, site: Site, worker: Worker, clock: Clock
    ) -> Commenter:
        """Ada wrote a minute before that."""
        set_policy(database, site, closes_after_days=1)
        published = clock() - DAY + dt.timedelta(minutes=1)
        return write(reader, database, worker, published=published.isoformat())

    def test_an_edit_is_refused_and_the_text_kept(self, ada: Commenter, clock: Clock) -> None:
        page = ada.page("/edit")
        clock.forward(120)

        answer = ada.edit("Another text.", page)
        assert answer.status_code == 403
        assert "Comments are closed here" in answer.text and "Another text." in answer.text
        assert ada.comment.body != "Another text."

    def test_it_closes_for_no_other_comment(
        self, ada: Commenter, reader: Reader, database: Database, worker: Worker, clock: Clock
    ) -> None:
        bob = write(reader, database, worker, body="Without a date.", email="bob@example.com")
        clock.forward(120)
        assert bob.edit("Another text.").status_code == 303

    def test_what_came_before_is_decided_after_as_held(self, ada: Commenter, clock: Clock) -> None:
        clock.forward(120)
        ada.score()
        assert ada.comment.status is Status.HELD


def test_a_used_form_with_another_text_is_told_that_it_is_closed(
    reader: Reader, database: Database, site: Site
) -> None:
    token = reader.token()
    assert reader.send(csrf_token=token).status_code == 202
    set_policy(database, site, publishing="closed")

    assert reader.send(csrf_token=token).status_code == 202, "a retry is answered as before"
    assert reader.send(csrf_token=token, body="Another text.").status_code == 403
