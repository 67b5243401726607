"""Decisions as a moderator's browser sends them."""

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.models import Comment
from tests.web.pages import Page


def decide(desk: FlaskClient, comment: Comment, **fields: str) -> TestResponse:
    """Send a decision with the token of the queue's page."""
    token = Page(desk.get("/queue").text).value("csrf_token")
    return desk.post(
        f"/queue/{comment.public_id}/decisions",
        data={"csrf_token": token, "version": str(comment.version), **fields},
    )


def press(desk: FlaskClient, html: str, button: str, **chosen: str) -> TestResponse:
    """Press a button of a page as a browser would: with all fields of its form, and no others."""
    page = Page(html)
    found = next(b for b in page.all("button", name="action", value=button))
    form = found.inside[[e.tag for e in found.inside].index("form")]
    fields = {
        e.attrs["name"]: e.attrs.get("value", "")
        for e in page.elements
        if form in e.inside and e.tag in ("input", "select") and e.attrs.get("name")
    }
    return desk.post(form.attrs["action"], data={**fields, **chosen, "action": button})
