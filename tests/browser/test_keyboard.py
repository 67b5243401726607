"""Everything by keyboard alone."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FOCUSED = """() => document.activeElement.id ||
  document.activeElement.textContent.trim().replace(/\\s+/g, " ")"""
STEPS_MAX = 60


def _tab_to(page: Page, text: str) -> list[str]:
    """Press Tab until what has this id or text has the focus; answers what had it on the way."""
    way: list[str] = []
    while len(way) < STEPS_MAX:
        page.keyboard.press("Tab")
        way.append(page.evaluate(FOCUSED))
        if way[-1] == text:
            return way
    raise AssertionError(f"no {text!r} in {way}")


def test_the_form_is_filled_in_and_sent_in_the_order_of_its_fields(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    page = open_page()
    page.goto(stage.url + stage.thread(f"{article}?keyboard"))
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "Back to the article"
    for text in ("By keyboard.", "Ada", "ada@example.com"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "Post comment"
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_be_focused()
    expect(page.locator("#notice")).to_contain_text("received")


def test_the_first_wrong_field_has_the_focus_and_says_what_is_wrong(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    page = open_page()
    page.goto(stage.url + stage.thread(article))
    page.get_by_role("textbox", name="Comment").fill("A text to keep.")
    page.get_by_label("Email").fill("nonsense")
    page.keyboard.press("Enter")
    name = page.get_by_label("Name")
    expect(name).to_be_focused()
    expect(name).to_have_accessible_description("Please enter a name.")
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("A text to keep.")
    expect(page.get_by_role("alert").get_by_role("listitem")).to_have_count(2)
    expect(page).to_have_title("Error: Comments · News")


def test_a_reply_is_started_from_its_comment(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    page = open_page()
    page.goto(stage.url + stage.thread(article))
    _tab_to(page, "Reply to Ada Lovelace")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Reply to Ada Lovelace")).to_be_in_viewport()
    expect(page.get_by_role("textbox", name="Comment")).to_be_focused()


def test_a_comment_is_approved_and_the_decision_undone(
    open_page: OpenPage, stage: Stage, desk: Any
) -> None:
    page = open_page(storage_state=desk)
    page.goto(f"{stage.url}/queue")
    said, held = page.locator("#said"), page.locator("[data-queue=held]")
    waiting = int(held.inner_text())
    assert _tab_to(page, "Approve")[0] == "Skip to the content"
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Approved")
    expect(page.get_by_role("article").nth(1)).to_be_focused()
    expect(held).to_have_text(str(waiting - 1))
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(FOCUSED) == "Undo"
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Undone")
    expect(page.get_by_role("article").first).to_be_focused()
    expect(held).to_have_text(str(waiting))
