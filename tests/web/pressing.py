"""Presses the buttons of a page as a browser without JavaScript would."""

import html

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


def form_at(page: Page, path: str) -> dict[str, str]:
    """What the form that leads there would send as it is, but for its button."""
    form = next(each for each in page.all("form") if each.attrs.get("action") == path)
    found = {
        each.attrs["name"]: _value(each)
        for each in page.elements
        if form in each.inside and "name" in each.attrs and _is_sent(each)
    }
    for option in page.all("option", selected=""):
        if form in option.inside:
            found[_select_of(option).attrs["name"]] = option.attrs["value"]
    return found


def _is_sent(element: Element) -> bool:
    kind = element.attrs.get("type")
    is_ticked = kind not in ("checkbox", "radio") or "checked" in element.attrs
    return element.tag in ("input", "textarea") and is_ticked


def _value(element: Element) -> str:
    if element.tag == "textarea":
        return html.unescape(element.text).lstrip("\r\n")
    return element.attrs.get("value", "")


def _select_of(option: Element) -> Element:
    return next(each for each in reversed(option.inside) if each.tag == "select")
