"""The queue, one comment's page and decisions, as a moderator's browser sees them."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from moderation.db import Database
from moderation.flow.review import decide_by_hand
from moderation.models import Comment, Event, Moderator, Score, Site
from moderation.services import Services
from moderation.statuses import Actor, Change, Reason, Status
from moderation.worker import Worker
from tests.doubles import NOON, FixedScorer
from tests.factories import make_comment, make_moderator, make_site
from tests.web.pages import Page, Reader, hold_all

Stored = Callable[[], list[Comment]]
SignInAs = Callable[[Moderator], FlaskClient]
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def held(database: Database, site: Site) -> Comment:
    """A held comment."""
    with database.transaction() as session:
        return make_comment(session, site, name="Mallory", body="You know who you are.")


def decide(desk: FlaskClient, comment: Comment, **fields: str) -> TestResponse:
    """Send a decision with the token of the queue's page."""
    token = Page(desk.get("/queue").text).value("csrf_token")
    return desk.post(
        f"/queue/{comment.public_id}/decisions",
        data={"csrf_token": token, "version": str(comment.version), **fields},
    )


def press(desk: FlaskClient, html: str, button: str, **chosen: str) -> TestResponse:
    """Press a button of a page as a browser would: with all fields of its form, and no others."""
    page = Page(html)
    found = next(b for b in page.all("button", name="action", value=button))
    form = found.inside[[e.tag for e in found.inside].index("form")]
    fields = {
        e.attrs["name"]: e.attrs.get("value", "")
        for e in page.elements
        if form in e.inside and e.tag in ("input", "select") and e.attrs.get("name")
    }
    return desk.post(form.attrs["action"], data={**fields, **chosen, "action": button})


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
    assert "failed: none are marked" in card and "or the name" not in card


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
@pytest.mark.parametrize("query", ["after=x", "after=-1", "after=" + "9" * 40, "status=nonsense"])
def test_a_broken_address_shows_the_queue_from_its_start(
    desk: FlaskClient, held: Comment, query: str
) -> None:
    answer = desk.get(f"/queue?{query}")

    assert answer.status_code == 200
    assert "You know who you are." in answer.text


def test_it_approves_by_form_and_readers_see_it(
    desk: FlaskClient, held: Comment, reader: Reader, stored: Stored
) -> None:
    answer = press(desk, desk.get("/queue").text, "approve")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/queue?status=held")
    assert stored()[0].status is Status.APPROVED
    assert "You know who you are." in reader.page().text
    assert "Approved" in Page(desk.get("/queue").text).one("div", role="status").text


def test_it_rejects_with_a_reason_and_readers_do_not_see_it(
    desk: FlaskClient, held: Comment, grace: Moderator, reader: Reader, database: Database
) -> None:
    answer = press(desk, desk.get("/queue").text, "reject", reason="insult")

    assert answer.status_code == 303
    assert "You know who you are." not in reader.page().text
    with database.reading() as session:
        event = session.scalars(select(Event).order_by(Event.id.desc())).first()
        assert event
        assert (event.change, event.actor, event.moderator_id, event.reason, event.to_status) == (
            Change.REJECTED,
            Actor.MODERATOR,
            grace.id,
            Reason.INSULT,
            Status.REJECTED,
        )


@sqlite
def test_a_rejection_needs_a_reason(desk: FlaskClient, held: Comment, stored: Stored) -> None:
    answers = [
        press(desk, desk.get("/queue").text, "reject"),
        decide(desk, held, action="reject"),
        decide(desk, held, action="reject", reason="nonsense"),
    ]

    assert [answer.status_code for answer in answers] == [400] * 3
    assert "Choose a reason for the rejection." in answers[0].text
    assert stored()[0].status is Status.HELD


@pytest.mark.parametrize("button, reason", [("approve", ""), ("reject", "spam")])
def test_it_undoes_from_the_notice_right_after(
    desk: FlaskClient, held: Comment, stored: Stored, button: str, reason: str
) -> None:
    press(desk, desk.get("/queue").text, button, **({"reason": reason} if reason else {}))

    answer = press(desk, desk.get("/queue").text, "undo")

    assert answer.status_code == 303
    assert stored()[0].status is Status.HELD
    assert "Undone" in Page(desk.get("/queue").text).one("div", role="status").text


