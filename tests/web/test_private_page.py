"""The commenter's private page: what it tells, and changing and deleting from it."""

import datetime as dt
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from moderation.db import Database
from moderation.flow.redaction import redact
from moderation.flow.review import decide_by_hand
from moderation.models import Comment, Moderator, Site
from moderation.privacy.erased import COMMENT, ErasedList
from moderation.services import Services
from moderation.statuses import Change, Reason, Status
from moderation.web.readers.own import edit as own_edit
from moderation.web.readers.own import page as own_page
from moderation.worker import Worker
from tests.doubles import Clock
from tests.factories import make_comment
from tests.web.own import Commenter, write
from tests.web.pages import Page, Reader

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
OLD, NEW = "Limes are best.", "Maples are better."


@pytest.fixture
def ada(reader: Reader, database: Database, worker: Worker) -> Commenter:
    return write(reader, database, worker, body=OLD)


@pytest.fixture
def decide(
    database: Database, grace: Moderator, clock: Clock, ada: Commenter
) -> Callable[..., None]:
    """Grace decides about it as it stands."""

    def by_hand(change: Change, reason: Reason | None = None) -> None:
        with database.transaction() as session:
            seen = session.get_one(Comment, ada.id).version
            known = {"version_seen": seen, "moderator": grace, "now": clock(), "reason": reason}
            decide_by_hand(session, ada.id, change, **known)  # type: ignore[arg-type]

    return by_hand


def test_looking_changes_nothing_however_often(
    ada: Commenter, everything: Callable[[], object]
) -> None:
    before = everything()
    for act in ("", "/edit", "/delete"):
        for method in ("GET", "HEAD"):
            assert ada.client.open(ada.path + act, method=method).status_code == 200
    assert everything() == before


def test_a_changed_text_waits_is_checked_and_marked(ada: Commenter, reader: Reader) -> None:
    ada.score()
    assert OLD in reader.page().text
    answer = ada.edit(f"  {NEW} ")

    assert (answer.status_code, answer.headers["Location"]) == (303, ada.path)
    assert (ada.comment.body, ada.comment.status) == (NEW, Status.PROCESSING)
    assert "being checked" in ada.page().text and NEW in ada.page().text
    assert NEW not in reader.page().text and OLD not in reader.page().text
    ada.score()
    assert "edited" in Page(reader.read().text).one("span", class_="edited").text
    (shown,) = reader.client.get(
        "/s/news/comments.json", query_string={"article": reader.article}
    ).get_json()["comments"]
    assert (shown["body"], shown["edited_at"] is not None) == (NEW, True)


def test_the_page_offers_to_change_it_while_it_can_be(ada: Commenter, clock: Clock) -> None:
    def offers() -> list[str]:
        return [link.text for link in ada.page().all("a", class_="button")]

    assert offers() == ["Change it", "Delete it"]
    assert "You can change it for another 15 minutes." in ada.page().text
    clock.forward(900)
    assert offers() == ["Delete it"]


@pytest.mark.parametrize(
    ("minutes", "says"),
    [
        (
            15,
            "There you can change your comment for another 15 minutes, and delete it at any time.",
        ),
        (0, "There you can delete your comment at any time."),
    ],
)
def test_the_answer_to_a_comment_says_what_can_be_done_there(
    reader: Reader, database: Database, site: Site, minutes: int, says: str
) -> None:
    with database.transaction() as session:
        session.get_one(Site, site.id).policy = {"edit_minutes": minutes}

    told = " ".join(Page(reader.send().text).one("div", id="notice").text.split())
    assert told.endswith(f"only you have it. {says}")


def test_a_published_comment_is_shown_in_its_place(ada: Commenter, reader: Reader) -> None:
    def shown() -> list[str]:
        return [a.attrs["href"] for a in ada.page().all("a") if a.text == "Show it"]

    assert shown() == []
    ada.score()
    assert shown() == [f"{reader.article}#comment-{ada.comment.public_id}"]


def test_a_second_click_is_harmless(ada: Commenter) -> None:
    page = ada.page("/edit")
    first, second = ada.edit(NEW, page), ada.edit(NEW, page)
    assert (first.status_code, second.status_code) == (303, 303)
    assert (ada.comment.body, ada.comment.version) == (NEW, 2)


def test_another_text_from_a_form_sent_before_is_shown_again(ada: Commenter) -> None:
    page = ada.page("/edit")
    ada.edit(NEW, page)
    again = ada.edit("A third text.", page)
    assert (again.status_code, Page(again.text).value("body").strip()) == (409, "A third text.")
    assert ada.comment.body == NEW
    assert ada.edit("A third text.", Page(again.text)).status_code == 303
    assert ada.comment.body == "A third text."


def test_who_edits_what_was_just_decided_sees_that_first(
    ada: Commenter, decide: Callable[..., None]
) -> None:
    ada.score()
    page = ada.page("/edit")
    decide(Change.APPROVED)
    answer = ada.edit(NEW, page)
    assert answer.status_code == 409
    assert "Your comment’s status changed in the meantime" in answer.text
    assert Page(answer.text).value("body").strip() == NEW


