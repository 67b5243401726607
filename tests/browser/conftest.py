"""A real Chromium, a really started server, and pages of another host that embed it."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, expect, sync_playwright

from tests.browser import stage as theatre
from tests.browser.cast import fill
from tests.browser.chromium import CHROMIUM, FLAGS
from tests.browser.notes import fill_notes
from tests.browser.personal import fill_personal
from tests.browser.stage import MODERATOR, NEWS, OWNER, Host, Stage
from tests.browser.surges import fill_surges
from tests.browser.team import fill_team
from tests.browser.texts import fill_texts
from tests.browser.visits import sign_in
from tests.browser.webhooks import fill_webhooks

# Chromium's own word on the status of an answer, which the tests look at themselves.
STATUS_SAID = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
REPORT_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
  console.error("CSP: " + event.violatedDirective + " blocked " + event.blockedURI))"""

PATIENCE = 20_000  # milliseconds; only how long a broken page is waited for

OpenPage = Callable[..., Page]
expect.set_options(timeout=PATIENCE)


class Watched:
    """Collects what a page complains about."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def watch(self, page: Page) -> None:
        """Listen to the page's console, errors and failed sub-resources."""
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("response", self._answered)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not STATUS_SAID.match(message.text):
            self.problems.append(f"{message.type}: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.request.resource_type != "document":
            self.problems.append(f"{response.status}: {response.url}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        pytest.skip("no Chromium is installed (Debian, Ubuntu: apt install chromium)")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield found
        found.close()


@pytest.fixture
def complaints() -> Watched:
    """What the pages of this test complained about; empty it where that is what is tested."""
    return Watched()


@pytest.fixture
def open_page(browser: Browser, complaints: Watched) -> Iterator[OpenPage]:
    """Opens pages in contexts of their own; no page may complain in its console."""
    contexts = []

    def open_one(size: dict[str, int] = DESKTOP, **options: Any) -> Page:
        context = browser.new_context(viewport=size, **options)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        if options.get("java_script_enabled", True):
            context.add_init_script(REPORT_VIOLATIONS)
        page = context.new_page()
        complaints.watch(page)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints.problems == []


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A foreign website; its host names are news.test (allowed) and other.test (not)."""
    with theatre.host(tmp_path_factory.mktemp("host")) as found:
        yield found


@pytest.fixture(scope="session")
def article(host: Host) -> str:
    """The article of the foreign website under which the stage's comments stand."""
    return f"{host.origin(NEWS)}/trees.html"


@pytest.fixture(scope="session")
def stage(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, host: Host, article: str
) -> Iterator[Stage]:
    """A served installation full of comments, which no scorer touches any more."""
    built = theatre.build(tmp_path_factory.mktemp("stage"), sqlite_template, [host.origin(NEWS)])
    try:
        fill(built, article)
        fill_personal(built, article)
        fill_team(built)
        fill_webhooks(built)
        fill_surges(built)
        fill_texts(built)
        fill_notes(built, article)
        host.write("trees.html", theatre.snippet(built.url, built.site))
        built.installation.serve()
        yield built
    finally:
        built.close()


@pytest.fixture(scope="session")
def desk(browser: Browser, stage: Stage) -> Any:
    """The state of a browser in which a moderator is signed in: give it to `open_page`."""
    return _signed_in(browser, stage, MODERATOR)


@pytest.fixture(scope="session")
def office(browser: Browser, stage: Stage) -> Any:
    """The same for an owner."""
    return _signed_in(browser, stage, OWNER)


def _signed_in(browser: Browser, stage: Stage, email: str) -> Any:
    with browser.new_context() as context:
        page = context.new_page()
        sign_in(page, stage, email)
        return context.storage_state()
