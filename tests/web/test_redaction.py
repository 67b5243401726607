"""Masking on the comment's page, as a moderator's browser does it; what readers see of it."""

import datetime as dt
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from moderation.db import Database
from moderation.flow.redaction import redact
from moderation.models import Comment, Moderator, Site
from moderation.policy.masking import MASK
from moderation.privacy.links import PrivateLinks
from moderation.services import Services
from moderation.statuses import Role, Status
from tests.doubles import NOON
from tests.factories import ARTICLE, make_comment, make_moderator, make_site, score_of
from tests.web.pages import Page, Reader
from tests.web.people import send
from tests.web.pressing import press, press_on

SignInAs = Callable[[Moderator], FlaskClient]
Everything = Callable[[], dict[str, list[tuple[object, ...]]]]
PHONE = "+49 30 901820"
BODY = f"Bob <b>lives</b> here: {PHONE}. Ring BOB!"
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def comment(database: Database, site: Site) -> Comment:
    """A public comment with somebody's number in it."""
    with database.transaction() as session:
        return make_comment(session, site, status=Status.APPROVED, name="Eve", body=BODY)


def page_of(desk: FlaskClient, comment: Comment) -> Page:
    return Page(desk.get(f"/queue/{comment.public_id}").text)


@sqlite
def test_the_card_says_of_which_text_the_score_is(
    desk: FlaskClient, comment: Comment, database: Database
) -> None:
    with database.transaction() as session:
        session.add(score_of(comment.id, {"toxicity": 0.9}))
    line = "The score is of the text before it was masked."
    page = page_of(desk, comment)
    assert line not in page.text
    page = press_on(desk, page, "Mask", words="bob")
    assert line in page.one("section", aria_label="Scores").text
    with database.transaction() as session:
        found = session.get_one(Comment, comment.id).score
        assert found is not None
        found.created_at = NOON + dt.timedelta(minutes=1)
    page = page_of(desk, comment)
    assert line not in page.text


def test_suspects_are_ticked_words_are_typed_and_one_key_takes_it_back(
    desk: FlaskClient, comment: Comment, client: FlaskClient
) -> None:
    page = page_of(desk, comment)
    assert [e.attrs["value"] for e in page.all("input", name="suspects")] == [PHONE]

    page = press_on(desk, page, "Mask", suspects=PHONE, words="bob\r\n\r\n lives \r\n")

    assert "Masked." in page.one("div", role="status").text
    masked = f"{MASK} <b>{MASK}</b> here: {MASK}. Ring {MASK}!"
    assert masked in page.one("article", class_="card").text
    assert "901820" not in page.html
    assert masked in thread_of(client) and "901820" not in thread_of(client)

    page = press_on(desk, page, "Undo")

    assert BODY in page.one("article", class_="card").text
    assert BODY in thread_of(client)
    history = page.one("ol", class_="history").text
    assert "redacted" in history and "4 passages" in history and "redaction undone" in history


def thread_of(client: FlaskClient) -> str:
    """What stands in the thread and in its JSON."""
    query = {"article": ARTICLE}
    html = client.get("/s/news/comments", query_string=query)
    json = client.get("/s/news/comments.json", query_string=query)
    return Page(html.text).text + str(json.get_json())


@sqlite
def test_cached_threads_end(desk: FlaskClient, comment: Comment, client: FlaskClient) -> None:
    def tag() -> str | None:
        return client.get("/s/news/comments.json", query_string={"article": ARTICLE}).headers[
            "ETag"
        ]

    before = tag()
    assert tag() == before
    press(desk, page_of(desk, comment), "Mask", suspects=PHONE)
    assert tag() != before


