"""Texts of a site as its owner writes them, and as moderators and commenters read them."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.db import Database
from moderation.flow.texts import read_texts
from moderation.models import Comment, Event, Explanation, Moderator, Site
from moderation.privacy.links import PrivateLinks
from moderation.services import Services
from moderation.statuses import Change, Role, Status
from tests.factories import make_comment, make_moderator, make_site
from tests.web.pages import Page
from tests.web.pressing import form_at

HERE = "/sites/news/texts"
HELPLINE = "Call 116 123.\n\nDay and night."
OWN = "Insults <b>do not</b> help."
SignIn = Callable[[Moderator], FlaskClient]


@pytest.fixture
def owner(services: Services, site: Site, sign_in_as: SignIn) -> FlaskClient:
    """The browser of the site's owner."""
    with services.database.transaction() as session:
        made = make_moderator(
            session, services.vault, email="owner@example.com", role=Role.OWNER, site=site
        )
    return sign_in_as(made)


@pytest.fixture
def held(database: Database, site: Site) -> Comment:
    with database.transaction() as session:
        return make_comment(session, site)


def send(owner: FlaskClient, part: str, act: str = "save", **changes: str) -> TestResponse:
    """Fill in one form of the page and press a button."""
    path = f"{HERE}/{part}"
    prefix = part.replace("explanations/", "explanation-").replace("explanations", "new") + "-"
    data = form_at(Page(owner.get(HERE).text), path)
    typed = {prefix + name: text for name, text in changes.items()}
    assert set(typed) <= set(data), data
    return owner.post(path, data={**data, **typed, "act": act}, follow_redirects=True)


def add(owner: FlaskClient, database: Database, site: Site, title: str, text: str) -> int:
    assert "Saved" in send(owner, "explanations", title=title, text=text).text
    with database.reading() as session:
        known = read_texts(session, [site.id])[site.id].explanations
        return next(each.id for each in known if each.title == title)


def decide(desk: FlaskClient, comment: Comment, action: str, **fields: str) -> TestResponse:
    path = f"/queue/{comment.public_id}"
    page = Page(desk.get(path).text)
    data = {"csrf_token": page.value("csrf_token"), "version": page.value("version")}
    return desk.post(f"{path}/decisions", data={**data, "action": action, **fields})


@pytest.fixture
def private_page(services: Services, client: FlaskClient) -> Callable[[Comment], Page]:
    """What the commenter reads."""

    def read(comment: Comment) -> Page:
        links = PrivateLinks(services.settings.SECRET_KEY.get_secret_value())
        token = links.issue(comment.public_id, comment.link_version)
        return Page(client.get(f"/c/{token}").text)

    return read


def test_an_own_sentence_replaces_the_built_in_one(
    owner: FlaskClient,
    desk: FlaskClient,
    held: Comment,
    private_page: Callable[[Comment], Page],
) -> None:
    assert "Saved" in send(owner, "reasons", for_insult="Please be kind <3").text
    assert "Nothing was changed" in send(owner, "reasons").text

    decide(desk, held, "reject", reason="insult")

    assert "Reason: Please be kind <3" in private_page(held).text
    assert "Please be kind <3" in Page(desk.get(f"/queue/{held.public_id}").text).text
    send(owner, "reasons", for_insult="")
    assert "Reason: It insults somebody." in private_page(held).text


def test_a_preview_shows_and_saves_nothing(owner: FlaskClient) -> None:
    page = Page(send(owner, "help", "preview", for_self_harm=HELPLINE).text)

    shown = page.one("section", aria_label="Preview")
    assert "nothing is saved yet" in shown.text and "Day and night." in shown.text
    assert page.value("help-for_self_harm") == HELPLINE, "what was typed stays"
    assert "116 123" not in owner.get(HERE).text


def test_what_is_too_long_is_refused_and_stays(owner: FlaskClient) -> None:
    answer = send(owner, "reasons", for_hate="x" * 301)

    assert answer.status_code == 400
    assert "at most 300 characters" in answer.text and "x" * 301 in answer.text
    assert send(owner, "explanations", title="", text="Words").status_code == 400


def test_two_owners_at_once_do_not_overwrite_each_other(owner: FlaskClient) -> None:
    path = f"{HERE}/reasons"
    stale = form_at(Page(owner.get(HERE).text), path)
    send(owner, "reasons", for_hate="No hate.")

    answer = owner.post(path, data={**stale, "reasons-for_hate": "", "act": "save"})

    assert answer.status_code == 409
    assert "No hate." in owner.get(HERE).text


def test_explanations_are_changed_and_removed(
    owner: FlaskClient, database: Database, site: Site
) -> None:
    text_id = add(owner, database, site, "Tone", "Mind your tone.")

    assert "Saved" in send(owner, f"explanations/{text_id}", title="Manners").text
    assert "Manners" in Page(owner.get(HERE).text).text
    assert "Preview" in send(owner, f"explanations/{text_id}", "preview", text="New").text
    assert "Removed" in send(owner, f"explanations/{text_id}", "remove", title="").text
    assert "Manners" not in owner.get(HERE).text


