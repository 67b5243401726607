"""The leak crawl: people with unmistakable names, emails and addresses go every way there is, and
then everything that a stranger can fetch, and all that is written down, is searched for them.
"""

import hashlib
import importlib
import io
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from moderation.flow.commenters import find_commenter
from moderation.flow.personal.erasure import ask_for_erasure
from moderation.flow.review import decide_by_hand
from moderation.models import Comment, Moderator, Site
from moderation.services import Services
from moderation.statuses import Actor, Change, ErasureScope, Reason, Role, Status
from moderation.web.gate import PUBLIC
from moderation.worker import Worker
from tests.databases import empty_redis
from tests.doubles import Clock
from tests.factories import ARTICLE, make_moderator, make_site
from tests.privacy.traces import traces
from tests.web.pages import JSON, Reader

REDIS = "redis://127.0.0.1:6379/14"
TOKEN = {"Authorization": "Bearer " + "t" * 20}
DAY = 86_400
# By name: the package has the blueprint's views under the names of its modules.
SUBMISSIONS = importlib.import_module("moderation.web.readers.submissions")
THREAD = importlib.import_module("moderation.web.readers.thread")


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

    def comment_of(self, way: str) -> Comment:
        """The comment of who went this way."""
        with self.services.database.reading() as session:
            query = select(Comment).where(Comment.name == self.people[way].name)
            return session.scalars(query).one()


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {
        "LOG_LEVEL": "DEBUG",
        "SCORER": "worker",
        "BROKER_URL": REDIS,
        "RATE_STORAGE": REDIS,
        "METRICS_TOKEN": "t" * 20,
    }


@pytest.fixture
def broker() -> Iterator[Any]:
    """A database of the tests' Redis, empty."""
    with empty_redis(REDIS) as client:
        yield client


@pytest.fixture
def town(
    broker: Any, app: Flask, services: Services, worker: Worker, clock: Clock
) -> Iterator[Town]:
    log = io.StringIO()
    handler = next(h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler)
    before = handler.setStream(log)
    with services.database.transaction() as session:
        make_site(session, keep_rejected_days=10, banned_words=["zqbanned"])
    yield Town(app, services, worker, clock, log)
    handler.setStream(before)
    app.extensions["celery"].close()