def test_what_was_said_already_is_refused_and_the_text_kept(
    ada: Commenter, reader: Reader, database: Database, worker: Worker
) -> None:
    other = write(reader, database, worker, body="Another text.")
    answer = other.edit(OLD.upper())
    page = Page(answer.text)
    assert (answer.status_code, page.value("body").strip()) == (409, OLD.upper())
    assert "You said this already" in page.one("p", role="alert").text
    assert (other.comment.body, other.comment.version) == ("Another text.", 1)
    assert other.edit(NEW, page).status_code == 303


def test_what_the_machine_decides_meanwhile_holds_nobody_up(ada: Commenter) -> None:
    page = ada.page("/edit")
    ada.score()
    assert ada.comment.status is Status.APPROVED
    assert ada.edit(NEW, page).status_code == 303


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "Please write a comment."), ("x" * 10_001, "Please use at most 10,000 characters.")],
)
def test_the_rules_of_the_form_hold(ada: Commenter, text: str, said: str) -> None:
    answer = ada.edit(text)
    assert (answer.status_code, ada.comment.body) == (400, OLD)
    assert said in Page(answer.text).one("p", id="body-error").text
    assert Page(answer.text).value("body").strip() == text
    assert "autofocus" in Page(answer.text).one("textarea").attrs
    assert "autofocus" not in ada.page("/edit").one("textarea").attrs


def test_every_new_address_in_the_text_is_refused_alike(
    reader: Reader, database: Database, worker: Worker
) -> None:
    known = "Write to press@example.org."
    ada = write(reader, database, worker, body=known)
    said = {
        Page(ada.edit(f"{known} Or {address}").text).one("p", id="body-error").text
        for address in ("ada@example.com", "bob@example.com")
    }
    assert len(said) == 1 and "An email address stands in your comment" in said.pop()
    assert ada.edit(f"{known} Thank you.").status_code == 303


def test_a_token_is_for_one_act_on_one_comment(
    ada: Commenter, reader: Reader, database: Database, worker: Worker
) -> None:
    other = write(reader, database, worker, body="Another text.")
    tokens = {
        "edit": ada.page("/edit").value("csrf_token"),
        "delete": ada.page("/delete").value("csrf_token"),
        "of another": other.page("/edit").value("csrf_token"),
        "of the form": reader.token(),
        "of the link": ada.token,
        "none": "",
    }
    for name, token in tokens.items():
        fields = {"csrf_token": token, "body": NEW}
        if name != "edit":
            assert ada.client.post(f"{ada.path}/edit", data=fields).status_code == 400, name
        if name != "delete":
            assert ada.client.post(f"{ada.path}/delete", data=fields).status_code == 400, name
    assert (ada.comment.body, ada.comment.status) == (OLD, Status.PROCESSING)


def test_a_form_open_for_a_day_keeps_the_text(
    ada: Commenter, clock: Clock, database: Database
) -> None:
    with database.transaction() as session:
        site = session.get_one(Site, ada.comment.site_id)
        site.policy = {**site.policy, "edit_minutes": 60 * 48}
    page = ada.page("/edit")
    clock.forward(90_000)
    answer = ada.edit(NEW, page)
    assert answer.status_code == 400
    assert "Your text is still here" in answer.text
    assert ada.edit(NEW, Page(answer.text)).status_code == 303


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("closed", "Comments are closed here"),
        ("over", "cannot be changed any more. You can still delete it"),
        ("rejected", "was not published, so it cannot be changed"),
        ("masked", "A moderator masked something in your comment"),
    ],
)
def test_what_cannot_be_changed_is_refused_with_the_reason_and_the_text(
    ada: Commenter,
    decide: Callable[..., None],
    database: Database,
    grace: Moderator,
    clock: Clock,
    why: str,
    said: str,
) -> None:
    ada.score()
    page = ada.page("/edit")
    with database.transaction() as session:
        comment = session.get_one(Comment, ada.id)
        if why == "closed":
            comment.article.publishing = "closed"  # type: ignore[assignment]
        elif why == "masked":
            known = {"version_seen": comment.version, "moderator": grace, "now": clock()}
            redact(session, ada.id, ["Limes"], **known)  # type: ignore[arg-type]
    if why == "over":
        clock.forward(901)
    if why == "rejected":
        decide(Change.REJECTED, Reason.INSULT)
    before = ada.comment.body

    answer = ada.edit(NEW, page)

    assert (answer.status_code, ada.comment.body) == (403, before)
    assert said in Page(answer.text).text
    assert Page(answer.text).one("textarea", id="kept").text.strip() == NEW
    looked = ada.client.get(f"{ada.path}/edit")
    assert looked.status_code == 403 and said in Page(looked.text).text
    assert ada.delete().status_code == 303, "deleting is always possible"


