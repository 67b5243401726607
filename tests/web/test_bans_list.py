"""The list of bans, lifting them, and who may see and do which."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from moderation.models import Comment, Moderator, Site
from moderation.services import Services
from moderation.statuses import Change
from tests.doubles import NOON, Clock
from tests.factories import make_moderator, make_site
from tests.web.bans import ADA, DAY, changes, comment_by_ada, fill, set_ban, stored_bans
from tests.web.pages import Page
from tests.web.people import send

SignInAs = Callable[[Moderator], FlaskClient]
Everything = Callable[[], dict[str, list[tuple[object, ...]]]]
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def comment(services: Services, site: Site) -> Comment:
    """A held comment by Ada, of which the network is still known."""
    return comment_by_ada(services, site)


@pytest.fixture
def site_desk(services: Services, site: Site, sign_in_as: SignInAs) -> FlaskClient:
    """The browser of a moderator of one site."""
    with services.database.transaction() as session:
        who = make_moderator(session, services.vault, email="one@example.com", site=site)
    return sign_in_as(who)


# The list


def test_lifting_is_taken_back_for_the_time_that_was_left(
    services: Services, site: Site, grace: Moderator, sign_in_as: SignInAs, clock: Clock
) -> None:
    number = set_ban(services, site, ADA, until=NOON + 7 * DAY)
    clock.forward(86_400)
    desk = sign_in_as(grace)

    lifted = send(desk, f"/bans/{number}/lift", on="/bans")
    assert lifted.headers["Location"] == "/bans?ended=1"
    assert send(desk, f"/bans/{number}/lift", on="/bans").status_code == 303
    assert stored_bans(services.database)[0].lifted_at == NOON + DAY
    assert "Nobody and nothing is banned" in desk.get("/bans").text
    page = Page(desk.get("/bans?ended=1").text)
    assert "Ban again for 6 d" in page.text and "lifted on 5 May 2026" in page.text

    clock.forward(20 * 86_400)
    desk = sign_in_as(grace)
    again = send(desk, f"/bans/{number}/again", on="/bans")
    assert again.headers["Location"] == "/bans"
    assert send(desk, f"/bans/{number}/again", on="/bans").status_code == 303
    [found] = stored_bans(services.database)
    assert (found.lifted_at, found.expires_at) == (None, NOON + 27 * DAY)
    assert changes(services.database)[1:] == [
        (Change.UNBANNED, grace.id, {"ban": number}),
        (Change.BANNED, grace.id, {"ban": number}),
    ]


@sqlite
def test_what_is_over_by_itself_is_told_and_has_no_time_left(
    services: Services, site: Site, grace: Moderator, sign_in_as: SignInAs, clock: Clock
) -> None:
    number = set_ban(services, site, "word:buy now", until=NOON + DAY)
    clock.forward(86_400)
    desk = sign_in_as(grace)

    page = Page(desk.get("/bans?ended=1").text).text
    assert "over since 5 May 2026" in page and "Ban again" not in page
    for act in ("again", "lift"):
        assert send(desk, f"/bans/{number}/{act}", on="/bans").status_code == 303
    assert stored_bans(services.database)[0].expires_at == NOON + DAY
    assert len(changes(services.database)) == 1


def undo(desk: FlaskClient, page: Page) -> Page:
    """Press what the key z presses."""
    (button,) = page.all("button", data_undo="")
    path = next(e for e in button.inside if e.tag == "form").attrs["action"]
    return Page(desk.get(send(desk, path, on="/bans").headers["Location"]).text)


@sqlite
def test_the_last_act_is_undone_and_that_as_well(
    services: Services, site: Site, desk: FlaskClient
) -> None:
    answer = fill(desk, kind="word", whom="cheap pills", sure="yes")
    page = Page(desk.get(answer.headers["Location"]).text)
    assert "Banned" in page.one("div", role="status").text

    page = undo(desk, page)
    assert stored_bans(services.database)[0].lifted_at is not None
    page = undo(desk, page)
    assert stored_bans(services.database)[0].lifted_at is None
    undo(desk, page)
    assert stored_bans(services.database)[0].lifted_at is not None


@sqlite
def test_an_undo_does_not_lift_what_a_colleague_set(
    services: Services, site: Site, desk: FlaskClient, site_desk: FlaskClient
) -> None:
    answer = fill(desk, kind="word", whom="cheap pills", sure="yes")
    page = Page(desk.get(answer.headers["Location"]).text)
    fill(site_desk, kind="word", whom="cheap pills", days="30", sure="yes")
    (button,) = page.all("button", data_undo="")
    form = next(e for e in button.inside if e.tag == "form")
    fields = {e.attrs["name"]: e.attrs["value"] for e in page.all("input") if form in e.inside}

    answer = desk.post(form.attrs["action"], data=fields)

    shown = Page(desk.get(answer.headers["Location"]).text)
    assert "nothing was done" in shown.one("div", role="alert").text
    assert stored_bans(services.database)[0].lifted_at is None


@sqlite
def test_a_ban_that_was_there_is_changed_and_no_undo_lifts_it(
    services: Services, site: Site, desk: FlaskClient
) -> None:
    set_ban(services, site, "word:cheap pills")
    answer = fill(desk, kind="word", whom="cheap pills", sure="yes")
    page = Page(desk.get(answer.headers["Location"]).text)

    assert "It was banned already" in page.one("div", role="status").text
    assert page.all("button", data_undo="") == []


def test_long_lists_go_on_page_by_page(
    services: Services, site: Site, desk: FlaskClient, clock: Clock
) -> None:
    for number in range(30):
        set_ban(services, site, f"word:number {number:02}")
        clock.forward(number % 2)  # some in the same instant
    set_ban(services, site, "word:number 00", until=NOON + 99 * DAY)  # changed: stays in its place

    seen, path = "", "/bans"
    while path:
        page = Page(desk.get(path).text)
        seen += page.text
        path = next((a.attrs["href"] for a in page.all("a") if "Older" in a.text), "")

    found = [seen.index(f"“number {number:02}”") for number in reversed(range(30))]
    assert found == sorted(found)
    assert seen.count("“number") == 30


# Who may


def test_a_moderator_of_one_site_bans_there_and_sees_what_holds_there(
    services: Services, site: Site, site_desk: FlaskClient
) -> None:
    with services.database.transaction() as session:
        other = make_site(session, "olds")
    everywhere = set_ban(services, None, "word:everywhere")
    elsewhere = set_ban(services, other, "word:elsewhere")
    here = set_ban(services, site, "word:here")

    page = Page(site_desk.get("/bans").text)
    assert f"ban {here}, set by the operator" in page.text
    assert f"banned by the operator: ban {here}" in Page(site_desk.get("/log").text).text
    assert "“everywhere”" in page.text and "“here”" in page.text
    assert "elsewhere" not in page.text
    assert [f.attrs["action"] for f in page.all("form")][1:] == [f"/bans/{here}/lift"]
    assert "All sites" not in site_desk.get("/bans/new").text
    assert fill(site_desk, kind="word", whom="anything", site="*", sure="yes").status_code == 400
    assert fill(site_desk, kind="word", whom="anything", site="olds", sure="yes").status_code == 400
    assert send(site_desk, f"/bans/{everywhere}/lift", on="/bans").status_code == 403
    assert send(site_desk, f"/bans/{elsewhere}/lift", on="/bans").status_code == 404
    assert send(site_desk, "/bans/999/lift", on="/bans").status_code == 404
    assert [each.lifted_at for each in stored_bans(services.database)] == [None] * 3
    send(site_desk, f"/bans/{here}/lift", on="/bans")
    assert stored_bans(services.database)[2].lifted_at == NOON


@sqlite
def test_commenters_and_comments_of_other_sites_are_not_there(
    services: Services, comment: Comment, sign_in_as: SignInAs
) -> None:
    with services.database.transaction() as session:
        other = make_site(session, "olds")
        who = make_moderator(session, services.vault, email="olds@example.com", site=other)
    desk = sign_in_as(who)
    assert comment.commenter
    for path in (
        f"/commenters/{comment.commenter.public_id}/ban",
        f"/queue/{comment.public_id}/ban",
    ):
        assert desk.get(path).status_code == 404
        assert fill(desk, path, site="olds", sure="yes").status_code == 404


@sqlite
def test_viewers_look_only(
    services: Services, site: Site, viewer_desk: FlaskClient, comment: Comment
) -> None:
    number = set_ban(services, site, ADA)
    assert comment.commenter
    page = Page(viewer_desk.get("/bans").text)
    assert "a•••@c•••.example" in page.text and "Lift" not in page.text
    assert "New ban" not in page.text
    commenter, queue = f"/commenters/{comment.commenter.public_id}", f"/queue/{comment.public_id}"
    for path in (commenter, queue):
        assert '/ban"' not in viewer_desk.get(path).text
        assert viewer_desk.get(f"{path}/ban").status_code == 403
    assert viewer_desk.get("/bans/new").status_code == 403
    assert fill(viewer_desk, kind="word", whom="anything", sure="yes").status_code == 403
    assert send(viewer_desk, f"/bans/{number}/lift", on="/bans").status_code == 403
    assert stored_bans(services.database)[0].lifted_at is None
