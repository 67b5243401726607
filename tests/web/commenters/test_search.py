"""The search for a commenter by their full email."""

import pytest
from flask.testing import FlaskClient

from moderation.metrics import SEARCHES
from moderation.models import Comment
from moderation.services import Services
from moderation.statuses import Role
from moderation.web.moderators import commenters
from tests.web.commenters.asking import ADA, MASKED, SignInAs, desk_of, search
from tests.web.pages import Page

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def counted(outcome: str) -> float:
    return SEARCHES.labels(outcome)._value.get()


def test_a_full_email_finds_its_commenter_masked(desk: FlaskClient, path: str) -> None:
    before = counted("found")

    answer = search(desk, f" {ADA.upper()} ")

    page = Page(answer.text)
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    hit = page.one("a", href=path)
    assert hit.text == MASKED
    assert "on News" in page.text and "first seen 4 May 2026" in page.text
    assert counted("found") == before + 1
    field = page.one("input", name="email").attrs["value"]
    assert field == ADA.upper()
    assert ADA not in answer.text and answer.text.count(field) == 1, "only in the field"


@sqlite
def test_a_list_of_addresses_cannot_be_tried(
    desk: FlaskClient, comment: Comment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commenters, "SEARCHES_PER_HOUR", "2 per hour")

    assert [search(desk, f"n{n}@x.example").status_code for n in range(3)] == [200, 200, 429]


@sqlite
def test_nobody_is_told_as_such(desk: FlaskClient, comment: Comment) -> None:
    before = counted("nobody")

    answer = search(desk, "stranger@example.com")

    assert "No commenter of any site has this address." in Page(answer.text).text
    assert answer.text.count("stranger@example.com") == 1
    assert counted("nobody") == before + 1


def test_a_moderator_of_one_site_finds_nobody_of_another(
    services: Services, sign_in_as: SignInAs, comment: Comment
) -> None:
    other = desk_of(services, sign_in_as, "other", Role.MODERATOR)

    answer = search(other)

    assert "No commenter of your site has this address." in Page(answer.text).text
    assert MASKED not in answer.text


@sqlite
def test_viewers_do_not_search(viewer_desk: FlaskClient, comment: Comment) -> None:
    assert viewer_desk.get("/commenters").status_code == 403
    assert search(viewer_desk).status_code == 403
    assert 'href="/commenters"' not in viewer_desk.get("/queue").text


@sqlite
@pytest.mark.parametrize("typed", ["", "ada", "a•••@c•••.example", f"{'a' * 300}@example.com"])
def test_what_is_no_address_is_asked_for_again(desk: FlaskClient, typed: str) -> None:
    answer = search(desk, typed)

    assert answer.status_code == 400
    assert Page(answer.text).all("p", class_="error")


@sqlite
def test_the_search_form_sends_the_email_in_the_body(desk: FlaskClient, comment: Comment) -> None:
    form = next(
        f for f in Page(desk.get("/commenters").text).all("form") if f.attrs["action"] != "/logout"
    )

    assert form.attrs["method"] == "post"
    answer = desk.get("/commenters", query_string={"email": ADA})
    assert MASKED not in answer.text and ADA not in answer.text