def test_a_database_that_fails_loses_no_text(
    ada: Commenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ada.page("/edit")

    def fail(*_args: object, **_more: object) -> None:
        raise OperationalError("UPDATE …", {}, Exception("disk full"))

    monkeypatch.setattr(own_edit, "edit", fail)
    answer = ada.edit(NEW, page)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert Page(answer.text).value("body").strip() == NEW and "disk full" not in answer.text


@pytest.mark.parametrize("overrides", [{"RATE_SUBMIT": "3 per minute"}], indirect=True)
def test_too_many_edits_keep_the_text(ada: Commenter) -> None:
    codes = [ada.edit(f"{NEW} {number}").status_code for number in range(3)]
    assert codes == [303, 303, 429]
    answer = ada.edit("The last one.")
    assert Page(answer.text).value("body").strip() == "The last one."
    assert 0 < int(answer.headers["Retry-After"]) <= 61


class TestDeleting:
    def test_it_asks_deletes_and_says_so(self, ada: Commenter, reader: Reader) -> None:
        ada.score()
        assert OLD in ada.page("/delete").text
        answer = ada.delete()
        assert (answer.status_code, answer.headers["Location"]) == (303, ada.path)
        page = ada.page()
        assert "This comment was deleted." in page.text
        assert OLD not in page.text + reader.page().text
        assert page.all("a", class_="button") == []
        assert "Do not pass it on" not in page.text, "nothing can be done there any more"

    def test_a_second_click_is_harmless(self, ada: Commenter) -> None:
        page, edit = ada.page("/delete"), ada.page("/edit")
        answers = [ada.delete(page), ada.delete(page), ada.edit(NEW, edit)]
        answers += [ada.client.get(ada.path + act) for act in ("/delete", "/edit")]
        assert [answer.status_code for answer in answers] == [303] * 5
        assert (ada.comment.status, ada.comment.body) == (Status.DELETED, "")

    def test_what_was_decided_meanwhile_is_told_first(
        self, ada: Commenter, decide: Callable[..., None]
    ) -> None:
        ada.score()
        page = ada.page("/delete")
        decide(Change.APPROVED)
        answer = ada.delete(page)
        assert (answer.status_code, ada.comment.body) == (409, OLD)
        assert ada.delete(Page(answer.text)).status_code == 303

    def test_a_restored_backup_does_not_bring_it_back(
        self, ada: Commenter, services: Services
    ) -> None:
        ada.delete()
        erased = ErasedList(services.settings.ERASED_LIST, services.vault)
        assert erased.holds(erased.read(), COMMENT, ada.comment.public_id)


def test_the_acts_are_private_and_never_framed(ada: Commenter) -> None:
    ada.score()
    answers = [ada.client.get(ada.path + act) for act in ("", "/edit", "/delete")]
    answers += [ada.edit(NEW), ada.edit(""), ada.delete()]
    for answer in answers:
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_a_revoked_link_acts_no_more(ada: Commenter, database: Database) -> None:
    pages = {"/edit": ada.page("/edit"), "/delete": ada.page("/delete")}
    with database.transaction() as session:
        session.get_one(Comment, ada.id).link_version += 1
    answers = [ada.edit(NEW, pages["/edit"]), ada.delete(pages["/delete"])]
    answers += [ada.client.get(ada.path + act) for act in pages]
    assert {answer.status_code for answer in answers} == {404}
    assert ada.comment.body == OLD


def test_it_says_how_long_a_person_usually_takes(
    ada: Commenter, database: Database, grace: Moderator, clock: Clock
) -> None:
    ada.edit("You idiot.")
    ada.score()
    assert ada.comment.status is Status.HELD
    with database.transaction() as session:
        site = session.get_one(Site, ada.comment.site_id)
        ids = [make_comment(session, site, body=f"{n}", now=clock()).id for n in range(5)]
    for number, comment_id in enumerate(ids):
        assert "usually within" not in ada.page().text, "four decisions say nothing"
        with database.transaction() as session:
            later = clock() + dt.timedelta(hours=number + 1)
            known = {"version_seen": 2, "moderator": grace, "now": later}
            decide_by_hand(session, comment_id, Change.APPROVED, **known)  # type: ignore[arg-type]
    clock.forward(6 * 3600)
    assert "A person is checking it, usually within 3 hours." in ada.page().text


def test_what_nobody_waits_for_is_not_computed(
    ada: Commenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(own_page, "usual_wait", lambda _, site, **__: asked.append(site))
    ada.page()
    ada.score()
    ada.page()
    assert asked == []
    ada.edit("You idiot.")
    ada.score()
    ada.page()
    assert len(asked) == 1


def test_moderators_read_that_it_was_edited(
    ada: Commenter, desk: FlaskClient, clock: Clock
) -> None:
    ada.edit("You idiot.")
    ada.score()
    clock.forward(120)
    page = Page(desk.get(f"/queue/{ada.comment.public_id}").text)
    assert "edited 2 min ago" in page.text
    assert "edited processing by the commenter" in page.text
