"""Notes and trust on the pages of comments and commenters, as moderators' browsers do it."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.personal.taking_down import take_down
from moderation.models import Comment, Commenter, CommenterEmail, Event, Moderator, Note, Site
from moderation.services import Services
from moderation.statuses import Actor, Change, Role
from tests.doubles import NOON
from tests.factories import make_comment, make_moderator, make_site
from tests.web.pages import Page
from tests.web.people import send
from tests.web.pressing import press, press_on

SignInAs = Callable[[Moderator], FlaskClient]
Everything = Callable[[], dict[str, list[tuple[object, ...]]]]
TEXT = "Knows <b>the council</b> well."
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def comment(services: Services, site: Site) -> Comment:
    """Ada's, who has another one."""
    with services.database.transaction() as session:
        for _ in range(2):
            comment = make_comment(session, site, email="ada@example.com", vault=services.vault)
        assert comment.commenter  # loaded, for the tests to read
        return comment


def page_of(desk: FlaskClient, comment: Comment) -> Page:
    return Page(desk.get(f"/queue/{comment.public_id}").text)


def commenter_page(desk: FlaskClient, comment: Comment) -> Page:
    assert comment.commenter
    return Page(desk.get(f"/commenters/{comment.commenter.public_id}").text)


def notes_on_cards(desk: FlaskClient) -> list[int]:
    """How many notes stand on each card of the queue."""
    page = Page(desk.get("/queue").text)
    cards = page.all("article", class_="card")
    return [sum(card in note.inside for note in page.all("p", class_="note")) for card in cards]


def texts(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Note.text).where(Note.removed_at.is_(None))))


def test_a_note_about_a_comment_is_seen_by_colleagues_and_undone_with_one_key(
    desk: FlaskClient, viewer_desk: FlaskClient, comment: Comment, grace: Moderator
) -> None:
    page = press_on(desk, page_of(desk, comment), "Note it about the comment", text=TEXT)

    assert "The note is written down." in page.one("div", role="status").text
    for who in (desk, viewer_desk):
        shown = page_of(who, comment).one("section", aria_labelledby="notes").text
        assert TEXT in shown and grace.name in shown and "4 May 2026" in shown
    assert notes_on_cards(desk) == [0, 1]

    page = press_on(desk, page, "Undo")
    assert "The note is removed." in page.one("div", role="status").text
    assert notes_on_cards(desk) == [0, 0]
    page = press_on(desk, page, "Undo")
    assert "The note is back." in page.one("div", role="status").text
    assert notes_on_cards(desk) == [0, 1]


def test_a_note_about_a_commenter_stands_on_all_their_cards(
    desk: FlaskClient, comment: Comment
) -> None:
    page = press_on(desk, page_of(desk, comment), "Note it about the commenter", text=TEXT)
    assert page.one("h1").text == "Comment"  # where it was written
    assert notes_on_cards(desk) == [1, 1]
    assert TEXT in commenter_page(desk, comment).text

    page = press_on(desk, page, "Undo")
    assert page.one("h1").text == "Comment"
    assert notes_on_cards(desk) == [0, 0]


def test_on_the_commenters_page_it_is_written_and_removed(
    desk: FlaskClient, comment: Comment, database: Database
) -> None:
    page = press_on(desk, commenter_page(desk, comment), "Write it down", text="Hm.")
    assert page.one("h1").text == "Commenter"
    page = press_on(desk, page, "Remove")
    assert texts(database) == []
    page = press_on(desk, page, "Undo")
    assert texts(database) == ["Hm."]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("  \n ", "The note was empty"),
        ("\u200b", "The note was empty"),
        ("x" * 501, "Please use at most 500 characters."),
    ],
)
@sqlite
def test_what_is_no_note_is_said(
    desk: FlaskClient, comment: Comment, database: Database, text: str, told: str
) -> None:
    page = press_on(desk, page_of(desk, comment), "Note it about the comment", text=text)
    assert told in page.one("div", role="alert").text
    assert texts(database) == []


@sqlite
def test_only_its_author_or_an_owner_sees_the_way_to_remove_it(
    desk: FlaskClient, viewer_desk: FlaskClient, comment: Comment, linus: Moderator,
    sign_in_as: SignInAs, services: Services,
) -> None:  # fmt: skip
    press_on(desk, page_of(desk, comment), "Note it about the comment", text=TEXT)
    with services.database.transaction() as session:
        owner = make_moderator(session, services.vault, email="o@example.com", role=Role.OWNER)
        other = make_moderator(
            session, services.vault, email="x@example.com", role=Role.OWNER,
            site=make_site(session, "other"),
        )  # fmt: skip
    may = [desk, sign_in_as(owner)]
    may_not = [(viewer_desk, 403), (sign_in_as(linus), 403), (sign_in_as(other), 404)]

    assert [page_of(who, comment).text.count("Remove") for who in may] == [1, 1]
    for who, code in may_not:
        assert "Remove" not in Page(who.get(f"/queue/{comment.public_id}").text).text
        for act in ("remove", "restore"):
            assert send(who, f"/notes/1/{act}", on="/queue").status_code == code
    assert press(may[1], page_of(may[1], comment), "Remove").status_code == 303