@sqlite
def test_it_undoes_from_the_comments_own_page_later(
    desk: FlaskClient, held: Comment, stored: Stored
) -> None:
    press(desk, desk.get("/queue").text, "reject", reason="spam")
    desk.get("/queue")

    answer = press(desk, desk.get(f"/queue/{held.public_id}").text, "undo")

    assert answer.status_code == 303
    assert stored()[0].status is Status.HELD
    assert decide(desk, stored()[0], action="undo").status_code == 409, "once is all"


@sqlite
def test_without_javascript_a_script_may_leave_the_reason_out(
    desk: FlaskClient, held: Comment
) -> None:
    assert decide(desk, held, action="approve").status_code == 303


def test_a_decision_about_an_old_version_shows_who_was_faster(
    desk: FlaskClient, held: Comment, database: Database, services: Services, stored: Stored
) -> None:
    with database.transaction() as session:
        ada = make_moderator(session, services.vault, email="hopper@example.com")
        decide_by_hand(
            session, held.id, Change.REJECTED, version_seen=held.version, moderator=ada, now=NOON,
            reason=Reason.SPAM,
        )  # fmt: skip

    answer = decide(desk, held, action="approve")

    assert answer.status_code == 409
    assert "it is rejected now, by hopper" in Page(answer.text).one("p", role="alert").text
    assert stored()[0].status is Status.REJECTED
    undone = decide(desk, held, action="undo")
    assert undone.status_code == 409
    again = press(desk, answer.text, "approve")
    assert again.status_code == 303, "the page shown carries the new version"


@sqlite
def test_the_same_decision_twice_changes_nothing_more(
    desk: FlaskClient, held: Comment, everything: Callable[[], object]
) -> None:
    assert decide(desk, held, action="approve").status_code == 303
    before = everything()

    assert decide(desk, held, action="approve").status_code == 303
    assert everything() == before


@sqlite
@pytest.mark.parametrize(
    "fields",
    [
        {"action": "publish"},
        {"action": ""},
        {"action": "approve", "version": ""},
        {"action": "approve", "version": "x"},
        {"action": "approve", "version": "-1"},
        {"action": "approve", "version": "9" * 30},
        {"action": "approve", "csrf_token": ""},
        {"action": "approve", "csrf_token": "forged"},
    ],
)
def test_a_broken_decision_is_refused(
    desk: FlaskClient, held: Comment, everything: Callable[[], object], fields: dict[str, str]
) -> None:
    before = everything()

    assert decide(desk, held, **fields).status_code == 400
    assert everything() == before


def test_a_viewer_looks_and_does_not_decide(
    viewer_desk: FlaskClient, held: Comment, stored: Stored
) -> None:
    page = Page(viewer_desk.get("/queue").text)

    assert "You know who you are." in page.text
    assert not page.all("button", name="action")
    assert decide(viewer_desk, held, action="approve").status_code == 403
    assert stored()[0].status is Status.HELD


def test_a_moderator_of_one_site_knows_nothing_of_others(
    database: Database, services: Services, held: Comment, sign_in_as: SignInAs, stored: Stored
) -> None:
    with database.transaction() as session:
        other = make_site(session, "other")
        bound = make_moderator(session, services.vault, email="bound@example.com", site=other)
        own = make_comment(session, other, body="Our own.")
    desk = sign_in_as(bound)

    queue = desk.get("/queue").text
    log = desk.get("/log").text
    foreign = desk.get(f"/queue/{held.public_id}")
    unknown = desk.get("/queue/unknown")
    decided = decide(desk, held, action="approve")

    assert "Our own." in queue and "You know who you are." not in queue
    assert own.public_id in log and held.public_id not in log
    assert (foreign.status_code, unknown.status_code, decided.status_code) == (404, 404, 404)
    assert foreign.text == unknown.text
    assert stored()[0].status is Status.HELD
    assert decide(desk, own, action="approve").status_code == 303


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
