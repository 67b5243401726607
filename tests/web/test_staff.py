"""Writing as staff, from a comment's page and from the thread's page opened by itself."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from moderation.db import Database
from moderation.models import Comment, Moderator, Site
from moderation.services import Services
from moderation.statuses import Role, Status
from tests.factories import ARTICLE, make_comment, make_moderator, make_site
from tests.web.pages import Page
from tests.web.pressing import press, press_on

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SignIn = Callable[[Moderator], FlaskClient]
ALONE, FRAMED = {"Sec-Fetch-Dest": "document"}, {"Sec-Fetch-Dest": "iframe"}


@pytest.fixture
def public(database: Database, site: Site) -> Comment:
    with database.transaction() as session:
        return make_comment(session, session.get_one(Site, site.id), status=Status.APPROVED)


def thread(client: FlaskClient, headers: dict[str, str], **query: str) -> Page:
    """The thread's page as a browser loads it so."""
    answer = client.get(
        "/s/news/comments", query_string={"article": ARTICLE, **query}, headers=headers
    )
    assert answer.status_code == 200
    return Page(answer.text)


def badges(client: FlaskClient) -> list[str]:
    """The marks beside names that readers see."""
    return [each.text for each in thread(client, {}).all("span", class_="badge")]


def test_a_reply_from_the_comments_page_is_public_and_can_be_undone(
    desk: FlaskClient, client: FlaskClient, public: Comment, grace: Moderator
) -> None:
    shown = Page(desk.get(f"/queue/{public.public_id}").text)
    [link] = [each.attrs["href"] for each in shown.all("a") if each.text == "Reply"]
    form = Page(desk.get(link).text)
    assert grace.name in form.text  # it says whose name will stand there
    told = press_on(desk, form, "Post as staff", body="We looked into it.")
    assert "what you wrote as staff is public" in told.text
    page = thread(client, {})
    assert "We looked into it." in page.text
    assert badges(client) == ["Staff"]
    path = "/s/news/comments.json"
    entries = client.get(path, query_string={"article": ARTICLE}).get_json()["comments"]
    assert [entry["staff"] for entry in entries] == [False, True]
    assert b'term="staff"' in client.get("/s/news/feed.atom").data
    press_on(desk, told, "Undo")
    assert "We looked into it." not in thread(client, {}).text


def test_a_reply_needs_a_public_comment_and_a_text(
    desk: FlaskClient, database: Database, site: Site, public: Comment
) -> None:
    with database.transaction() as session:
        held = make_comment(session, session.get_one(Site, site.id))
    form = Page(desk.get(f"/queue/{held.public_id}/reply").text)
    assert "Approve it first" in form.text
    refused = press(desk, form, "Post as staff", body="Typed.")
    assert refused.status_code == 409
    assert Page(refused.text).value("body") == "Typed."  # nothing typed is lost
    form = Page(desk.get(f"/queue/{public.public_id}/reply").text)
    assert press(desk, form, "Post as staff", body=" ").status_code == 400
    long = press(desk, form, "Post as staff", body="x" * 20_000)
    assert (long.status_code, Page(long.text).value("body")) == (400, "x" * 20_000)


def test_a_second_click_writes_once(
    desk: FlaskClient, client: FlaskClient, public: Comment
) -> None:
    form = Page(desk.get(f"/queue/{public.public_id}/reply").text)
    for _ in range(2):
        press_on(desk, form, "Post as staff", body="Once.")
    assert badges(client) == ["Staff"]
    other = press(desk, form, "Post as staff", body="Another text.")
    assert other.status_code == 409
    assert Page(other.text).value("body") == "Another text."
    press_on(desk, Page(other.text), "Post as staff", body="Another text.")
    assert badges(client) == ["Staff", "Staff"]


def test_on_the_thread_opened_by_itself_a_moderator_writes_as_staff(
    desk: FlaskClient, client: FlaskClient, site: Site, grace: Moderator
) -> None:
    page = thread(desk, ALONE, title="Trees")
    assert "Signed in as" in page.text and grace.name in page.text
    told = press_on(desk, page, "Post as staff", body="Be kind.")
    assert "Be kind." in told.text
    assert badges(client) == ["Staff"]
    parent = re.findall(r'id="comment-([\w-]+)"', told.html)[0]
    page = thread(desk, ALONE, parent=parent)
    press_on(desk, page, "Post as staff", body="All of you.")
    assert badges(client) == ["Staff", "Staff"]
    assert thread(client, {}).all("li", class_="level-1")


def test_elsewhere_nobody_sees_who_is_signed_in(
    desk: FlaskClient, client: FlaskClient, viewer_desk: FlaskClient, public: Comment
) -> None:
    """In a frame the page around it could lead a hand; readers and viewers get the usual form."""
    for browser, headers in ((desk, FRAMED), (desk, {}), (client, ALONE), (viewer_desk, ALONE)):
        page = thread(browser, headers)
        assert "Signed in as" not in page.text
        assert page.value("email") == ""
    assert "Signed in as" not in thread(desk, ALONE, **{"as": "reader"}).text
    alone = desk.get("/s/news/comments", query_string={"article": ARTICLE}, headers=ALONE)
    assert "frame-ancestors 'none'" in alone.headers["Content-Security-Policy"]
    assert alone.headers["Cache-Control"] == "no-store"


def test_viewers_are_refused(viewer_desk: FlaskClient, desk: FlaskClient, public: Comment) -> None:
    assert viewer_desk.get(f"/queue/{public.public_id}/reply").status_code == 403
    token = thread(desk, ALONE).value("csrf_token")
    fields = {"article": ARTICLE, "body": "No.", "form_id": "x", "csrf_token": token}
    for path in (f"/queue/{public.public_id}/reply", "/staff/news/comments"):
        assert viewer_desk.post(path, data=fields).status_code in (400, 403)
    assert badges(desk) == []


def test_a_form_of_elsewhere_writes_nothing(
    desk: FlaskClient, client: FlaskClient, public: Comment
) -> None:
    fields = {"article": ARTICLE, "body": "Forged.", "form_id": "x"}
    for path in (f"/queue/{public.public_id}/reply", "/staff/news/comments"):
        assert desk.post(path, data=fields).status_code == 400
        assert client.post(path, data=fields).status_code in (400, 401)
    assert badges(client) == []


def test_a_closed_article_has_no_form_for_staff_either(
    desk: FlaskClient, database: Database, site: Site, public: Comment
) -> None:
    with database.transaction() as session:
        stored = session.get_one(Site, site.id)
        stored.policy = {**stored.policy, "publishing": "closed"}
    assert "Signed in as" not in thread(desk, ALONE).text
    form = Page(desk.get(f"/queue/{public.public_id}/reply").text)
    refused = press(desk, form, "Post as staff", body="Typed.")
    assert (refused.status_code, Page(refused.text).value("body")) == (403, "Typed.")


def test_a_moderator_of_another_site_reads_as_everybody(
    services: Services, database: Database, sign_in_as: SignIn, site: Site
) -> None:
    with database.transaction() as session:
        olds = make_site(session, "olds")
        other = make_moderator(
            session, services.vault, email="o@example.com", role=Role.OWNER, site=olds
        )
    browser = sign_in_as(other)
    assert "Signed in as" not in thread(browser, ALONE).text
