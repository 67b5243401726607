"""A commenter meets what they sent in its place, with and without JavaScript or storage."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import PHONE, OpenPage
from tests.browser.stage import NEWS, Host, Stage, settle, snippet
from tests.browser.threads import publish
from tests.browser.visits import send

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ONLY_YOU = "Only you see this: it is being checked."
BLOCKED = """Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("blocked", "SecurityError"); } })"""


def test_what_waits_stands_in_its_place_after_a_reload(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    page = open_page(PHONE)
    page.goto(stage.url + stage.thread(article))
    page.get_by_role("link", name="Reply to Ada Lovelace", exact=True).click()
    send(page, "A reply that waits.")
    for _ in range(2):
        waiting = page.locator(f"#comment-{stage.shown} .waiting")
        expect(waiting).to_contain_text(ONLY_YOU)
        expect(waiting).to_contain_text("A reply that waits.")
        page.goto(stage.url + stage.thread(article))
    stranger = open_page()
    stranger.goto(stage.url + stage.thread(article))
    expect(stranger.get_by_text("A reply that waits.")).to_have_count(0)


def test_the_first_of_all_stands_there_and_is_changed_and_deleted(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    address = stage.url + stage.thread(f"{article}?own")
    page = open_page()
    page.goto(address)
    send(page, "Limes are best.")
    expect(page.locator("#notice")).to_contain_text("received")
    page.goto(address)
    expect(page.locator("#thread > li")).to_have_count(1)
    settle(stage.services)
    page.goto(address)
    expect(page.locator("input[name=mine]")).not_to_have_value("")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Edit or delete").click()
    own = opened.value
    own.get_by_role("link", name="Change it").click()
    own.get_by_role("textbox", name="Comment").fill("Maples are better.")
    own.get_by_role("button", name="Save and have it checked").click()
    expect(own.get_by_role("heading", level=1)).to_contain_text("being checked")
    settle(stage.services)
    page.goto(address)
    entry = page.locator("#thread > li")
    expect(entry).to_contain_text("Maples are better.")
    expect(entry).to_contain_text("edited")
    own.reload()
    own.get_by_role("link", name="Delete it").click()
    own.get_by_role("button", name="Delete it for good").click()
    expect(own.get_by_role("heading", level=1)).to_have_text("This comment was deleted.")
    page.goto(address)
    expect(page.get_by_text("Be the first to say something.")).to_be_visible()
    page.wait_for_function("() => localStorage.getItem('mine news') === null")


def test_what_was_edited_stands_where_others_answered_it(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    here = f"{article}?answered"
    page = open_page()
    page.goto(stage.url + stage.thread(here))
    send(page, "Limes are best.")
    mine = (page.locator("#thread > li").get_attribute("id") or "").removeprefix("comment-")
    own = page.locator("#thread .waiting a").get_attribute("href") or ""
    settle(stage.services)
    publish(stage, here, "Which ones?", parent=mine)
    page.goto(f"{stage.url}{own}/edit")
    page.get_by_role("textbox", name="Comment").fill("Maples are better.")
    page.get_by_role("button", name="Save and have it checked").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("being checked")

    page.goto(stage.url + stage.thread(here))
    entry = page.locator("#thread > li")
    expect(entry.locator("> .waiting")).to_contain_text("Maples are better.")
    expect(entry.get_by_text("Which ones?")).to_be_visible()
    expect(page.get_by_text("This comment is not shown.")).to_have_count(0)

    # Published between the page and the question: the link to edit it is on no other's comment.
    page.route(re.compile("/mine$"), lambda route: _settled(stage, route))
    page.goto(stage.url + stage.thread(here))
    expect(page.locator("input[name=mine]")).not_to_have_value("")
    expect(page.get_by_text("This comment is not shown.")).to_be_visible()
    expect(page.get_by_role("link", name="Edit or delete")).to_have_count(0)


def _settled(stage: Stage, route: Route) -> None:
    settle(stage.services)
    route.continue_()


def test_in_a_frame_that_may_store_nothing_it_is_shown_once_and_nothing_breaks(
    open_page: OpenPage, stage: Stage, host: Host
) -> None:
    """This Chromium forbids storage to frames of another host, as many browsers do."""
    host.write("mine.html", snippet(stage.url, stage.site))
    page = open_page()
    page.goto(f"{host.origin(NEWS)}/mine.html")
    frame = page.frame_locator("#comments iframe")
    frame.locator("main").wait_for()
    send(page.frames[1], "It waits in a frame.")  # type: ignore[arg-type]
    expect(frame.locator("#thread .waiting")).to_contain_text("It waits in a frame.")
    page.reload()
    expect(frame.get_by_role("button", name="Post comment")).to_be_visible()
    expect(frame.locator("#thread .waiting")).to_have_count(0)


def test_where_nothing_may_be_stored_nothing_breaks(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    page = open_page()
    page.add_init_script(BLOCKED)
    page.goto(stage.url + stage.thread(f"{article}?blocked"))
    send(page, "Nothing is stored.")
    expect(page.locator("#thread .waiting")).to_contain_text("Nothing is stored.")
    page.goto(stage.url + stage.thread(f"{article}?blocked"))
    expect(page.locator("#thread .waiting")).to_have_count(0)


def test_old_and_broken_entries_are_dropped(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    page = open_page()
    address = stage.url + stage.thread(f"{article}?broken")
    page.goto(address)
    for stored in ('"x"', "[[", "[null]", '[["x", 1]]', f'[["x", {10**15}]]'):
        page.evaluate("stored => localStorage.setItem('mine news', stored)", stored)
        page.reload()
        page.wait_for_function("() => localStorage.getItem('mine news') === null")


def test_without_javascript_all_of_it_works(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(stage.url + stage.thread(f"{article}?plainly"))
    send(page, "Plainly, limes are best.")
    waiting = page.locator("#thread .waiting")
    expect(waiting).to_contain_text(ONLY_YOU)
    path = waiting.get_by_role("link", name="Your private page").get_attribute("href") or ""
    page.goto(stage.url + path)
    page.get_by_role("link", name="Change it").click()
    page.get_by_role("textbox", name="Comment").fill("Plainly, maples are.")
    page.get_by_role("button", name="Save and have it checked").click()
    expect(page.locator(".mine")).to_contain_text(re.compile("Plainly, maples are."))
    page.get_by_role("link", name="Delete it").click()
    page.get_by_role("link", name="Keep it").click()
    page.get_by_role("link", name="Delete it").click()
    page.get_by_role("button", name="Delete it for good").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This comment was deleted.")