@pytest.fixture
def lived_in(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    """The town after everybody went their way."""
    publish_hold_and_reject(town)
    refuse(town)
    break_down(town, monkeypatch)
    go_for_good(town)
    assert len(town.people) >= 15
    return town


def publish_hold_and_reject(town: Town) -> None:
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
    town.send("undecided")


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


def go_for_good(town: Town) -> None:
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
    assert gone == [Status.DELETED] * 3  # the erased one, and those who were rejected


def pages(town: Town) -> dict[str, list[str]]:
    """Every address of every public endpoint that can be fetched."""
    with town.services.database.reading() as session:
        comments = session.scalars(select(Comment)).all()
    article = {"article": ARTICLE}
    query = "&".join(f"{name}={value}" for name, value in article.items())
    ids = [comment.public_id for comment in comments]
    return {
        "static": ["/static/base.css", "/static/frame.js", "/static/icon.svg"],
        "embed.script": ["/embed.js"],
        "embed.demo": ["/demo"],
        "machines.healthz": ["/healthz"],
        "machines.readyz": ["/readyz"],
        "machines.metrics": ["/metrics"],
        "moderators.sign_in": ["/login"],
        "readers.thread": [
            f"/s/news/comments?{query}",
            *(f"/s/news/comments?{query}&parent={public_id}" for public_id in ids),
            *(f"/s/news/comments?{query}&after={public_id}" for public_id in ids),
        ],
        "readers.thread_json": [f"/s/news/comments.json?{query}"],
        "readers.form_token": [f"/s/news/form-token?{query}"],
        "readers.counts": [f"/s/news/counts.json?{query}"],
        "readers.notice": ["/s/news/privacy"],
        "readers.own_data": ["/s/news/data"],
        "readers.proof_page": [f"/p/{public_id}" for public_id in ids],
        "readers.private_page": [f"/c/{public_id}" for public_id in ids],
    }


def walk(town: Town) -> dict[str, bytes]:
    """All that a stranger gets, with headers, by address; fails where an endpoint is left out."""
    gettable = {
        rule.endpoint
        for rule in town.app.url_map.iter_rules()
        if rule.endpoint in PUBLIC and "GET" in (rule.methods or ())
    }
    known = pages(town)
    assert gettable - known.keys() == set(), "a public endpoint that this crawl does not visit"
    stranger = town.app.test_client()
    found = {}
    for path in [path for paths in known.values() for path in paths]:
        for headers in ({}, TOKEN, JSON):
            with stranger.get(path, headers=headers) as answer:
                found[f"{path} {headers}"] = str(answer.headers).encode() + answer.data
    assert len(found) > 60
    return found


def find(needles: set[bytes], where: dict[str, bytes]) -> list[str]:
    """The places in which one of these stands."""
    return [place for place, content in where.items() if any(n in content.lower() for n in needles)]


def in_redis(broker: Any) -> dict[str, bytes]:
    """All keys and values."""
    found = {}
    for key in broker.scan_iter():
        kind = broker.type(key)
        value = broker.lrange(key, 0, -1) if kind == b"list" else [broker.dump(key)]
        found[str(key)] = key + b"".join(value)
    return found


def test_nobody_is_found_where_they_may_not_be(lived_in: Town, broker: Any) -> None:
    public, written = walk(lived_in), {"log": lived_in.log.getvalue().encode()}
    stored = in_redis(broker)
    assert any("celery" in key for key in stored) and any("LIMIT" in key for key in stored)
    assert written["log"].count(b"\n") > 50
    visible = {"approved", "answered", "answering", "twice", "breaking the scorer"}
    for way, person in lived_in.people.items():
        assert find(person.private(), {**public, **written, **stored}) == [], way
        assert find(person.typed(), {**written, **stored}) == [], way
        if way not in visible:
            assert find(person.typed(), public) == [], way


def test_who_was_approved_is_found(lived_in: Town) -> None:
    """So that the search cannot be one that never finds anything."""
    public = walk(lived_in)
    for way in ("approved", "answered", "answering"):
        found = find(lived_in.people[way].typed(), public)
        assert any("comments.json" in place for place in found), way
        assert any("/s/news/comments?" in place for place in found), way


def test_only_the_answer_to_who_typed_it_repeats_an_email(lived_in: Town) -> None:
    for person, answer in lived_in.answers:
        content = answer.data.lower()
        repeated = set(re.findall(rb"zqmail\d+x", content))
        assert repeated <= {f"zqmail{person.number}x".encode()}
        if repeated:
            assert answer.headers["Cache-Control"] == "no-store"


def test_moderators_see_masked_emails_only(
    lived_in: Town, sign_in_as: Callable[[Moderator], FlaskClient]
) -> None:
    with lived_in.services.database.reading() as session:
        desk = sign_in_as(session.scalars(select(Moderator)).one())
        ids = session.scalars(select(Comment.public_id)).all()
    queues = [f"/queue?status={status}" for status in ("held", "approved", "rejected")]
    paths = [*queues, *(f"/queue/{public_id}" for public_id in ids), "/log", "/privacy"]
    seen = {path: desk.get(path).data for path in paths}
    commenters = {
        link for page in seen.values() for link in re.findall(rb"/commenters/[\w-]+", page)
    }
    assert len(commenters) > 5
    seen |= {path.decode(): desk.get(path.decode()).data for path in commenters}
    for way, person in lived_in.people.items():
        assert find(person.private(), seen) == [], way
    assert find({b"z\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2@"}, seen)
    for way in ("erased", "purged"):
        assert find(lived_in.people[way].typed(), seen) == [], way


@pytest.mark.parametrize("place", ["page", "hash", "log"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_planted_leak_is_found(
    lived_in: Town, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    person = lived_in.people["approved"]
    if place == "log":
        logging.getLogger("some.package").debug("stored %s", person.email)
        assert find(person.private(), {"log": lived_in.log.getvalue().encode()}) == ["log"]
        return
    plain = person.email.lower()
    leak = plain if place == "page" else hashlib.md5(plain.encode()).hexdigest()
    monkeypatch.setattr(THREAD, "_as_json", lambda _entry: {"x": leak})
    assert find(person.private(), walk(lived_in))