@sqlite
def test_viewers_and_people_of_other_sites_write_none(
    services: Services, viewer_desk: FlaskClient, comment: Comment, sign_in_as: SignInAs,
    database: Database,
) -> None:  # fmt: skip
    with services.database.transaction() as session:
        stranger = make_moderator(
            session, services.vault, email="x@example.com", site=make_site(session, "other")
        )
    assert comment.commenter
    paths = (f"/queue/{comment.public_id}", f"/commenters/{comment.commenter.public_id}")
    for who, code in ((viewer_desk, 403), (sign_in_as(stranger), 404)):
        for path in paths:
            assert send(who, f"{path}/notes", on="/queue", text=TEXT).status_code == code
    assert "A note for colleagues" not in page_of(viewer_desk, comment).text
    assert send(viewer_desk, f"{paths[1]}/trust", on="/queue", trusted="yes").status_code == 403
    assert texts(database) == []


@sqlite
def test_no_note_is_offered_where_none_is_kept(
    desk: FlaskClient, comment: Comment, database: Database
) -> None:
    with database.transaction() as session:
        for row in session.scalars(select(CommenterEmail)):
            session.delete(row)

    page = commenter_page(desk, comment)
    assert "A note for colleagues" not in page.text and "No note is kept" in page.text
    page = page_of(desk, comment)
    assert "Note it about the comment" in page.text
    assert "Note it about the commenter" not in page.text
    assert comment.commenter
    path = f"/commenters/{comment.commenter.public_id}"
    answer = send(desk, f"{path}/notes", on=path, text=TEXT)
    assert answer.status_code == 409 and "No note is kept about what is erased" in answer.text

    with database.transaction() as session:
        take_down(session, comment.id, change=Change.ERASED, actor=Actor.COMMENTER, now=NOON)
    path = f"/queue/{comment.public_id}"
    assert "A note for colleagues" not in page_of(desk, comment).text
    assert send(desk, f"{path}/notes", on="/queue", text=TEXT).status_code == 409
    assert texts(database) == []


# Trust


def prove(database: Database, comment: Comment) -> None:
    with database.transaction() as session:
        session.get_one(Commenter, comment.commenter_id).confirmed_at = NOON


def test_a_commenter_is_trusted_and_no_longer(
    desk: FlaskClient, comment: Comment, database: Database
) -> None:
    prove(database, comment)
    page = press_on(desk, commenter_page(desk, comment), "Trust this commenter")
    assert "is trusted now" in page.one("div", role="status").text
    assert "Trusted since" in page.one("section", aria_labelledby="trust").text
    assert "· trusted ·" in page_of(desk, comment).one("article", class_="card").text

    page = press_on(desk, page, "Undo")
    assert "trusted no longer" in page.one("div", role="status").text
    assert "trusted" not in page_of(desk, comment).one("article", class_="card").text
    page = press_on(desk, page, "Undo")
    page = press_on(desk, page, "Trust them no longer")
    with database.reading() as session:
        changes = session.scalars(select(Event.change).order_by(Event.id)).all()
    assert [each for each in changes if "trusted" in each] == [
        Change.TRUSTED, Change.UNTRUSTED, Change.TRUSTED, Change.UNTRUSTED,
    ]  # fmt: skip


def test_an_unproven_address_is_refused(
    desk: FlaskClient, comment: Comment, everything: Everything
) -> None:
    page = commenter_page(desk, comment)
    assert "They cannot be trusted" in page.text and "Trust this commenter" not in page.text
    before = everything()
    assert comment.commenter

    path = f"/commenters/{comment.commenter.public_id}"
    answer = send(desk, f"{path}/trust", on=path, trusted="yes")

    assert answer.status_code == 409
    assert "Nobody was trusted" in Page(answer.text).one("p", role="alert").text
    assert everything() == before


@sqlite
def test_a_second_click_changes_nothing(
    desk: FlaskClient, comment: Comment, database: Database
) -> None:
    prove(database, comment)
    page = commenter_page(desk, comment)
    press_on(desk, page, "Trust this commenter")
    page = press_on(desk, page, "Trust this commenter")
    assert "It is so already." in page.text
    assert "Undo" not in page.one("div", role="status").text
