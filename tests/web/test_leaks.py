"""The leak crawl: people with unmistakable names, emails and addresses go every way there is, and
then everything that a stranger can fetch, and all that is written down, is searched for them.
"""

import hashlib
import importlib
import io
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.models import Comment, Moderator
from moderation.services import Services
from moderation.web.gate import PUBLIC
from moderation.worker import Worker
from tests.databases import REDIS, empty_redis
from tests.doubles import Clock
from tests.factories import ARTICLE, make_site
from tests.mail_server import MailServer, mail_server, settings_for
from tests.web.pages import JSON
from tests.web.town import (
    APPEAL,
    FORMER,
    NOTE,
    PHONE,
    Town,
    break_down,
    change_and_delete,
    go_for_good,
    publish_hold_and_reject,
    refuse,
    report_and_drop,
    take_ones_data,
)

TOKEN = {"Authorization": "Bearer " + "t" * 20}
THREAD = importlib.import_module("moderation.web.readers.thread")


@pytest.fixture
def post() -> Iterator[MailServer]:
    """Takes the mails."""
    with mail_server() as server:
        yield server


@pytest.fixture
def overrides(post: MailServer) -> dict[str, Any]:
    return {
        **settings_for(post),
        "LOG_LEVEL": "DEBUG",
        "SCORER": "worker",
        "BROKER_URL": REDIS,
        "RATE_STORAGE": REDIS,
        "METRICS_TOKEN": "t" * 20,
    }


@pytest.fixture
def broker() -> Iterator[Any]:
    """A database of the tests' Redis, empty."""
    with empty_redis() as client:
        yield client


@pytest.fixture
def town(
    broker: Any, app: Flask, services: Services, worker: Worker, clock: Clock, post: MailServer
) -> Iterator[Town]:
    log = io.StringIO()
    handler = next(h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler)
    before = handler.setStream(log)
    with services.database.transaction() as session:
        make_site(session, keep_rejected_days=10, banned_words=["zqbanned"], confirm_addresses=True)
    yield Town(app, services, worker, clock, log, post)
    handler.setStream(before)
    app.extensions["celery"].close()


@pytest.fixture
def lived_in(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    """The town after everybody went their way."""
    publish_hold_and_reject(town)
    refuse(town)
    break_down(town, monkeypatch)
    report_and_drop(town)
    change_and_delete(town)
    take_ones_data(town)
    go_for_good(town)
    assert len(town.people) >= 15
    return town


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
        "moderators.invitation": [f"/invitation/{public_id}" for public_id in ids],
        "moderators.mail_decision": [f"/decision/{public_id}" for public_id in ids],
        "readers.thread": [
            f"/s/news/comments?{query}",
            *(f"/s/news/comments?{query}&parent={public_id}" for public_id in ids),
            *(f"/s/news/comments?{query}&after={public_id}" for public_id in ids),
            *(f"/s/news/comments?{query}&comment={public_id}" for public_id in ids),
            f"/s/news/comments?{query}&sort=newest",
        ],
        "readers.thread_json": [
            f"/s/news/comments.json?{query}",
            *(f"/s/news/comments.json?{query}&after={public_id}" for public_id in ids),
        ],
        "readers.thread_html": [
            f"/s/news/comments.html?{query}",
            *(f"/s/news/comments.html?{query}&comment={public_id}" for public_id in ids),
        ],
        "readers.new_comments": [
            f"/s/news/new.json?{query}",
            *(f"/s/news/new.json?{query}&after={public_id}" for public_id in ids),
        ],
        "readers.feed": [f"/s/news/feed.atom?{query}", "/s/news/feed.atom"],
        "readers.form_token": [f"/s/news/form-token?{query}"],
        "readers.theme": ["/s/news/theme.css"],
        "readers.counts": [f"/s/news/counts.json?{query}"],
        "readers.report_form": [f"/s/news/report?{query}&comment={each}" for each in ids],
        "readers.notice": ["/s/news/privacy"],
        "readers.own_data": ["/s/news/data"],
        "readers.edit_form": [f"/c/{public_id}/edit" for public_id in ids],
        "readers.delete_form": [f"/c/{public_id}/delete" for public_id in ids],
        "readers.appeal_form": [f"/c/{public_id}/appeal" for public_id in ids],
        "readers.unsubscribe": [f"/u/{public_id}" for public_id in ids],
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
    stored = in_redis(broker)  # before the walk: what limits count is gone after a minute
    public, written = walk(lived_in), {"log": lived_in.log.getvalue().encode()}
    assert any("celery" in key for key in stored) and any("LIMIT" in key for key in stored)
    assert written["log"].count(b"\n") > 50
    hidden = {PHONE.encode(), NOTE.encode(), APPEAL.encode(), FORMER.encode()}
    assert find(hidden, {**public, **written, **stored}) == []
    visible = {"approved", "answered", "answering", "masked", "twice", "breaking the scorer"}
    visible |= {"editing"}
    for way, person in lived_in.people.items():
        assert find(person.private(), {**public, **written, **stored}) == [], way
        assert find(person.typed(), {**written, **stored}) == [], way
        if way not in visible:
            assert find(person.typed(), public) == [], way


def test_who_was_approved_is_found(lived_in: Town) -> None:
    """So that the search cannot be one that never finds anything."""
    public = walk(lived_in)
    for way in ("approved", "answered", "answering", "masked", "editing"):
        found = find(lived_in.people[way].typed(), public)
        assert any("comments.json" in place for place in found), way
        assert any("/s/news/comments?" in place for place in found), way
        assert any("comments.html" in place for place in found), way
        assert any("feed.atom" in place for place in found), way


def test_a_mail_tells_nothing_but_the_address_it_goes_to(lived_in: Town) -> None:
    mails = {
        person: [each for each in lived_in.post.mails if each["To"] == person.email]
        for person in lived_in.people.values()
    }
    assert lived_in.people["unknown"].email not in lived_in.post.recipients
    assert len(lived_in.post.recipients) == sum(map(len, mails.values())) > 10
    for receiver, received in mails.items():
        for mail in received:
            del mail["To"]
            content = {"mail": mail.as_bytes() + mail.get_content().encode()}
            for person in lived_in.people.values():
                assert find(person.private() | person.typed(), content) == [], receiver


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
    queues = [f"/queue?queue={status}" for status in ("held", "approved", "rejected")]
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
