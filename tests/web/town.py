"""People with unmistakable names, emails and addresses, and all the ways that they go."""

import importlib
import io
import re
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from moderation.flow.commenters import find_commenter
from moderation.flow.personal.erasure import ask_for_erasure
from moderation.flow.review import decide_by_hand
from moderation.models import Comment, Site
from moderation.preview import Preview
from moderation.privacy.links import PrivateLinks
from moderation.sender import Sender
from moderation.services import Services
from moderation.statuses import Actor, Change, ErasureScope, Reason, Role, Status
from moderation.worker import Worker
from tests.doubles import Clock, FixedScorer
from tests.factories import ARTICLE, make_moderator
from tests.mail_server import MailServer
from tests.privacy.traces import traces
from tests.web.own import DELETE, SAVE
from tests.web.pages import Page, Reader
from tests.web.people import sign_in
from tests.web.pressing import press_on

DAY = 86_400
PHONE = "+49 30 9018207"  # masked
NOTE = "zqnote of a moderator"
APPEAL = "zqappeal against a rejection"
FORMER = "zqformer"  # what a comment said before its commenter changed it
# By name: the package has the blueprint's views under the names of its modules.
SUBMISSIONS = importlib.import_module("moderation.web.readers.submissions")


@dataclass(frozen=True)
class Person:
    """One who cannot be mistaken; `number` tells them apart."""

    number: int

    @property
    def name(self) -> str:
        """Public only where their comment is."""
        return f"Zqname{self.number}x"

    @property
    def email(self) -> str:
        """Never public."""
        return f"Zqmail{self.number}x@zqhost{self.number}x.example"

    @property
    def body(self) -> str:
        """Public only where their comment is."""
        return f"What a lovely zqtext{self.number}x."

    @property
    def address(self) -> str:
        """Never kept."""
        return f"203.{self.number}.113.77"

    def private(self) -> set[bytes]:
        """What may stand nowhere."""
        return traces(self.email) | {self.address.encode(), f"203.{self.number}.113".encode()}

    def typed(self) -> set[bytes]:
        """What may stand in public only once the comment is approved."""
        return {self.name.lower().encode(), f"zqtext{self.number}x".encode()}


@dataclass
class Town:
    """An installation with people in it, and all that it wrote down."""

    app: Flask
    services: Services
    worker: Worker
    clock: Clock
    log: io.StringIO
    post: MailServer
    people: dict[str, Person] = field(default_factory=dict)
    answers: list[tuple[Person, TestResponse]] = field(default_factory=list)

    def newcomer(self, way: str) -> Person:
        """Somebody who goes this way."""
        person = self.people[way] = Person(len(self.people) + 1)
        return person

    def send(self, way: str, *, json: bool = False, **changes: str) -> TestResponse:
        """Somebody new fills in the form, from an address of their own."""
        return self.send_as(self.newcomer(way), json=json, **changes)

    def send_as(self, person: Person, *, json: bool = False, **changes: str) -> TestResponse:
        """This person fills in the form."""
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = person.address
        fields = {"name": person.name, "email": person.email, "body": person.body, **changes}
        reader = Reader(client)
        answer = reader.send_json(**fields) if json else reader.send(**fields)
        self.answers.append((person, answer))
        return answer

    def score(self) -> None:
        """Have all that waits decided."""
        while self.worker.tick():
            pass

    def mail(self) -> None:
        """Have all mails leave."""
        (sender,) = [each for each in self.services.backgrounds if isinstance(each, Sender)]
        while sender():
            pass

    def comment_of(self, way: str) -> Comment:
        """The comment of who went this way."""
        with self.services.database.reading() as session:
            query = select(Comment).where(Comment.name == self.people[way].name)
            return session.scalars(query).one()


def publish_hold_and_reject(town: Town) -> None:
    """Comments that end in every state there is."""
    for way in ("approved", "rejected", "erased", "purged", "answered"):
        assert town.send(way, json=way == "approved").status_code == 202
    assert town.send("held", body=f"zqtext{len(town.people) + 1}x, you idiot").status_code == 202
    town.send("held by its word", body="zqbanned and zqtext7x")
    town.send("in a trap", website="https://spam.example")
    town.score()
    parent = town.comment_of("answered").public_id
    town.send("answering", parent=parent)
    town.score()
    with town.services.database.transaction() as session:
        grace = make_moderator(session, town.services.vault, role=Role.OWNER)
        for way in ("rejected", "purged"):
            decide_by_hand(
                session,
                town.comment_of(way).id,
                Change.REJECTED,
                version_seen=2,
                moderator=grace,
                now=town.clock(),
                reason=Reason.INSULT,
            )
    appeal(town)
    mask_and_note(town)
    town.send("undecided")


def private_page(town: Town, way: str) -> str:
    """Where the comment of who went this way has its private page."""
    comment = town.comment_of(way)
    links = PrivateLinks(town.services.settings.SECRET_KEY.get_secret_value())
    return f"/c/{links.issue(comment.public_id, comment.link_version)}"


def appeal(town: Town) -> None:
    """A commenter says what they think of the rejection."""
    client, path = town.app.test_client(), private_page(town, "rejected")
    page = press_on(client, Page(client.get(f"{path}/appeal").text), "Send it", text=APPEAL)
    assert APPEAL in page.text


def mask_and_note(town: Town) -> None:
    """A moderator masks a phone number, approves what is left, and notes something."""
    person = town.newcomer("masked")
    town.send_as(person, body=f"{person.body} Ring {PHONE}!")
    town.score()
    public_id = town.comment_of("masked").public_id
    desk = town.app.test_client()
    assert sign_in(desk).status_code == 302
    comment = Page(desk.get(f"/queue/{public_id}").text)
    for label in ("Note it about the comment", "Note it about the commenter"):
        comment = press_on(desk, comment, label, text=NOTE)
    comment = press_on(desk, comment, "Mask", suspects=PHONE)
    press_on(desk, comment, "Approve")