def test_a_prepared_explanation_reaches_the_commenter(
    owner: FlaskClient,
    desk: FlaskClient,
    held: Comment,
    database: Database,
    site: Site,
    private_page: Callable[[Comment], Page],
) -> None:
    text_id = add(owner, database, site, "Tone", OWN)
    page = Page(desk.get("/queue").text)
    (choice,) = page.all("select", name="explanation")
    assert "Tone" in choice.text
    (shown,) = page.all("p", data_explanation=str(text_id))
    assert shown.text == OWN, "it can be read before"

    decide(desk, held, "reject", reason="insult", explanation=str(text_id))

    assert OWN in private_page(held).text
    page = Page(desk.get(f"/queue/{held.public_id}").text)
    assert OWN in page.one("section", aria_labelledby="told").text
    assert "with an explanation" in page.text


def test_own_words_go_first_and_undoing_takes_them_back(
    owner: FlaskClient,
    desk: FlaskClient,
    held: Comment,
    database: Database,
    site: Site,
    private_page: Callable[[Comment], Page],
) -> None:
    text_id = add(owner, database, site, "Tone", "Mind your tone.")
    decide(desk, held, "spam", explanation=str(text_id), own=OWN)
    assert OWN in private_page(held).text and "Mind your tone" not in private_page(held).text

    decide(desk, held, "undo")
    with database.reading() as session:
        assert session.scalars(select(Explanation.text)).all() == []


def test_words_for_what_is_rejected_already_are_another_decision(
    desk: FlaskClient,
    held: Comment,
    database: Database,
    private_page: Callable[[Comment], Page],
) -> None:
    decide(desk, held, "spam", own="First words.")
    for _click in range(2):
        decide(desk, held, "spam", own=OWN)
    assert OWN in private_page(held).text and "First words." not in private_page(held).text
    with database.reading() as session:
        query = select(Event).where(Event.change == Change.REJECTED)
        assert [event.data.get("explained") for event in session.scalars(query)] == [True, True]

    answer = decide(desk, held, "spam", own="Late words.", version="1")
    assert answer.status_code == 409
    assert Page(answer.text).one("textarea", name="own").text == "Late words.", "nothing is lost"
    assert decide(desk, held, "spam", version="1").status_code == 303, "decided so already"

    decide(desk, held, "undo")
    assert "First words." in private_page(held).text


@pytest.mark.parametrize(
    "fields, code",
    [
        ({"own": "x" * 1001}, 400),
        ({"explanation": "999"}, 409),
        ({"explanation": "x"}, 400),
        ({"explanation": str(2**64)}, 400),
    ],
)
def test_what_cannot_be_told_decides_nothing(
    desk: FlaskClient, held: Comment, database: Database, fields: dict[str, str], code: int
) -> None:
    answer = decide(desk, held, "reject", reason="insult", **fields)

    assert answer.status_code == code
    assert fields.get("own", "") in answer.text, "what was typed stays"
    with database.reading() as session:
        assert session.get_one(Comment, held.id).status is Status.HELD


def test_an_approval_explains_nothing(desk: FlaskClient, held: Comment, database: Database) -> None:
    decide(desk, held, "approve", own=OWN)

    with database.reading() as session:
        assert session.get_one(Comment, held.id).status is Status.APPROVED
        assert session.scalars(select(Explanation.text)).all() == []


def test_an_explanation_of_another_site_is_unknown(
    desk: FlaskClient, owner: FlaskClient, database: Database, site: Site
) -> None:
    text_id = add(owner, database, site, "Tone", OWN)
    with database.transaction() as session:
        foreign = make_comment(session, make_site(session, "other"))

    answer = decide(desk, foreign, "reject", reason="insult", explanation=str(text_id))

    assert answer.status_code == 409


def test_help_is_shown_with_what_is_urgent_and_to_its_commenter(
    owner: FlaskClient,
    desk: FlaskClient,
    held: Comment,
    private_page: Callable[[Comment], Page],
) -> None:
    send(owner, "help", for_self_harm=HELPLINE, for_illegal="Call a lawyer.")
    path = f"/queue/{held.public_id}"
    page = Page(desk.get(path).text)
    assert not page.all("section", aria_label="Help") and "Call a lawyer." in page.text
    assert "116 123" not in private_page(held).text

    token = {"csrf_token": page.value("csrf_token")}
    desk.post(f"{path}/escalation", data={**token, "kind": "self_harm"})

    assert (
        "116 123"
        in Page(desk.get("/queue?queue=urgent").text).one("section", aria_label="Help").text
    )
    assert "Day and night." in private_page(held).one("section", aria_labelledby="help").text


def test_only_owners_of_the_site_write(
    owner: FlaskClient, desk: FlaskClient, database: Database
) -> None:
    with database.transaction() as session:
        make_site(session, "other")

    assert "News" in Page(owner.get("/texts").text).text
    assert "Other" not in Page(owner.get("/texts").text).text
    assert owner.get("/sites/other/texts").status_code == 404
    token = {"csrf_token": Page(desk.get("/queue").text).value("csrf_token")}
    assert desk.get(HERE).status_code == 403
    assert desk.post(f"{HERE}/reasons", data=token).status_code == 403
    assert owner.post("/sites/other/texts/help", data=token).status_code in (400, 404)
