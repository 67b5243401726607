"""The nudge in a browser: the focus goes to the question, both answers post, axe finds nothing."""

import dataclasses
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from werkzeug.serving import make_server

from config import load_settings
from moderation.app import create_app
from moderation.preview import Preview
from tests import databases
from tests.browser.axe import violations
from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.visits import send
from tests.conftest import SECRETS
from tests.doubles import FixedScorer
from tests.factories import ARTICLE, make_site

pytestmark = [pytest.mark.browser, pytest.mark.slow]
RUDE = "You idiot, trees are good."


@pytest.fixture
def thread(tmp_path: Path, sqlite_template: Path) -> Iterator[str]:
    """The address of a thread on a server that has a model of its own."""
    settings = load_settings(
        tmp_path / "no-such-file",
        **SECRETS,
        DATABASE_URL=databases.copy_sqlite(sqlite_template, tmp_path),
        ERASED_LIST=tmp_path / "erased.list",
        FORM_MIN_AGE=0,
        SCORE_WAIT=5,
        SCORE_WAITERS=0,
    )
    app = create_app(settings)
    services = app.extensions["moderation"]
    app.extensions["moderation"] = dataclasses.replace(services, preview=Preview(FixedScorer))
    with services.database.transaction() as session:
        make_site(session, nudge=True)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.port}/s/news/comments?article={ARTICLE}"
    finally:
        server.shutdown()
        serving.join()
        services.database.dispose()


def ask(page: Page, thread: str) -> None:
    page.goto(thread)
    send(page, RUDE)
    page.get_by_text("Do you want to change it").wait_for()


def test_the_question_is_focused_and_accessible(open_page: OpenPage, thread: str) -> None:
    page = open_page()
    ask(page, thread)
    assert page.evaluate("document.activeElement.id") == "notice"
    for size, scheme in itertools.product((DESKTOP, PHONE), ("light", "dark")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        assert violations(page.main_frame) == []
    for button in page.locator("#notice").locator("button, .button").all():
        box = button.bounding_box()
        assert box and box["height"] >= 44


@pytest.mark.parametrize("script", [True, False])
def test_it_is_posted_as_it_is(open_page: OpenPage, thread: str, script: bool) -> None:
    page = open_page(java_script_enabled=script)
    ask(page, thread)
    page.get_by_role("button", name="Post it as it is").click()
    page.get_by_text("Your comment was received").wait_for()


def test_it_is_changed_where_it_was_typed(open_page: OpenPage, thread: str) -> None:
    page = open_page()
    ask(page, thread)
    page.get_by_role("link", name="Change it").click()
    text = page.get_by_role("textbox", name="Comment")
    assert text.input_value() == RUDE
    text.fill("Trees are good.")
    page.get_by_role("button", name="Post the changed text").click()
    page.get_by_text("Your comment was received").wait_for()
