"""A commenter's page, as people who sign in see it."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from moderation.db import Database
from moderation.models import Comment, Site
from moderation.services import Services
from moderation.statuses import Role, Status
from tests.factories import make_comment
from tests.web.commenters.asking import (
    ADA,
    MASKED,
    SignInAs,
    desk_of,
    lose_the_key,
    purge,
    reveal,
    reveals,
    search,
)
from tests.web.pages import Page

Everything = Callable[[], dict[str, list[tuple[object, ...]]]]
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_the_page_shows_who_this_is_with_a_masked_email(
    services: Services, site: Site, viewer_desk: FlaskClient, comment: Comment, path: str
) -> None:
    with services.database.transaction() as session:
        for status in (Status.APPROVED, Status.REJECTED, Status.PROCESSING):
            make_comment(
                session, site, status=status, body="More.", email=ADA, vault=services.vault
            )

    answer = viewer_desk.get(path)

    page = Page(answer.text)
    assert answer.status_code == 200
    facts = " ".join(page.one("dl", class_="facts").text.split())
    assert f"Email {MASKED}" in facts
    assert "No: anybody could have typed it" in facts
    assert "First seen 4 May 2026, 12:00 UTC" in facts
    assert "1 approved 1 rejected 2 waiting" in facts
    assert f"/queue/{comment.public_id}" in [a.attrs["href"] for a in page.all("a")]
    assert ADA not in answer.text and "lovelace" not in answer.text


@sqlite
def test_a_proven_address_says_since_when(
    services: Services, desk: FlaskClient, comment: Comment, path: str
) -> None:
    with services.database.transaction() as session:
        found = session.get_one(Comment, comment.id).commenter
        assert found
        found.confirmed_at = services.clock()

    assert "Yes, on 4 May 2026, 12:00 UTC" in Page(desk.get(path).text).text


@sqlite
def test_long_lists_go_on_page_by_page(
    services: Services, site: Site, desk: FlaskClient, path: str
) -> None:
    with services.database.transaction() as session:
        for number in range(30):
            make_comment(session, site, body=f"Number {number}.", email=ADA, vault=services.vault)

    first = Page(desk.get(path).text)
    more = first.one("p", class_="more")
    link = next(a for a in first.all("a") if more in a.inside)
    second = Page(desk.get(link.attrs["href"]).text)

    shown = [item.text for page in (first, second) for item in page.all("li")]
    assert len(shown) == 31
    assert "Number 29." in shown[0] and "What a lovely tree." in shown[-1]
    assert not second.all("p", class_="more")


def test_what_cannot_be_shown_is_said_and_no_error(
    database: Database, owner_desk: FlaskClient, path: str
) -> None:
    lose_the_key(database)
    unreadable = owner_desk.get(path)
    purge(database)
    purged = owner_desk.get(path)

    assert (unreadable.status_code, purged.status_code) == (200, 200)
    assert "No key here opens it" in unreadable.text
    assert "No longer kept" in purged.text
    for answer in (unreadable, purged):
        assert not Page(answer.text).all("select"), "there is nothing to reveal"


def test_other_sites_commenters_do_not_exist(
    services: Services, sign_in_as: SignInAs, path: str
) -> None:
    other = desk_of(services, sign_in_as, "other", Role.OWNER)

    assert other.get(path).status_code == 404
    assert other.get("/commenters/nobody").status_code == 404
    for reason in ("legal", "nonsense"):
        assert reveal(other, path, reason).status_code == 404
    assert reveals(services.database) == []


def test_strangers_see_nothing(client: FlaskClient, path: str) -> None:
    for place in (path, "/commenters"):
        assert client.get(place).headers["Location"].startswith("/login?next=")
    assert client.post("/commenters", data={"email": ADA}).status_code in (400, 401)
    assert client.post(f"{path}/reveal", data={"reason": "legal"}).status_code in (400, 401)


def test_the_card_leads_to_the_commenter_where_there_is_one(
    services: Services, site: Site, desk: FlaskClient, path: str
) -> None:
    with services.database.transaction() as session:
        make_comment(session, site, body="Without an email.")

    links = [a for a in Page(desk.get("/queue").text).all("a", href=path)]

    assert len(links) == 1
    assert Page(desk.get("/queue").text).text.count("The commenter") == 1


def test_looking_changes_nothing(
    owner_desk: FlaskClient, path: str, everything: Everything
) -> None:
    before = everything()

    for place in (path, "/commenters", "/privacy", f"{path}/reveal"):
        owner_desk.get(place)
    assert search(owner_desk).status_code == 200

    assert everything() == before
    assert owner_desk.get(f"{path}/reveal").status_code == 405
