"""An appeal from the private page to the desk and back, as pages show it."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.db import Database
from moderation.flow.own.appeals import APPEAL_MAX
from moderation.flow.personal.holds import lift_holds, set_hold
from moderation.flow.personal.taking_down import take_down
from moderation.flow.review import decide_by_hand
from moderation.models import Appeal, Comment, Moderator, Site
from moderation.privacy.links import PrivateLinks
from moderation.services import Services
from moderation.statuses import Actor, Change, Reason, Status
from tests.doubles import NOON
from tests.factories import make_comment
from tests.web.pages import Page
from tests.web.pressing import press, press_on

WORDS = "I meant <b>the tree</b>, not the mayor."
ANSWER = "It names a person, we read it again."
SignIn = Callable[[Moderator], FlaskClient]


@pytest.fixture
def comment(database: Database, site: Site, grace: Moderator) -> Comment:
    """One that Grace rejected."""
    with database.transaction() as session:
        made = make_comment(session, site)
        decide_by_hand(
            session,
            made.id,
            Change.REJECTED,
            version_seen=made.version,
            moderator=grace,
            now=NOON,
            reason=Reason.INSULT,
        )
        return made


@pytest.fixture
def path(services: Services, comment: Comment) -> str:
    links = PrivateLinks(services.settings.SECRET_KEY.get_secret_value())
    return f"/c/{links.issue(comment.public_id, comment.link_version)}"


@pytest.fixture
def appealed(client: FlaskClient, path: str) -> Page:
    """The private page after its commenter appealed."""
    page = Page(client.get(f"{path}/appeal").text)
    return press_on(client, page, "Send it", text=WORDS)


def card(desk: FlaskClient, comment: Comment) -> Page:
    return Page(desk.get(f"/queue/{comment.public_id}").text)


def buttons(page: Page) -> set[str]:
    return {each.attrs.get("value", "") for each in page.all("button", name="action")}


def delete(session: Session, comment: Comment) -> None:
    take_down(session, comment.id, change=Change.DELETED, actor=Actor.COMMENTER, now=NOON)


def keep_and_delete(database: Database, comment: Comment) -> None:
    """Its commenter deletes what a legal hold keeps."""
    with database.transaction() as session:
        until = NOON + dt.timedelta(days=1)
        known = {"reason": "a court asks", "expires_at": until, "now": NOON, "moderator": None}
        set_hold(session, session.get_one(Comment, comment.id), **known)  # type: ignore[arg-type]
        delete(session, comment)


def row(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Appeal.text)))


def test_the_private_page_leads_to_it_where_the_comment_is_rejected(
    client: FlaskClient, path: str
) -> None:
    assert Page(client.get(path).text).all("a", href=f"{path}/appeal")


@pytest.mark.parametrize("status", [Status.HELD, Status.APPROVED])
def test_there_is_none_of_what_is_not_rejected(
    client: FlaskClient, services: Services, site: Site, status: Status
) -> None:
    with services.database.transaction() as session:
        other = make_comment(session, site, status=status)
    links = PrivateLinks(services.settings.SECRET_KEY.get_secret_value())
    path = f"/c/{links.issue(other.public_id, other.link_version)}"
    assert not Page(client.get(path).text).all("a", href=f"{path}/appeal")
    assert client.get(f"{path}/appeal").headers["Location"] == path


def test_its_commenter_sees_that_it_waits_and_cannot_ask_again(
    client: FlaskClient, database: Database, path: str, appealed: Page
) -> None:
    assert "Your request is waiting for somebody other than the person who decided" in appealed.text
    assert "<b>the tree</b>" in appealed.text and "&lt;b&gt;the tree" in appealed.html
    assert not appealed.all("a", href=f"{path}/appeal")
    assert client.get(f"{path}/appeal").status_code == 303
    assert row(database) == [WORDS]


def test_a_second_click_appeals_once(client: FlaskClient, database: Database, path: str) -> None:
    page = Page(client.get(f"{path}/appeal").text)
    for words in (WORDS, "Other words."):
        answer = press(client, page, "Send it", text=words)
        assert (answer.status_code, answer.headers["Location"]) == (303, path)
    assert row(database) == [WORDS]


def test_a_form_against_a_rejection_that_stands_no_more_is_shown_again(
    client: FlaskClient, database: Database, path: str, comment: Comment, linus: Moderator
) -> None:
    page = Page(client.get(f"{path}/appeal").text)
    with database.transaction() as session:
        known = {"version_seen": comment.version, "moderator": linus, "now": NOON}
        decide_by_hand(session, comment.id, Change.REJECTED, reason=Reason.SPAM, **known)  # type: ignore[arg-type]

    answer = press(client, page, "Send it", text=WORDS)

    again = Page(answer.text)
    assert (answer.status_code, again.value("text").strip(), row(database)) == (409, WORDS, [])
    assert "status changed in the meantime, so nothing was sent yet" in again.text
    assert "advertising" in again.text.lower()
    assert press(client, again, "Send it", text=WORDS).status_code == 303
    assert row(database) == [WORDS]


@pytest.mark.parametrize("text", ["", WORDS])
def test_of_a_deleted_comment_nothing_is_shown_also_where_a_legal_hold_keeps_it(
    client: FlaskClient, database: Database, path: str, comment: Comment, text: str
) -> None:
    page = Page(client.get(f"{path}/appeal").text)
    keep_and_delete(database, comment)

    answer = press(client, page, "Send it", text=text)

    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    assert row(database) == []


def test_the_private_page_of_a_deleted_comment_does_not_tell_that_its_appeal_is_kept(
    client: FlaskClient, database: Database, path: str, comment: Comment, appealed: Page
) -> None:
    keep_and_delete(database, comment)
    kept = client.get(path).text
    assert row(database) == [WORDS] and "You asked for another look" not in kept
    with database.transaction() as session:
        lift_holds(session, session.get_one(Comment, comment.id), now=NOON, moderator=None)
        delete(session, comment)
    assert (row(database), client.get(path).text) == ([], kept)


@pytest.mark.parametrize("words", ["", " \n ", "x" * (APPEAL_MAX + 1)])
def test_words_that_cannot_be_taken_come_back_with_a_sentence(
    client: FlaskClient, database: Database, path: str, words: str
) -> None:
    page = Page(client.get(f"{path}/appeal").text)
    answer = press(client, page, "Send it", text=words)
    assert answer.status_code == 400
    assert Page(answer.text).one("p", class_="error").text
    assert Page(answer.text).value("text") == words.strip()
    assert row(database) == []


@pytest.mark.parametrize("overrides", [{"RATE_SUBMIT": "1 per minute"}], indirect=True)
def test_too_many_forms_keep_the_words(client: FlaskClient, database: Database, path: str) -> None:
    page = Page(client.get(f"{path}/appeal").text)
    assert press(client, page, "Send it", text=" ").status_code == 400, "it counts, too"
    answer = press(client, page, "Send it", text=WORDS)
    assert answer.status_code == 429 and 0 < int(answer.headers["Retry-After"]) <= 61
    again = Page(answer.text)
    assert re.search(r"please send it again in (1 minute|\d+ seconds)\.", again.text)
    assert again.value("text") == WORDS
    assert row(database) == []


@pytest.mark.parametrize("token", ["", "x"])
def test_a_form_without_its_token_does_nothing(
    client: FlaskClient, database: Database, path: str, token: str
) -> None:
    answer = client.post(f"{path}/appeal", data={"text": WORDS, "csrf_token": token})
    assert answer.status_code == 400 and row(database) == []


def test_an_unknown_link_appeals_nothing(client: FlaskClient, path: str) -> None:
    for answer in (client.get(f"{path}x/appeal"), client.post(f"{path}x/appeal")):
        assert answer.status_code == 404


def test_who_rejected_it_reads_why_they_do_not_judge(
    desk: FlaskClient, linus: Moderator, comment: Comment, appealed: Page
) -> None:
    page = card(desk, comment)
    assert "You rejected it, so a colleague judges the appeal." in page.text
    assert {"approve", "reject", "spam"}.isdisjoint(buttons(page)) and "undo" in buttons(page)
    token = page.value("csrf_token")
    data = {"action": "approve", "version": str(comment.version + 1), "csrf_token": token}
    answer = desk.post(f"/queue/{comment.public_id}/decisions", data=data)
    assert answer.status_code == 409 and "a colleague judges" in answer.text


def test_a_colleague_judges_it_from_its_queue(
    client: FlaskClient,
    sign_in_as: SignIn,
    linus: Moderator,
    comment: Comment,
    path: str,
    appealed: Page,
) -> None:
    desk = sign_in_as(linus)
    page = Page(desk.get("/queue?queue=appeals").text)
    assert page.one("a", id="tab-appeals").text == "Appeals 1"
    assert "<b>the tree</b>" in page.text and "Rejected by grace: insult" in " ".join(
        page.text.split()
    )
    refused = press(desk, card(desk, comment), "Reject", reason="insult")
    assert refused.status_code == 409 and "A refused appeal is answered" in refused.text
    page = press_on(desk, card(desk, comment), "Reject", reason="insult", own=ANSWER)
    assert page.one("a", id="tab-appeals").text == "Appeals 0"

    told = Page(client.get(path).text).text
    assert ANSWER in told and "it stays as it was" in told
    assert "appeal refused" in card(desk, comment).text


def test_a_granted_one_is_told_too(
    client: FlaskClient,
    sign_in_as: SignIn,
    linus: Moderator,
    comment: Comment,
    path: str,
    appealed: Page,
) -> None:
    desk = sign_in_as(linus)
    press_on(desk, card(desk, comment), "Approve")
    assert "It was granted" in Page(client.get(path).text).text


def test_alone_one_may_judge_and_is_told_that_the_log_says_so(
    desk: FlaskClient, comment: Comment, appealed: Page
) -> None:
    page = card(desk, comment)
    assert "nobody else decides on this site" in page.text
    press_on(desk, page, "Approve")
    assert "as nobody else decides there" in card(desk, comment).text
