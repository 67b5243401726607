"""With JavaScript switched off the plain pages do everything."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.stage import Stage, settle
from tests.browser.visits import send, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page(java_script_enabled=False)


def test_the_demo_article_links_to_the_comments(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/demo")
    page.get_by_role("link", name="Read and write comments").click()
    expect(page.get_by_role("heading", name="Leave a comment")).to_be_visible()


def test_an_error_keeps_the_text_and_a_reply_is_sent(
    page: Page, stage: Stage, article: str
) -> None:
    page.goto(stage.url + stage.thread(article))
    page.get_by_role("link", name="Reply to Ada Lovelace", exact=True).click()
    expect(page.get_by_role("heading", name="Reply to Ada Lovelace")).to_be_visible()
    send(page, "A reply without scripts.", name="")
    expect(page.get_by_text("Please enter a name.").first).to_be_visible()
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("A reply without scripts.")
    send(page, "A reply without scripts.")
    expect(page.locator("#notice")).to_contain_text("received")


def test_a_comment_is_sent_held_rejected_and_its_writer_told_why(
    page: Page, open_page: OpenPage, stage: Stage, article: str
) -> None:
    page.goto(stage.url + stage.thread(f"{article}?plain"))
    send(page, "Plainly an idiot wrote this.")
    private = page.get_by_role("link", name="Your private page for this comment")
    address = private.get_attribute("href") or ""
    settle(stage.services)
    desk = open_page(java_script_enabled=False)
    sign_in(desk, stage)
    expect(desk.locator("[hidden]:visible")).to_have_count(0)
    card = desk.get_by_role("article").filter(has_text="Plainly an idiot")
    card.get_by_label("Reason for a rejection").select_option("insult")
    card.get_by_role("button", name="Reject").click()
    expect(desk.locator(".notice.done")).to_contain_text("Rejected")
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your comment was not published.")
    expect(page.get_by_text("It insults somebody.")).to_be_visible()
