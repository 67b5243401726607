"""People who sign in: fills in the pages that they meet, as their browsers would."""

import datetime as dt

import pyotp
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.flow.team import second_factor
from moderation.flow.team.sessions import find_session, start_session
from moderation.models import Moderator
from moderation.services import Services
from tests.factories import PASSWORD
from tests.web.pages import Page

STEP = 30  # seconds of a time-based code


def sign_in(
    client: FlaskClient,
    email: str = "grace@example.com",
    password: str = PASSWORD,
    *,
    address: str = "192.0.2.1",
    **query: str,
) -> TestResponse:
    """Fill in the sign-in page and send it."""
    base = {"REMOTE_ADDR": address}
    token = Page(client.get("/login", environ_base=base).text).value("csrf_token")
    fields = {"email": email, "password": password, "csrf_token": token}
    return client.post("/login", data=fields, query_string=query, environ_base=base)


def send(
    client: FlaskClient, path: str, *, on: str | None = None, **fields: object
) -> TestResponse:
    """Send a form to `path`, with the token of the page `on` (the same path where not given)."""
    page = client.get(on or path)
    token = Page(page.text).value("csrf_token")
    return client.post(path, data={**fields, "csrf_token": token})


def said(answer: TestResponse, role: str = "alert") -> str:
    """What the page tells at once."""
    return Page(answer.text).one("p", role=role).text


def code_of(secret: str, moment: dt.datetime) -> str:
    """What an authenticator app shows then."""
    return pyotp.TOTP(secret).at(moment)


def give_second_factor(services: Services, moderator: Moderator) -> tuple[str, list[str]]:
    """Set one up behind the scenes; answers its secret and its recovery codes."""
    now, vault = services.clock(), services.vault
    offered = second_factor.offer_secret(moderator, vault)
    with services.database.transaction() as session:
        token = start_session(
            session, moderator.id, now=now, lifetime=dt.timedelta(hours=1), offered=offered
        )
        found = find_session(session, token, now=now, idle=dt.timedelta(hours=1))
        assert found is not None
        secret = second_factor.offered_secret(found, vault) or ""
        codes = second_factor.set_up(session, found, code_of(secret, now), vault=vault, now=now)
        session.delete(found)
    return secret, codes
