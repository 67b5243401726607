"""The queue, the page of one comment and the log, as a moderator's browser sees them."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from moderation.db import Database
from moderation.models import Comment, Moderator, Score, Site
from moderation.statuses import Status
from moderation.worker import Worker
from tests.doubles import Clock, FixedScorer
from tests.factories import make_comment
from tests.web.deciding import decide
from tests.web.pages import Page, Reader, hold_all

Stored = Callable[[], list[Comment]]
SignInAs = Callable[[Moderator], FlaskClient]
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def held(database: Database, site: Site) -> Comment:
    """A held comment."""
    with database.transaction() as session:
        return make_comment(session, site, name="Mallory", body="You know who you are.")


def test_it_shows_what_a_decision_needs(
    reader: Reader, desk: FlaskClient, database: Database, site: Site, worker: Worker
) -> None:
    with database.transaction() as session:
        parent = make_comment(
            session, site, status=Status.APPROVED, name="Grace", body="Limes are best."
        )
    reader.send(
        parent=parent.public_id, body="You idiot, see http://a.example http://b.example http://c.example",
        website="x",
    )  # fmt: skip
    worker.tick()

    page = Page(desk.get("/queue").text)

    found = [item.text.strip() for item in page.one("ul", class_="findings").inside[-1:]]
    assert found
    findings = page.one("ul", class_="findings").text
    for sentence in (
        "The model finds toxicity 95% likely (limit 80%)",
        "Holds 3 links (limit 2)",
        "A hidden field was filled in, as bots do",
    ):
        assert sentence in findings
    scores = page.one("dl", class_="scores").text
    assert "toxicity" in scores and "95" in scores and "insult" in scores
    card = page.one("article", class_="card").text
    made_with = "Model double, checkpoint 0123456789ab, graph int8, normaliser 1, preset balanced"
    assert made_with in card
    assert "Trees" in page.one("p", class_="where").text
    quote = page.one("blockquote")
    assert "Grace" in quote.text and "Limes are best." in quote.text
    assert "ada@example.com" not in desk.get("/queue").text


@sqlite
@pytest.mark.parametrize("changed", [None, "checkpoint", "graph"])
def test_numbers_stand_beside_the_limits_they_were_decided_by_and_no_others(
    reader: Reader, desk: FlaskClient, database: Database, worker: Worker, changed: str | None
) -> None:
    reader.send(body="You idiot.")
    worker.tick()
    if changed:  # as after a rescoring that decided nothing
        with database.transaction() as session:
            session.execute(update(Score).values({changed: "another"}))

    scores = Page(desk.get("/queue").text).one("dl", class_="scores")
    over = Page(desk.get("/queue").text).all("div", class_="over")

    assert scores.text.count("limit 80%") == (0 if changed else 2)
    assert ["toxicity" in row.text for row in over] == ([] if changed else [True])


@sqlite
def test_it_says_for_how_long_a_comment_is_there(
    desk: FlaskClient, held: Comment, clock: Clock
) -> None:
    clock.forward(50 * 60 + 7)
    assert "50 min ago" in Page(desk.get("/queue").text).one("article", class_="card").text


def test_it_marks_the_words_that_raised_the_score(
    reader: Reader, desk: FlaskClient, worker: Worker
) -> None:
    reader.send(body="You idiot <idiot@example.org>\nidiot!")
    worker.tick()
    assert not Page(desk.get("/queue").text).all("mark")

    worker.tick()

    card = Page(desk.get("/queue").text).one("article", class_="card")
    marks = Page(desk.get("/queue").text).all("mark")
    assert [mark.text for mark in marks] == ["idiot", "idiot", "idiot", "marked words"]
    assert "You idiot <idiot@example.org>" in card.text


@sqlite
def test_it_says_when_no_words_stand_out(reader: Reader, desk: FlaskClient, worker: Worker) -> None:
    reader.send(name="You idiot", body="What a lovely tree.")
    worker.tick()
    worker.tick()

    page = Page(desk.get("/queue").text)
    assert not page.all("mark")
    assert "or the name" in page.one("article", class_="card").text


@sqlite
def test_it_says_when_looking_for_the_words_failed(
    reader: Reader, desk: FlaskClient, worker: Worker, scorer: FixedScorer
) -> None:
    reader.send(body="You idiot.")
    worker.tick()
    scorer.broken = True
    worker.tick()

    page = Page(desk.get("/queue").text)
    assert not page.all("mark")
    card = page.one("article", class_="card").text
    assert "failed, none are marked" in card and "or the name" not in card


@sqlite
def test_it_shows_the_oldest_first_and_leads_to_the_next_page(
    desk: FlaskClient, database: Database, site: Site
) -> None:
    with database.transaction() as session:
        for number in range(27):
            make_comment(session, site, body=f"Thought {number}.")

    first = Page(desk.get("/queue").text)
    following = next(a.attrs["href"] for a in first.all("a") if "after=" in a.attrs["href"])
    second = Page(desk.get(following).text)

    assert first.all("article", class_="card")[0].text.count("Thought 0.") == 1
    assert len(first.all("article", class_="card")) == 25
    assert [c.text.count("Thought 2") for c in second.all("article", class_="card")] == [1, 1]
    assert "27" in first.one("title").text


@sqlite
@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "after=-1",
        "after=" + "9" * 40,
        "queue=nonsense",
        "order=x",
        "rule=x",
        "attribute=x",
        "article=x",
        "age=x",
    ],
)
def test_a_broken_address_shows_the_queue_from_its_start(
    desk: FlaskClient, held: Comment, query: str
) -> None:
    answer = desk.get(f"/queue?{query}")

    assert answer.status_code == 200
    assert "You know who you are." in answer.text


@sqlite
def test_the_page_of_a_comment_tells_its_history(
    desk: FlaskClient, reader: Reader, database: Database, stored: Stored
) -> None:
    reader.send()
    hold_all(database)
    decide(desk, stored()[0], action="approve")

    history = Page(desk.get(f"/queue/{stored()[0].public_id}").text).one("ol", class_="history")

    lines = " ".join(history.text.split()).lower()
    assert lines.index("submitted") < lines.index("decided") < lines.rindex("approved")
    assert "grace" in lines


@sqlite
def test_the_log_shows_everything_newest_first(
    desk: FlaskClient, held: Comment, database: Database
) -> None:
    decide(desk, held, action="approve")

    page = Page(desk.get("/log").text)

    text = page.one("ol", class_="history").text.lower()
    assert text.index("approved") < text.rindex("submitted")
    assert f"/queue/{held.public_id}" in {a.attrs["href"] for a in page.all("a")}
    assert "You know who you are." not in page.text


@sqlite
@pytest.mark.parametrize("before", ["x", "-1", "9" * 40])
def test_a_broken_address_shows_the_log_from_its_start(
    desk: FlaskClient, held: Comment, before: str
) -> None:
    answer = desk.get(f"/log?before={before}")

    assert answer.status_code == 200
    assert held.public_id in answer.text


@sqlite
def test_the_log_goes_on_over_pages(desk: FlaskClient, database: Database, site: Site) -> None:
    with database.transaction() as session:
        for number in range(30):
            make_comment(session, site, body=f"Thought {number}.")

    first = Page(desk.get("/log").text)
    following = next(a.attrs["href"] for a in first.all("a") if "before=" in a.attrs["href"])
    second = Page(desk.get(following).text)

    assert len(first.one("ol", class_="history").inside) and len(first.all("li")) == 50
    assert 10 <= len(second.all("li")) < 50