def refuse(town: Town) -> None:
    """Everything that the form is refused for; its answer may repeat what was typed, once."""
    assert town.send("without a text", body=" ").status_code == 400
    assert town.send("with a bad name", name="a@b.example").status_code == 400
    assert town.send("elsewhere", article="https://other.example/x").status_code == 400
    assert town.send("with a forged token", csrf_token="x").status_code == 400
    assert town.send("too large", body="zqtext " * 20_000).status_code == 413
    twice = town.newcomer("twice")
    assert town.send_as(twice).status_code == 202
    assert town.send_as(twice).status_code == 409
    stranger = town.app.test_client()
    person = town.newcomer("lost")
    for path in (f"/s/news/{person.email}", f"/c/{person.email}", f"/queue/{person.email}"):
        town.answers.append((person, stranger.get(path)))
        town.answers.append((person, stranger.post(path, data={"email": person.email})))
    fields = {"email": person.email, "password": person.body, "body": person.body}
    town.answers.append((person, stranger.post("/login", data=fields)))
    town.answers.append((person, stranger.post("/s/news/comments", json=fields)))


def break_down(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors whose messages quote everything: in a view, in the database, in the scorer."""
    person = town.newcomer("breaking the view")
    quoted = " ".join((person.name, person.email, person.body, person.address))

    def explode(*_words: object, **_known: object) -> None:
        raise RuntimeError(quoted)

    def explode_in_the_database(session: Any, *_words: object, **_known: object) -> None:
        session.execute(text("SELECT :quoted FROM nowhere"), {"quoted": quoted})

    for broken in (explode, explode_in_the_database):
        with monkeypatch.context() as patch:
            patch.setattr(SUBMISSIONS, "submit", broken)
            assert town.send_as(person).status_code in (500, 503)
    town.send("breaking the scorer")
    with monkeypatch.context() as patch:
        patch.setattr(type(town.worker._scorer), "score", explode)
        town.score()
    assert "RuntimeError" in town.log.getvalue()


def report_and_drop(town: Town) -> None:
    """One reports a comment; one is asked whether to change a text, and drops it."""
    person = town.newcomer("reporting")
    client = town.app.test_client()
    client.environ_base["REMOTE_ADDR"] = person.address
    fields = {
        "article": ARTICLE,
        "comment": town.comment_of("answered").public_id,
        "reason": "spam",
        "csrf_token": Reader(client).token(),
    }
    answer = client.post("/s/news/reports", data=fields)
    assert answer.status_code == 202
    town.answers.append((person, answer))
    town.app.extensions["moderation"] = replace(town.services, preview=Preview(FixedScorer))
    with town.services.database.transaction() as session:
        site = session.scalars(select(Site)).one()
        site.policy = {**site.policy, "nudge": True}
    person = town.newcomer("dropping")
    assert town.send_as(person, body=f"{person.body} You idiot.").status_code == 409
    town.app.extensions["moderation"] = town.services


def change_and_delete(town: Town) -> None:
    """One changes the text of their comment, one deletes theirs."""
    person = town.newcomer("editing")
    town.send_as(person, body=f"{FORMER} {person.body}")
    town.send("deleting")
    town.score()
    for way, act, label, typed in (
        ("editing", "edit", SAVE, {"body": person.body}),
        ("deleting", "delete", DELETE, {}),
    ):
        client, path = town.app.test_client(), private_page(town, way)
        press_on(client, Page(client.get(f"{path}/{act}").text), label, **typed)
        fields = {"article": ARTICLE, "token": path.removeprefix("/c/")}
        assert client.post("/s/news/mine", data=fields).status_code == 200
    town.score()


def take_ones_data(town: Town) -> None:
    """One asks for the link to their data, and uses it; one asks who has never been here."""
    known, unknown = town.people["answering"], town.newcomer("unknown")
    client = town.app.test_client()
    for person in (known, unknown):
        town.answers.append((person, client.post("/s/news/data", data={"email": person.email})))
    town.mail()
    (mail,) = [each for each in town.post.mails if each["To"] == known.email]
    (link,) = re.findall(r"/p/\S+", mail.get_content())
    assert client.post(f"{link}/confirm").status_code == 303
    for way in ("json", "html"):
        answer = client.post(f"{link}/export", data={"format": way})
        assert known.email in answer.text
        town.answers.append((known, answer))
    page = Page(client.get(private_page(town, "answering")).text)
    page = press_on(client, page, "Save", links="y", replies="y", decisions="y")
    assert known.email not in page.text
    before = len(town.post.mails)
    town.mail()
    assert len(town.post.mails) == before + 1


def go_for_good(town: Town) -> None:
    """One is erased for good, and the time of those who were rejected is over."""
    person = town.people["erased"]
    with town.services.database.transaction() as session:
        site = session.scalars(select(Site)).one()
        commenter = find_commenter(session, site, person.email, vault=town.services.vault)
        assert commenter is not None
        wish = ask_for_erasure(
            session,
            commenter,
            ErasureScope.EVERYTHING,
            asked_by=Actor.COMMENTER,
            now=town.clock(),
            delay=town.clock() - town.clock(),
        )
    town.services.housekeeper.erase(wish.id)
    town.clock.forward(11 * DAY)
    town.services.housekeeper()
    with town.services.database.reading() as session:
        gone = session.scalars(select(Comment.status).where(Comment.emptied_at.is_not(None))).all()
    assert gone == [Status.DELETED] * 3  # erased, deleted, rejected; who appealed is not answered
