"""Presses the buttons of a page as a browser without JavaScript would."""

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.pages import Element, Page


def find_button(page: Page, label: str) -> Element:
    """The only button that says so."""
    (found,) = [each for each in page.all("button") if " ".join(each.text.split()) == label]
    return found


def press(client: FlaskClient, page: Page, label: str, **typed: object) -> TestResponse:
    """Press it: with all that its form holds, and what was typed or ticked in it."""
    button = find_button(page, label)
    form = next(each for each in reversed(button.inside) if each.tag == "form")
    fields: dict[str, object] = {
        each.attrs["name"]: each.attrs.get("value", "")
        for each in page.elements
        if form in each.inside
        and each.tag in ("input", "textarea")
        and each.attrs.get("name")
        and (each.attrs.get("type") != "checkbox" or "checked" in each.attrs)
    }
    if name := button.attrs.get("name"):
        fields[name] = button.attrs.get("value", "")
    action = button.attrs.get("formaction") or form.attrs["action"]
    return client.post(action, data={**fields, **typed})


def press_on(client: FlaskClient, page: Page, label: str, **typed: object) -> Page:
    """Press it, and read the page that it leads to."""
    answer = press(client, page, label, **typed)
    assert answer.status_code == 303, answer.text
    shown = client.get(answer.headers["Location"])
    assert shown.status_code == 200, shown.text
    return Page(shown.text)
