"""From a comment to a proven address: who is asked by mail, and the page behind the link."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.db import Database
from moderation.flow.commenters import find_or_create_commenter
from moderation.models import Comment, Commenter, Event, Mail, Site
from moderation.privacy.links import ProofLinks
from moderation.sender import Sender
from moderation.services import Services
from moderation.statuses import Change, MailKind
from tests.doubles import NOON, Clock
from tests.factories import make_site
from tests.mail_server import MailServer, mail_server, settings_for
from tests.web.pages import Element, Page, Reader

EMAIL = "ada@reader.example"
DAY = dt.timedelta(days=1)
Everything = Callable[[], dict[str, list[tuple[object, ...]]]]


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def overrides(server: MailServer) -> dict[str, Any]:
    return settings_for(server)


@pytest.fixture
def site(database: Database) -> Site:
    with database.transaction() as session:
        site = make_site(session, confirm_addresses=True)
        site.name = "Cats & <Dogs>"
        return site


@pytest.fixture
def ada(services: Services, site: Site) -> Commenter:
    with services.database.transaction() as session:
        found = find_or_create_commenter(session, site, EMAIL, vault=services.vault, now=NOON)
        assert found is not None
        return found


@pytest.fixture
def path(services: Services, ada: Commenter) -> str:
    """Where the link leads that Ada was mailed."""
    links = ProofLinks(services.settings.SECRET_KEY.get_secret_value())
    return f"/p/{links.issue(ada.public_id, ada.link_version, expires_at=NOON + 2 * DAY)}"


def written(database: Database) -> list[Mail]:
    with database.reading() as session:
        return list(session.scalars(select(Mail).order_by(Mail.id)))


def replace_policy(database: Database, site: Site, **policy: object) -> None:
    with database.transaction() as session:
        session.get_one(Site, site.id).policy = policy


def confirmations(database: Database) -> list[Event]:
    with database.reading() as session:
        return list(session.scalars(select(Event).where(Event.change == Change.ADDRESS_CONFIRMED)))


def send_mails(services: Services) -> None:
    (sender,) = [each for each in services.backgrounds if isinstance(each, Sender)]
    while sender():
        pass


# Who is asked


@pytest.mark.parametrize(
    "policy, asked",
    [
        ({}, 0),
        ({"confirm_addresses": True}, 1),
        ({"publishing": "first"}, 1),
        ({"publishing": "human"}, 0),
    ],
)
def test_a_comment_asks_for_proof_where_the_rules_want_it(
    database: Database, site: Site, reader: Reader, policy: dict[str, object], asked: int
) -> None:
    replace_policy(database, site, **policy)

    assert reader.send(email=EMAIL).status_code == 202

    found = written(database)
    assert len(found) == asked
    for mail in found:
        assert (mail.kind, mail.site_id, mail.run_after) == (MailKind.PROOF, site.id, NOON)
        assert mail.message_id.endswith("@talk.example>")


def test_each_mail_has_a_name_of_its_own(database: Database, reader: Reader) -> None:
    reader.send(email=EMAIL)
    reader.send(email="bob@reader.example", body="Another.")

    assert len({mail.message_id for mail in written(database)}) == 2


def test_a_form_sent_twice_asks_once(database: Database, reader: Reader) -> None:
    fields = reader.fields(email=EMAIL)
    for _ in range(2):
        assert reader.client.post(reader.path, data=fields).status_code == 202

    assert len(written(database)) == 1


@pytest.mark.parametrize("fields", [{"name": ""}, {"csrf_token": "x"}])
def test_what_is_not_stored_asks_nobody(
    database: Database, reader: Reader, fields: dict[str, str]
) -> None:
    assert reader.send(**fields).status_code == 400

    assert written(database) == []


def test_no_email_the_trap_or_a_proven_address_ask_nobody(
    database: Database, site: Site, reader: Reader, ada: Commenter
) -> None:
    replace_policy(database, site, confirm_addresses=True, email_required=False)
    with database.transaction() as session:
        session.get_one(Commenter, ada.id).confirmed_at = NOON

    answers = [
        reader.send(email="", body="One."),
        reader.send(email="bob@reader.example", body="Two.", website="x"),
        reader.send(email=EMAIL, body="Three."),
    ]

    assert [answer.status_code for answer in answers] == [202] * 3
    assert written(database) == []


@pytest.mark.parametrize("overrides", [{}])
def test_without_a_server_no_mail_is_written(database: Database, reader: Reader) -> None:
    assert reader.send(email=EMAIL).status_code == 202

    assert written(database) == []


def test_a_comment_that_is_not_stored_leaves_no_mail(
    database: Database, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = reader.fields(email=EMAIL)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("told to fail")

    monkeypatch.setattr("moderation.services.ask_for_proof", broken)
    reader.client.post(reader.path, data=fields)

    with database.reading() as session:
        assert session.scalars(select(Comment)).all() == []


def test_the_mail_holds_nothing_that_a_reader_typed(
    services: Services, reader: Reader, server: MailServer
) -> None:
    reader.send(email=EMAIL, name="Zacharias", body="Buy my pills.", title="Pills for all")
    send_mails(services)

    (mail,) = server.mails
    told = f"{mail.as_string()} {mail.get_content()}"
    for typed in ("Zacharias", "pills", "Pills", reader.article):
        assert typed not in told
    assert "Cats & <Dogs>" in mail.get_content()
    assert "Cats & <Dogs>" in mail["Subject"]


# The page


def test_from_a_comment_to_a_proven_address(
    services: Services,
    database: Database,
    client: FlaskClient,
    reader: Reader,
    server: MailServer,
) -> None:
    reader.send(email=EMAIL)
    send_mails(services)
    body = server.mails[0].get_content()
    (link,) = [word for word in body.split() if word.startswith("https://talk.example/p/")]

    page = Page(client.get(link.removeprefix("https://talk.example")).text)
    assert "Cats & <Dogs>" in page.text
    (form,) = confirming(page)
    (button,) = [b for b in page.all("button") if b.is_in("form", action=form.attrs["action"])]
    assert button.text == "Yes, this address is mine"
    done = client.post(form.attrs["action"])

    assert done.status_code == 303
    shown = client.get(done.headers["Location"])
    assert "This address is confirmed." in Page(shown.text).text
    assert confirming(Page(shown.text)) == []
    with database.reading() as session:
        assert session.scalars(select(Commenter.confirmed_at)).one() == NOON


def confirming(page: Page) -> list[Element]:
    """The form that proves the address, where there is one."""
    return [form for form in page.all("form") if form.attrs["action"].endswith("/confirm")]


def test_looking_changes_nothing_and_tells_nobody_where_it_is(
    client: FlaskClient, path: str, everything: Everything
) -> None:
    before = everything()

    answers = [client.get(path), client.head(path), client.get(f"{path}/confirm")]

    assert [answer.status_code for answer in answers] == [200, 200, 405]
    assert everything() == before
    assert_kept_private(answers[0])
    assert EMAIL not in answers[0].text


def assert_kept_private(answer: TestResponse) -> None:
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


def test_an_address_is_proven_once(
    client: FlaskClient, database: Database, path: str, ada: Commenter, clock: Clock
) -> None:
    first = client.post(f"{path}/confirm")
    clock.forward(60)
    again = client.post(f"{path}/confirm")

    assert (first.status_code, again.status_code) == (303, 303)
    assert_kept_private(first)
    (event,) = confirmations(database)
    assert event.data == {"commenter": ada.id}
    assert event.created_at == NOON
    with database.reading() as session:
        assert session.get_one(Commenter, ada.id).confirmed_at == NOON


@pytest.mark.parametrize("before", ["%00", "a%00b", "%ED%A0%80", "x" * 9999])
def test_a_place_in_the_list_that_is_none_begins_it_anew(
    client: FlaskClient, path: str, before: str
) -> None:
    assert client.get(f"{path}?before={before}").status_code == 200


@pytest.mark.parametrize("how", ["forged", "old", "revoked", "unknown", "nonsense"])
def test_links_that_do_not_work_answer_alike(
    services: Services, client: FlaskClient, path: str, ada: Commenter, clock: Clock, how: str
) -> None:
    if how == "old":
        clock.forward((2 * DAY).total_seconds())
    with services.database.transaction() as session:
        if how == "revoked":
            session.get_one(Commenter, ada.id).link_version += 1
        if how == "unknown":
            session.get_one(Commenter, ada.id).public_id = "somebody else"
    path = {"forged": f"{path}x", "nonsense": "/p/é"}.get(how, path)

    answers = [client.get(path), client.post(f"{path}/confirm")]

    for answer in answers:
        assert answer.status_code == 404
        assert "To get a new one by mail" in Page(answer.text).text
        assert_no_trace(answer)
    assert answers[0].text == answers[1].text == client.get("/p/x").text
    assert confirmations(services.database) == []


def assert_no_trace(answer: TestResponse) -> None:
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_a_proven_commenter_is_asked_no_more(
    client: FlaskClient, database: Database, reader: Reader, path: str
) -> None:
    client.post(f"{path}/confirm")

    reader.send(email=EMAIL)

    assert written(database) == []


def test_the_log_of_requests_holds_no_link(
    client: FlaskClient, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    client.get(path)
    client.post(f"{path}/confirm")

    told = " ".join(str(record.msg) for record in caplog.records)
    assert "/p/<token>/confirm" in told
    assert path.removeprefix("/p/") not in told


def test_the_notice_says_that_mail_is_sent(client: FlaskClient, site: Site) -> None:
    assert "We write to it to ask whether it is yours" in client.get("/s/news/privacy").text
