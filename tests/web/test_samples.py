"""A hidden score shows nowhere until a person decides; the sample is a queue like the others."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from moderation.db import Database
from moderation.models import Comment, Site
from moderation.statuses import Status
from moderation.worker import Worker
from tests.factories import make_site
from tests.web.deciding import press
from tests.web.pages import Page, Reader

Stored = Callable[[], list[Comment]]
HIDDEN = "What the model says of this one is hidden until you decide"
OPINION = ("95%", "47%", "limit 80%", "likely", "marked words", "0.950", "toxicity, links")


@pytest.fixture
def site(database: Database) -> Site:
    """A site that hides every score, and looks at all that the machine approves."""
    with database.transaction() as session:
        return make_site(session, hidden_score_share=100, audit_share=100)


@pytest.fixture
def insult(reader: Reader, worker: Worker, stored: Stored, site: Site) -> Comment:
    """A held comment: by its score, and by too many links."""
    links = " ".join(f"http://{letter}.example" for letter in "abc")
    reader.send(body=f"You idiot, see {links}", email="ada@example.com")
    while worker.tick():
        pass
    return stored()[0]


def test_a_hidden_score_shows_nowhere(desk: FlaskClient, insult: Comment) -> None:
    token = Page(desk.get("/queue").text).value("csrf_token")
    pages = [
        desk.get("/queue").text,
        desk.get(f"/queue/{insult.public_id}").text,
        desk.get(f"/queue/changes?newest=0&shown={insult.public_id}.1").text,
        desk.get("/queue/all").text,
        desk.get(f"/queue/{insult.public_id}/alike").text,
        # Refused, for want of a reason: the card comes again.
        desk.post(
            f"/queue/{insult.public_id}/decisions",
            data={"csrf_token": token, "version": "2", "action": "reject"},
            headers={"HX-Request": "true"},
        ).text,
    ]
    for html in pages:
        assert not [words for words in OPINION if words in html]
        assert "<mark>" not in html and 'class="scores"' not in html
    for html in pages[:2]:
        assert HIDDEN in html
        assert "Holds 3 links (limit 2)" in html, "all else stays to be seen"


def test_the_history_leaves_it_out_too(desk: FlaskClient, insult: Comment) -> None:
    page = Page(desk.get(f"/queue/{insult.public_id}").text)
    history = page.one("section", aria_labelledby="history").text
    assert "for: links" in history and "toxicity" not in history


def test_marked_words_wait_for_the_decision(
    desk: FlaskClient, insult: Comment, database: Database
) -> None:
    with database.transaction() as session:
        comment = session.get_one(Comment, insult.id)
        assert comment.score is not None
        comment.score.spans = [[4, 9]]
    assert "<mark>" not in desk.get("/queue").text
    press(desk, desk.get("/queue").text, "approve")
    assert "<mark>idiot</mark>" in desk.get(f"/queue/{insult.public_id}").text


@pytest.mark.parametrize("is_script", [False, True])
def test_the_answer_to_the_decision_tells_it(
    desk: FlaskClient, insult: Comment, is_script: bool
) -> None:
    if is_script:
        token = Page(desk.get("/queue").text).value("csrf_token")
        html = desk.post(
            f"/queue/{insult.public_id}/decisions",
            data={"csrf_token": token, "version": "2", "action": "approve"},
            headers={"HX-Request": "true"},
        ).text
    else:
        html = desk.get(press(desk, desk.get("/queue").text, "approve").headers["Location"]).text
    assert "The model had found toxicity 95% likely (limit 80%)." in html
    page = Page(desk.get(f"/queue/{insult.public_id}").text)
    assert HIDDEN not in page.text and "95" in page.one("dl", class_="scores").text


def test_what_was_seen_all_along_is_not_told_again(
    desk: FlaskClient, insult: Comment, database: Database
) -> None:
    with database.transaction() as session:
        site = session.get_one(Site, insult.site_id)
        site.policy = {**site.policy, "hidden_score_share": 0}
    html = desk.get(press(desk, desk.get("/queue").text, "approve").headers["Location"]).text
    assert "The model had found" not in html


def test_the_sample_is_worked_off_like_any_queue(
    desk: FlaskClient, reader: Reader, worker: Worker, stored: Stored, site: Site
) -> None:
    for number in range(3):
        reader.send(body=f"What a lovely tree, number {number}.")
    while worker.tick():
        pass
    assert {comment.status for comment in stored()} == {Status.APPROVED}

    page = Page(desk.get("/queue?queue=audit").text)
    assert page.one("a", id="tab-audit").text == "Sample 3"
    assert "sample" in page.all("article", class_="card")[0].text
    answer = press(desk, page.html, "approve")
    page = Page(desk.get(answer.headers["Location"]).text)
    assert page.one("a", id="tab-audit").text == "Sample 2"
    assert answer.headers["Location"] == "/queue?queue=audit"
    undone = desk.get(press(desk, page.html, "undo").headers["Location"]).text
    assert Page(undone).one("a", id="tab-audit").text == "Sample 3"
    token = Page(undone).value("csrf_token")
    one = desk.post("/queue/next?queue=audit", data={"csrf_token": token})
    assert (
        one.headers["Location"].startswith("/queue/") and "queue=audit" in (one.headers["Location"])
    )
    chosen = [f"{comment.public_id}.{comment.version}" for comment in stored()[1:]]
    data = {"csrf_token": token, "chosen": chosen, "action": "approve"}
    desk.post("/queue/decisions?queue=audit", data=data)
    assert Page(desk.get("/queue?queue=audit").text).one("a", id="tab-audit").text == "Sample 1"


def test_an_empty_sample_says_what_it_is(desk: FlaskClient, site: Site) -> None:
    text = Page(desk.get("/queue?queue=audit").text).text
    assert "Nothing to check" in text
