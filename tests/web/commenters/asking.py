"""Ada, whom moderators look for, and what they send to find her and to read her email."""

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.db import Database
from moderation.models import CommenterEmail, Event, Moderator
from moderation.services import Services
from moderation.statuses import Change, Role
from tests.factories import make_moderator, make_site
from tests.web.pages import Page

SignInAs = Callable[[Moderator], FlaskClient]
ADA = "ada.lovelace@canary.example"
MASKED = "a•••@c•••.example"


def desk_of(services: Services, sign_in_as: SignInAs, key: str, role: Role) -> FlaskClient:
    """The browser of somebody of one new site."""
    with services.database.transaction() as session:
        site = make_site(session, key)
        who = make_moderator(
            session, services.vault, email=f"{key}@example.com", role=role, site=site
        )
    return sign_in_as(who)


def token_of(desk: FlaskClient) -> str:
    """The token of their forms."""
    return Page(desk.get("/log").text).value("csrf_token")


def search(desk: FlaskClient, email: str = ADA) -> TestResponse:
    """Look for this email."""
    return desk.post("/commenters", data={"csrf_token": token_of(desk), "email": email})


def reveal(desk: FlaskClient, path: str, reason: str = "legal") -> TestResponse:
    """Ask for the full email on this commenter's page."""
    fields = {"csrf_token": token_of(desk), "reason": reason}
    return desk.post(f"{path}/reveal", data=fields)


def reveals(database: Database) -> list[Event]:
    """What the log says of reveals."""
    with database.reading() as session:
        return list(session.scalars(select(Event).where(Event.change == Change.EMAIL_REVEALED)))


def lose_the_key(database: Database) -> None:
    """No key opens the emails any more."""
    with database.transaction() as session:
        for row in session.scalars(select(CommenterEmail)):
            row.ciphertext = b"lost" + bytes(40)


def purge(database: Database) -> None:
    """No email is kept any more."""
    with database.transaction() as session:
        for row in session.scalars(select(CommenterEmail)):
            row.ciphertext = None
