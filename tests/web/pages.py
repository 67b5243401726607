"""Reads pages as a browser would, and fills in their forms, without one."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.db import Database
from moderation.flow.jobs import hold_late
from tests.doubles import NOON
from tests.factories import ARTICLE

VOID = {"br", "hr", "img", "input", "link", "meta"}
JSON = {"Accept": "application/json"}


@dataclass
class Element:
    """One element of a page; `text` is all the text inside it."""

    tag: str
    attrs: Mapping[str, str]
    inside: tuple["Element", ...]
    text: str = ""

    def is_in(self, tag: str, **attrs: str) -> bool:
        """Whether some element around this one is such a one."""
        return any(outer.matches(tag, attrs) for outer in self.inside)

    def matches(self, tag: str, attrs: Mapping[str, str]) -> bool:
        """Whether this is such an element; a class need only be among the element's classes."""
        return self.tag == tag and all(
            value in self.attrs.get(name, "").split()
            if name == "class"
            else self.attrs.get(name) == value
            for name, value in attrs.items()
        )


@dataclass
class Page(HTMLParser):
    """A parsed page."""

    html: str
    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[Element] = []
        self.feed(self.html)
        self.close()

    def all(self, tag: str, **attrs: str) -> list[Element]:
        """Every such element, in order."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attrs.items()}
        return [element for element in self.elements if element.matches(tag, wanted)]

    def one(self, tag: str, **attrs: str) -> Element:
        """The only such element."""
        found = self.all(tag, **attrs)
        assert len(found) == 1, f"{len(found)} of <{tag} {attrs}> in {self.html}"
        return found[0]

    def value(self, name: str) -> str:
        """What stands in the first field of this name."""
        for element in self.elements:
            if element.attrs.get("name") == name and element.tag in ("input", "textarea"):
                is_area = element.tag == "textarea"
                # As browsers do, the line break right after <textarea> is dropped.
                return (
                    element.text.removeprefix("\r").removeprefix("\n")
                    if is_area
                    else (element.attrs.get("value", ""))
                )
        raise AssertionError(f"no field {name} in {self.html}")

    @property
    def text(self) -> str:
        """All its text, white space folded."""
        return " ".join(self.one("body").text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {k: v or "" for k, v in attrs}, tuple(self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data


@dataclass
class Reader:
    """Somebody under one article, who fills in the form of the page."""

    client: FlaskClient
    site: str = "news"
    article: str = ARTICLE

    @property
    def path(self) -> str:
        """Where the thread stands."""
        return f"/s/{self.site}/comments"

    def read(self, **query: str) -> TestResponse:
        """The page with the thread and the form."""
        return self.client.get(self.path, query_string={"article": self.article, **query})

    def page(self, **query: str) -> Page:
        """The page, parsed."""
        answer = self.read(**query)
        assert answer.status_code == 200, answer.text
        return Page(answer.text)

    def token(self) -> str:
        """A form token from the page."""
        return self.page().value("csrf_token")

    def fields(self, **changes: str | None) -> dict[str, str]:
        """A form filled in well, but for the changes; None leaves a field out."""
        fields: dict[str, str | None] = {
            "article": self.article,
            "title": "Trees",
            "parent": "",
            "name": "Ada",
            "email": "ada@example.com",
            "body": "What a lovely tree.",
            "website": "",
            **changes,
        }
        if "csrf_token" not in fields:
            fields["csrf_token"] = self.token()
        return {name: value for name, value in fields.items() if value is not None}

    def send(self, **changes: str | None) -> TestResponse:
        """Send the form as a browser does."""
        return self.client.post(self.path, data=self.fields(**changes))

    def send_json(self, **changes: str | None) -> TestResponse:
        """Send the form as a script does."""
        return self.client.post(self.path, data=self.fields(**changes), headers=JSON)


def hold_all(database: Database) -> int:
    """Have everything that is undecided held; answers how many comments."""
    with database.transaction() as session:
        return hold_late(
            session, now=NOON, deadline=dt.timedelta(days=-1), repeat_window=dt.timedelta(days=1)
        )


def errors_of(answer: TestResponse) -> dict[str, Any]:
    """The errors by field of a JSON answer."""
    found: dict[str, Any] = answer.get_json()["errors"]
    return found
