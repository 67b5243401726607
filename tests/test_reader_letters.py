"""Mails to commenters over a real SMTP server: from the tick on a private page to the last line."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation import letters
from moderation.flow.own.facts import Letter
from moderation.flow.review import decide_by_hand
from moderation.models import Comment, Mail, Moderator, Site
from moderation.sender import Sender
from moderation.services import Services
from moderation.statuses import Change, Mailing, MailKind, Reason, Role, Status
from tests.doubles import NOON, Clock
from tests.factories import make_site
from tests.mail_server import MailServer, mail_server, settings_for
from tests.web.pages import Page, Reader, hold_all
from tests.web.pressing import press, press_on

EMAIL = "ada@reader.example"
CANARIES = ("Zqname", "zqtext", "zqtitle", "zquery", "zqexplained")
UNDO = 300


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def overrides(server: MailServer) -> dict[str, Any]:
    return settings_for(server)


@pytest.fixture
def site(services: Services) -> Site:
    with services.database.transaction() as session:
        site = make_site(session)
        site.name = "Cats & Dogs\r\nBcc: x@evil.example"
        return site


@pytest.fixture
def grace(services: Services, site: Site) -> Moderator:
    with services.database.transaction() as session:
        made = Moderator(
            name="grace", email_hash=b"g", password_hash="", role=Role.MODERATOR, created_at=NOON
        )
        session.add(made)
        session.flush()
        return made


@pytest.fixture
def page(services: Services, client: FlaskClient, site: Site) -> str:
    """The private page of Ada's comment, which waits for a person."""
    reader = Reader(client, article="https://news.example.com/trees?zquery=1")
    sent = reader.send_json(name="Zqname", email=EMAIL, body="zqtext", title="zqtitle")
    hold_all(services.database)
    link: str = sent.get_json()["manage_url"]
    return link.removeprefix("https://talk.example")


def wish(client: FlaskClient, page: str, *wanted: str) -> Page:
    """Tick these on the private page."""
    return press_on(client, Page(client.get(page).text), "Save", **dict.fromkeys(wanted, "y"))


def send(services: Services, clock: Clock, seconds: float = 0) -> None:
    clock.forward(seconds)
    (sender,) = [each for each in services.backgrounds if isinstance(each, Sender)]
    while sender():
        pass


def prove(services: Services, client: FlaskClient, server: MailServer, clock: Clock) -> str:
    """Open the mailed link and press its button; answers where it leads."""
    send(services, clock)
    (path,) = re.findall(r"https://talk\.example(/p/\S+)", server.mails[-1].get_content())
    press_on(client, Page(client.get(path).text), "Yes, this address is mine")
    return str(path)


def decide(services: Services, grace: Moderator, change: Change, **more: Any) -> None:
    with services.database.transaction() as session:
        comment = session.scalars(select(Comment).order_by(Comment.id)).first()
        assert comment is not None
        decide_by_hand(
            session,
            comment.id,
            change,
            version_seen=comment.version,
            moderator=grace,
            now=services.clock(),
            **more,
        )


def told(mail: EmailMessage) -> str:
    """The whole of it, with its text as people read it."""
    return f"{mail.as_string()} {mail.get_content()}"


def test_from_a_tick_to_a_mail_about_the_decision(
    services: Services,
    client: FlaskClient,
    server: MailServer,
    clock: Clock,
    page: str,
    grace: Moderator,
) -> None:
    shown = wish(client, page, "decisions", "links")
    assert {box.attrs["name"] for box in shown.all("input", type="checkbox", checked="")} == {
        "decisions",
        "links",
    }
    prove(services, client, server, clock)
    send(services, clock)
    decide(services, grace, Change.REJECTED, reason=Reason.INSULT, words="zqexplained")
    send(services, clock, UNDO - 1)
    assert len(server.mails) == 2
    send(services, clock, 1)

    proof, link, decision = server.mails
    assert server.recipients == [EMAIL] * 3
    assert link.get_content().count(f"https://talk.example{page}") == 1
    assert "news.example.com/trees" in link.get_content()
    assert decision["Subject"].endswith("was not published")
    assert "It insults somebody." in decision.get_content()
    for mail in (proof, link, decision):
        assert not [word for word in CANARIES if word in told(mail)]
        assert "Bcc" not in mail and "\n" not in mail["Subject"]
        assert mail["Auto-Submitted"] == "auto-generated"


def test_one_click_ends_what_the_mail_is_about(
    services: Services,
    client: FlaskClient,
    server: MailServer,
    clock: Clock,
    page: str,
    grace: Moderator,
) -> None:
    wish(client, page, "decisions", "links")
    prove(services, client, server, clock)
    send(services, clock)
    raw = server.raw[-1].decode()
    (address,) = re.findall(r"^List-Unsubscribe: <(https://talk\.example/u/\S+)>\r$", raw, re.M)
    assert re.search(r"^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$", raw, re.M)
    assert address in server.mails[-1].get_content(), "people find it, too"
    assert "List-Unsubscribe" not in server.mails[0], "a mail that asks for proof comes once"

    path = address.removeprefix("https://talk.example")
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    token = Page(client.get(page).text).value("csrf_token")
    client.post(f"{page}/wishes", data={"csrf_token": token})
    wish(client, page, "links", "decisions")
    decide(services, grace, Change.APPROVED)
    send(services, clock, UNDO)
    assert [mail["Subject"] for mail in server.mails[2:]] == [
        "Your comment on Cats & Dogs Bcc: x@evil.example is published"
    ]