def test_who_was_faster_is_told_and_nothing_is_masked(
    desk: FlaskClient, comment: Comment, database: Database, linus: Moderator
) -> None:
    page = page_of(desk, comment)
    with database.transaction() as session:
        redact(session, comment.id, ["Ring"], version_seen=2, moderator=linus, now=NOON)

    answer = press(desk, page, "Mask", suspects=PHONE)

    assert answer.status_code == 409
    assert f"by {linus.name}" in Page(answer.text).one("p", role="alert").text
    assert PHONE in page_of(desk, comment).one("article", class_="card").text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({}, "Tick or type what should be masked."),
        ({"words": " \r\n "}, "Tick or type what should be masked."),
        ({"words": "x" * 2001}, "Please use at most 2000 characters."),
        ({"words": "Mallory"}, "None of this stands in the comment"),
        ({"words": "Bob", "version": "x"}, "This was incomplete"),
    ],
)
@sqlite
def test_what_cannot_be_masked_is_said(
    desk: FlaskClient, comment: Comment, typed: dict[str, str], told: str
) -> None:
    answer = press(desk, page_of(desk, comment), "Mask", **typed)
    assert answer.status_code == 400
    assert told in Page(answer.text).one("p", role="alert").text
    assert BODY in page_of(desk, comment).text


@sqlite
def test_it_can_be_taken_back_later_while_the_original_is_kept(
    desk: FlaskClient, comment: Comment
) -> None:
    later = "Take the last masking back"
    assert later not in page_of(desk, comment).text
    press_on(desk, page_of(desk, comment), "Mask", suspects=PHONE)
    page = press_on(desk, page_of(desk, comment), later)
    assert "says again what it said before" in page.one("div", role="status").text
    assert later not in page.text


@sqlite
def test_what_nobody_approved_does_not_come_back(desk: FlaskClient, comment: Comment) -> None:
    press_on(desk, page_of(desk, comment), "Mask", suspects=PHONE)
    old = page_of(desk, comment)
    press_on(desk, old, "Hold")
    press_on(desk, page_of(desk, comment), "Approve")
    page = page_of(desk, comment)
    assert "Take the last masking back" not in page.text

    answer = press(desk, old, "Take the last masking back", version=page.value("version"))

    assert answer.status_code == 409
    assert "hold it first" in Page(answer.text).one("p", role="alert").text
    assert "901820" not in page_of(desk, comment).html


@sqlite
def test_its_commenter_is_told(
    desk: FlaskClient, comment: Comment, client: FlaskClient, services: Services
) -> None:
    links = PrivateLinks(services.settings.SECRET_KEY.get_secret_value())
    address = f"/c/{links.issue(comment.public_id, comment.link_version)}"
    told = "A moderator masked something in it"
    assert told not in client.get(address).text

    page = press_on(desk, page_of(desk, comment), "Mask", suspects=PHONE)
    shown = client.get(address).text
    assert told in shown and MASK in shown and "901820" not in shown

    press_on(desk, page, "Undo")
    assert told not in client.get(address).text


@sqlite
def test_viewers_and_people_of_other_sites_cannot(
    services: Services, viewer_desk: FlaskClient, comment: Comment, sign_in_as: SignInAs,
    everything: Everything,
) -> None:  # fmt: skip
    with services.database.transaction() as session:
        other = make_site(session, "other")
        stranger = make_moderator(
            session, services.vault, email="s@example.com", role=Role.OWNER, site=other
        )
    path, fields = f"/queue/{comment.public_id}", {"version": "2", "words": "Bob"}
    assert "Mask passages" not in viewer_desk.get(path).text
    before = everything()

    for desk, code in ((viewer_desk, 403), (sign_in_as(stranger), 404)):
        for act in ("redaction", "redaction/undo"):
            assert send(desk, f"{path}/{act}", on="/queue", **fields).status_code == code
    after = everything()
    assert (after["comments"], after["redactions"]) == (before["comments"], [])


@sqlite
def test_the_search_of_the_queue_finds_the_masked_text_only(
    desk: FlaskClient, comment: Comment, reader: Reader
) -> None:
    press_on(desk, page_of(desk, comment), "Mask", suspects=PHONE)
    for word, found in (("901820", 0), ("lives", 1)):
        page = Page(desk.get("/queue", query_string={"queue": "approved", "q": word}).text)
        assert len(page.all("article", class_="card")) == found
