"""Standing decisions in a browser: set with a bulk decision, listed, lifted, undone."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.standing import acts
from moderation.models import Batch, Comment, Event, Moderator, Site, StandingDecision
from moderation.services import Services
from moderation.statuses import Change, Reason, Status
from tests.factories import make_comment, make_moderator, make_site
from tests.flow.standing import arrive
from tests.web.pages import Page

SPAM = "Earn 4000 dollars a week from home, ask me how!"
SignIn = Callable[[Moderator], FlaskClient]


@pytest.fixture
def held(database: Database, site: Site) -> list[Comment]:
    """A wave of three."""
    with database.transaction() as session:
        return [make_comment(session, site, body=f"{SPAM} {number}") for number in range(3)]


@pytest.fixture
def bound_desk(services: Services, sign_in_as: SignIn) -> FlaskClient:
    """The browser of a moderator of another site."""
    with services.database.transaction() as session:
        other = make_site(session, "other")
        made = make_moderator(session, services.vault, email="bound@example.com", site=other)
    return sign_in_as(made)


def decide(
    desk: FlaskClient, held: list[Comment], action: str = "spam", **fields: str
) -> tuple[int, Page]:
    """Open the page about all that say the same, tick the box, press a button."""
    page = Page(desk.get(f"/queue/{held[0].public_id}/alike").text)
    box = page.one("input", name="standing")
    data = {
        "csrf_token": page.value("csrf_token"),
        "first": page.value("first"),
        "chosen": [each.attrs["value"] for each in page.all("input", name="chosen")],
        "standing": box.attrs["value"],
        "action": action,
        **fields,
    }
    answer = desk.post("/queue/decisions", data=data, follow_redirects=True)
    return answer.status_code, Page(answer.text)


def press(desk: FlaskClient, page: Page, path: str) -> Page:
    """Send the form that leads there."""
    (form,) = [f for f in page.all("form") if path in f.attrs.get("action", "")]
    data = {"csrf_token": page.value("csrf_token")}
    return Page(desk.post(form.attrs["action"], data=data, follow_redirects=True).text)


def standing(database: Database) -> list[StandingDecision]:
    with database.reading() as session:
        return list(session.scalars(select(StandingDecision).order_by(StandingDecision.id)))


def test_a_ticked_box_makes_the_decision_a_standing_one(
    desk: FlaskClient, held: list[Comment], database: Database, grace: Moderator
) -> None:
    code, page = decide(desk, held)

    assert code == 200
    assert "3 rejected as spam. What says the same is too, until" in page.text
    (made,) = standing(database)
    assert (made.change, made.reason) == (Change.REJECTED, Reason.SPAM)
    assert (made.comment_id, made.moderator_id) == (held[0].id, grace.id)

    page = Page(desk.get("/standing").text)
    assert "Reject: spam" in page.text and "none decided so far" in page.text
    assert SPAM in page.text


def test_without_the_tick_nothing_stands(
    desk: FlaskClient, held: list[Comment], database: Database
) -> None:
    decide(desk, held, standing="")

    assert standing(database) == []


@pytest.mark.parametrize(
    "action, change, reason",
    [("approve", Change.APPROVED, None), ("reject", Change.REJECTED, Reason.HATE)],
)
def test_it_stands_as_it_was_decided(
    desk: FlaskClient,
    held: list[Comment],
    database: Database,
    action: str,
    change: Change,
    reason: Reason | None,
) -> None:
    decide(desk, held, action, reason="hate" if reason else "")

    (made,) = standing(database)
    assert (made.change, made.reason) == (change, reason)


def test_a_hold_cannot_stand(desk: FlaskClient, held: list[Comment], database: Database) -> None:
    _, page = decide(desk, held, "hold")

    assert "Only an approval or a rejection" in page.text
    assert standing(database) == []


def test_undoing_the_act_lifts_it(
    desk: FlaskClient, held: list[Comment], database: Database
) -> None:
    _, page = decide(desk, held)

    page = press(desk, page, "/undo")

    assert "3 stand where they stood before." in page.text
    assert standing(database)[0].lifted_at is not None


@pytest.mark.parametrize(
    "action, version, told",
    [
        ("approve", 2, "0 approved. What says the same is not"),  # seen before a colleague came
        ("spam", 3, "0 rejected as spam. What says the same is not"),  # decided so already
    ],
)
def test_nothing_stands_where_the_act_did_not_decide_about_the_comment(
    desk: FlaskClient,
    held: list[Comment],
    database: Database,
    action: str,
    version: int,
    told: str,
) -> None:
    decide_one(desk, held[0])
    data = form_about(desk, held[0], action) | {"chosen": f"{held[0].public_id}.{version}"}

    page = Page(desk.post("/queue/decisions", data=data, follow_redirects=True).text)

    assert told in page.text
    assert ("1 moved in between" in page.text) is (action == "approve")
    assert standing(database) == [] and logged(database) == []


def test_where_the_comment_moved_the_others_are_decided_and_nothing_stands(
    desk: FlaskClient, held: list[Comment], database: Database
) -> None:
    data = form_about(desk, held[0], "approve")
    decide_one(desk, held[0])

    page = Page(desk.post("/queue/decisions", data=data, follow_redirects=True).text)

    assert "2 approved. What says the same is not" in page.text
    assert standing(database) == []


@pytest.mark.parametrize("first", ["", "unknown", "other"])
def test_it_is_about_one_of_the_chosen(
    desk: FlaskClient, held: list[Comment], database: Database, first: str
) -> None:
    data = form_about(desk, held[0], "spam")
    chosen = f"{held[0].public_id}.{held[0].version}"
    data |= {"chosen": chosen, "first": held[1].public_id if first == "other" else first}

    assert desk.post("/queue/decisions", data=data).status_code == 400
    assert standing(database) == []


def test_the_same_form_sent_again_sets_nothing_more(
    desk: FlaskClient, held: list[Comment], database: Database
) -> None:
    data = form_about(desk, held[0], "spam")
    pages = [
        Page(desk.post("/queue/decisions", data=data, follow_redirects=True).text)
        for _click in range(2)
    ]
    for page in pages:
        assert "3 rejected as spam. What says the same is too, until" in page.text
    assert logged(database) == [Change.STANDING_SET]

    press(desk, pages[1], "/undo")
    page = Page(desk.post("/queue/decisions", data=data, follow_redirects=True).text)

    assert "0 rejected as spam. What says the same is not" in page.text
    assert [each.lifted_at is None for each in standing(database)] == [False]
    assert logged(database) == [Change.STANDING_SET, Change.STANDING_LIFTED]


@pytest.mark.parametrize(
    "action, more, told, queue",
    [
        ("approve", 1, "1 that came later and said the same is approved", "approved"),
        ("approve", 2, "2 that came later and said the same are approved", "approved"),
        ("spam", 1, "1 that came later and said the same is rejected", "spam"),
        ("approve", 0, None, ""),
    ],
)
def test_undoing_tells_what_it_decided_meanwhile(
    desk: FlaskClient,
    held: list[Comment],
    database: Database,
    site: Site,
    action: str,
    more: int,
    told: str | None,
    queue: str,
) -> None:
    _, page = decide(desk, held, action)
    for _ in range(more):
        arrive(SimpleNamespace(database=database, site=site), held[0].body)  # type: ignore[arg-type]

    page = press(desk, page, "/undo")

    links = [link.attrs["href"] for link in page.all("a") if link.text == "Show them"]
    if told is None:
        assert "came later" not in page.text and links == []
    else:
        assert told in page.text
        shown = Page(desk.get(links[0]).text)
        assert links == [f"/queue?queue={queue}&rule=standing_{DECIDED[action]}"]
        assert len(shown.all("article")) == more


def test_what_people_decided_otherwise_since_is_not_told_to_stay(
    desk: FlaskClient, held: list[Comment], database: Database, site: Site
) -> None:
    _, page = decide(desk, held, "approve")
    room = SimpleNamespace(database=database, site=site)
    for _ in range(2):
        _, event = arrive(room, held[0].body)  # type: ignore[arg-type]
    with database.reading() as session:
        decide_one(desk, session.get_one(Comment, event.comment_id))

    assert "2 decided" in Page(desk.get("/standing").text).text
    page = press(desk, page, "/undo")

    assert "1 that came later and said the same is approved" in page.text


DECIDED = {"approve": "approved", "spam": "rejected"}


def form_about(desk: FlaskClient, comment: Comment, action: str) -> dict[str, object]:
    """The form about this comment and its like, with the box ticked."""
    page = Page(desk.get(f"/queue/{comment.public_id}/alike").text)
    return {
        "csrf_token": page.value("csrf_token"),
        "first": page.value("first"),
        "chosen": [each.attrs["value"] for each in page.all("input", name="chosen")],
        "standing": "y",
        "action": action,
    }


def logged(database: Database) -> list[Change]:
    """What the log says of standing decisions."""
    which = (Change.STANDING_SET, Change.STANDING_LIFTED)
    with database.reading() as session:
        query = select(Event.change).where(Event.change.in_(which)).order_by(Event.id)
        return list(session.scalars(query))


def decide_one(desk: FlaskClient, comment: Comment) -> None:
    token = Page(desk.get(f"/queue/{comment.public_id}").text).value("csrf_token")
    fields = {"csrf_token": token, "version": comment.version, "action": "spam"}
    assert desk.post(f"/queue/{comment.public_id}/decisions", data=fields).status_code == 303


def test_one_click_lifts_it_and_another_takes_that_back(
    desk: FlaskClient, held: list[Comment], database: Database
) -> None:
    decide(desk, held)

    page = press(desk, Page(desk.get("/standing").text), "/lift")
    assert "It is lifted" in page.text and "None is in force." in page.text
    undo = [button for button in page.all("button") if "data-undo" in button.attrs]
    assert len(undo) == 1, "the key z presses it"
    ended = Page(desk.get("/standing?ended=1").text)
    assert "Set again for" in ended.text

    page = press(desk, page, "/again")
    assert "It is in force again" in page.text and "Reject: spam" in page.text
    assert standing(database)[0].lifted_at is None
    with database.reading() as session:
        told = session.scalars(select(Event).where(Event.change == Change.STANDING_LIFTED)).all()
    assert [event.data["standing"] for event in told] == [standing(database)[0].id]


def test_what_is_over_is_not_set_again(
    desk: FlaskClient, held: list[Comment], database: Database
) -> None:
    decide(desk, held)
    page = Page(desk.get("/standing").text)
    press(desk, page, "/lift")

    assert "It has ended meanwhile" in press(desk, page, "/lift").text


def test_a_full_site_takes_no_more_and_nothing_is_decided(
    desk: FlaskClient, held: list[Comment], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "MOST", 0)

    code, page = decide(desk, held)

    assert code == 409
    assert "Too many standing decisions" in page.text
    with database.reading() as session:
        statuses = set(session.scalars(select(Comment.status)))
        assert statuses == {Status.HELD}
        assert session.scalars(select(Batch)).all() == []


def test_another_site_sees_and_lifts_nothing(
    desk: FlaskClient, bound_desk: FlaskClient, held: list[Comment], database: Database
) -> None:
    decide(desk, held)
    (made,) = standing(database)

    page = Page(bound_desk.get("/standing").text)
    assert "None is in force." in page.text
    token = {"csrf_token": page.value("csrf_token")}
    for act in ("lift", "again"):
        assert bound_desk.post(f"/standing/{made.id}/{act}", data=token).status_code == 404
    fields = {**token, "first": held[0].public_id, "standing": "y", "action": "spam"}
    fields["chosen"] = f"{held[0].public_id}.{held[0].version}"
    assert bound_desk.post("/queue/decisions", data=fields).status_code == 404
    assert len(standing(database)) == 1


def test_a_viewer_looks_only(
    desk: FlaskClient, viewer_desk: FlaskClient, held: list[Comment], database: Database
) -> None:
    decide(desk, held)
    (made,) = standing(database)

    page = Page(viewer_desk.get("/standing").text)
    assert "Reject: spam" in page.text
    assert not [form for form in page.all("form") if "/lift" in form.attrs["action"]]
    token = {"csrf_token": page.value("csrf_token")}
    assert viewer_desk.post(f"/standing/{made.id}/lift", data=token).status_code == 403