@pytest.mark.parametrize(
    "url, has_headers", [("http://127.0.0.1:8000", False), ("https://x", True)]
)
def test_one_click_is_offered_over_https_only(url: str, has_headers: bool) -> None:
    mail = letters.reader_letter(
        letters.Envelope(sender="c@news.example", to=EMAIL, message_id="<1@x>", date=NOON),
        MailKind.REPLIES,
        letter=Letter(
            mailing=Mailing.REPLIES,
            place="news.example.com/trees",
            public_id="abc",
            link_version=1,
            status=Status.APPROVED,
        ),
        site="News",
        link=f"{url}/c/abc",
        unsubscribe=f"{url}/u/{'a' * 200}",
        language="en",
    )
    assert ("List-Unsubscribe" in mail, "List-Unsubscribe-Post" in mail) == (has_headers,) * 2
    assert f"{url}/u/" in mail.get_content()


def test_nothing_tells_a_stranger_whether_the_address_is_proven(
    services: Services, client: FlaskClient, server: MailServer, clock: Clock, page: str
) -> None:
    """Who typed it has a private page; what the owner of the address said does not show there."""
    wish(client, page, "replies")
    before = client.get(page).text
    proven = prove(services, client, server, clock)
    shown = Page(client.get(proven).text)
    press_on(client, shown, "Save", decisions="all", replies="none", links="asked")
    without_tokens = [
        re.sub(r'value="[^"]+"', "", text) for text in (before, client.get(page).text)
    ]
    assert without_tokens[0] == without_tokens[1]


def test_a_form_is_for_the_wishes_that_it_shows(
    client: FlaskClient, services: Services, page: str
) -> None:
    old = Page(client.get(page).text)
    wish(client, page, "replies")
    again = press(client, old, "Save", links="y")
    assert again.status_code == 400 and "Please choose again" in again.text
    assert press(client, old, "Save", replies="y").status_code == 303, "so it is already"
    forged = client.post(f"{page}/wishes", data={"links": "y", "csrf_token": "x"})
    assert forged.status_code == 400


def test_what_is_saved_is_said_and_has_the_focus(
    services: Services, client: FlaskClient, server: MailServer, clock: Clock, page: str
) -> None:
    def told(shown: Page) -> list[str]:
        return [each.text for each in shown.all("p", role="status", autofocus="")]

    assert told(Page(client.get(page).text)) == []
    assert told(wish(client, page, "replies")) == ["Saved."]
    proven = Page(client.get(prove(services, client, server, clock)).text)
    assert told(proven) == []
    saved = press_on(client, proven, "Save", decisions="all", replies="none", links="asked")
    assert told(saved) == ["Saved."]


def test_answers_to_a_rejected_comment_are_not_offered_and_the_wish_is_kept(
    services: Services, client: FlaskClient, page: str, grace: Moderator
) -> None:
    def ticked(shown: Page) -> list[str]:
        boxes = shown.all("input", type="checkbox")
        return [box.attrs["name"] for box in boxes if "checked" in box.attrs]

    wish(client, page, "replies", "decisions")
    decide(services, grace, Change.REJECTED, reason=Reason.INSULT)
    shown = wish(client, page, "links")
    assert "when somebody answers" not in shown.text
    assert set(ticked(shown)) == {"decisions", "links"}
    decide(services, grace, Change.APPROVED)
    assert set(ticked(Page(client.get(page).text))) == {"replies", "decisions", "links"}


@pytest.mark.parametrize("overrides", [{}])
def test_where_no_mail_is_set_up_nothing_can_be_wished(
    client: FlaskClient, services: Services, site: Site
) -> None:
    sent = Reader(client).send_json(email=EMAIL).get_json()["manage_url"]
    path = sent.removeprefix(services.settings.public_url)
    assert "Mails about it" not in client.get(path).text
    assert client.post(f"{path}/wishes", data={"links": "y"}).status_code == 404
    with services.database.reading() as session:
        assert session.scalars(select(Mail)).all() == []


def test_the_page_of_the_address_lists_all_its_comments(
    services: Services, client: FlaskClient, server: MailServer, clock: Clock, page: str
) -> None:
    for number in range(25):
        Reader(client).send(name="Ada", email=EMAIL, body=f"Tree number {number}.")
    Reader(client).send(name="Bob", email="bob@reader.example", body="Not hers.")
    wish(client, page, "replies")
    path = prove(services, client, server, clock)
    shown = Page(client.get(path).text)
    assert len([a for a in shown.all("a") if a.attrs["href"].startswith("/c/")]) == 20
    (more,) = [a for a in shown.all("a") if a.text == "Earlier comments"]
    rest = Page(client.get(more.attrs["href"]).text)
    assert page in {a.attrs["href"] for a in rest.all("a")}
    assert "Not hers." not in shown.text + rest.text


def test_mails_speak_the_language_of_the_site(
    services: Services,
    client: FlaskClient,
    server: MailServer,
    clock: Clock,
    site: Site,
    page: str,
) -> None:
    with services.database.transaction() as session:
        found = session.get_one(Site, site.id)
        found.policy = {**found.policy, "language": "de"}
    wish(client, f"{page}?lang=en", "replies")
    send(services, clock)
    (mail,) = server.mails
    assert mail["Subject"].startswith("Ist das Ihre Adresse?")
    assert "6. Mai 2026, 12:00 UTC" in mail.get_content()
