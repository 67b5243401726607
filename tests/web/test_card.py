"""What a card says beside the text: what did not run, bans in force; and toxic text covered."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from moderation.db import Database
from moderation.flow.bans.acts import ban
from moderation.flow.bans.targets import target_of
from moderation.models import Comment, FindingRow, Moderator, Site
from moderation.services import Services
from moderation.statuses import Code, Status, Verdict
from moderation.worker import Worker
from tests.doubles import NOON, FixedScorer
from tests.factories import make_comment
from tests.web.pages import Page, Reader, hold_all
from tests.web.pressing import press_on

SignInAs = Callable[[Moderator], FlaskClient]
TOXIC, CALM = "You utter idiot.", "What a lovely tree."
COVER = {"class": "cover"}
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def open_site(database: Database, site: Site) -> Site:
    """Where no score is hidden from moderators."""
    with database.transaction() as session:
        found = session.get_one(Site, site.id)
        found.policy = {"hidden_score_share": 0}
        return found


@pytest.fixture
def comments(services: Services, open_site: Site) -> list[Comment]:
    """A toxic comment of Ada's, a calm answer to it, and a calm one."""
    with services.database.transaction() as session:
        toxic = make_comment(
            session, open_site, body=TOXIC, email="a@b.example", vault=services.vault
        )
        assert toxic.commenter
        answer = make_comment(session, open_site, body=CALM, parent=toxic)
        session.add(
            FindingRow(comment_id=toxic.id, event_id=1, code=Code.TOXICITY, verdict=Verdict.HOLD,
                       attribute="toxicity", value=0.9, threshold=0.5, status=Status.HELD)
        )  # fmt: skip
        return [toxic, answer, make_comment(session, open_site, body="What a lovely pond.")]


def lacks_on(desk: FlaskClient) -> list[str]:
    page = Page(desk.get("/queue").text)
    return [item.text for item in page.all("li") if item.is_in("ul", **{"class": "lacks"})]


def cover(desk: FlaskClient, *, on: bool = True) -> Page:
    ticked = {"covers_toxic": "yes" if on else "no"}
    return press_on(desk, Page(desk.get("/account").text), "Save", **ticked)


@sqlite
def test_it_says_that_nobody_scored_it_and_who_is_unknown(
    reader: Reader, desk: FlaskClient, database: Database, open_site: Site
) -> None:
    with database.transaction() as session:
        session.get_one(Site, open_site.id).policy = {"email_required": False}
    reader.send(email="")
    hold_all(database)

    not_scored, no_email = lacks_on(desk)
    assert not_scored.startswith("Toxicity: no scorer was there")
    assert no_email.startswith("Who wrote it: it came without an email")


@sqlite
def test_it_says_what_is_still_to_come_and_then_no_more(
    reader: Reader, desk: FlaskClient, worker: Worker, scorer: FixedScorer, open_site: Site
) -> None:
    reader.send(body="You idiot.")
    worker.tick()
    (lack,) = lacks_on(desk)
    assert "nobody has looked for them yet" in lack
    worker.tick()
    assert lacks_on(desk) == []


@sqlite
def test_bans_in_force_stand_there_masked(
    desk: FlaskClient, services: Services, site: Site, comments: list[Comment]
) -> None:
    with services.database.transaction() as session:
        where = session.merge(site)
        ban(session, where, target_of(services.vault, where, "a@b.example"), now=NOON)
    page = Page(desk.get("/queue").text)
    (card, *others) = page.all("article", class_="card")
    assert "Banned: email a•••@b•••.example for good" in " ".join(card.text.split())
    assert not [other for other in others if "Banned" in other.text]


def test_nothing_is_covered_for_who_does_not_want_it(
    desk: FlaskClient, comments: list[Comment]
) -> None:
    assert not Page(desk.get("/queue").text).all("details", class_="cover")


def test_toxic_text_is_covered_for_who_wants_it_and_for_nobody_else(
    desk: FlaskClient, comments: list[Comment], linus: Moderator, sign_in_as: SignInAs
) -> None:
    assert "Toxic text is covered now." in cover(desk).text

    page = Page(desk.get("/queue").text)
    covers = page.all("details", class_="cover")
    assert len(covers) == 2  # the text, and what the answer to it quotes
    assert all("open" not in each.attrs and TOXIC in each.text for each in covers)
    shown = [e.text for e in page.all("p", dir="auto") if not e.is_in("details", **COVER)]
    assert CALM in shown and TOXIC not in shown
    assert not Page(sign_in_as(linus).get("/queue").text).all("details", class_="cover")

    assert "No text is covered now." in cover(desk, on=False).text
    assert not Page(desk.get("/queue").text).all("details", class_="cover")


@pytest.mark.parametrize(
    "path", ["/queue/{id}", "/commenters/{commenter}", "/queue/all?queue=held", "/queue/{id}/alike"]
)
@sqlite
def test_wherever_it_stands(desk: FlaskClient, comments: list[Comment], path: str) -> None:
    cover(desk)
    toxic = comments[0]
    assert toxic.commenter
    address = path.format(id=toxic.public_id, commenter=toxic.commenter.public_id)

    page = Page(desk.get(address).text)

    places = [e for e in page.all("p", dir="auto") if TOXIC in e.text]
    assert places and all(e.is_in("details", **COVER) for e in places)


@sqlite
def test_what_a_ban_would_have_hit_is_covered_too(
    desk: FlaskClient, comments: list[Comment]
) -> None:
    cover(desk)
    assert comments[0].commenter
    page = Page(desk.get(f"/commenters/{comments[0].commenter.public_id}/ban").text)
    fields = {"csrf_token": page.value("csrf_token"), "site": "news", "days": "7", "reason": "Why"}
    answer = desk.post(f"/commenters/{comments[0].commenter.public_id}/ban", data=fields)
    (place,) = [e for e in Page(answer.text).all("p", dir="auto") if TOXIC in e.text]
    assert place.is_in("details", **COVER)


@sqlite
def test_a_hidden_score_is_not_given_away(
    desk: FlaskClient, reader: Reader, worker: Worker, database: Database, site: Site
) -> None:
    with database.transaction() as session:
        session.get_one(Site, site.id).policy = {"hidden_score_share": 100}
    for number, body in enumerate(("You idiot.", "https://a.org https://b.org https://c.org")):
        reader.send(body=body, email=f"{number}@example.com")
    while worker.tick():
        pass
    cover(desk)
    page = Page(desk.get("/queue").text)
    assert len(page.all("details", class_="cover")) == len(page.all("article", class_="card")) == 2
    found = [each.text for each in page.all("ul", class_="findings")]
    assert [text.count("What the model found is not shown yet") for text in found] == [
        1, 1,
    ]  # fmt: skip
    assert not any("Nothing" in text for text in found)
    assert lacks_on(desk) == []
