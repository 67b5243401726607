"""In a thread: what is new, what is folded, and links to one comment."""

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import OpenPage
from tests.browser.stage import Stage
from tests.browser.threads import publish

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MINUTE = 60_000  # milliseconds


def read(page: Page, stage: Stage, article: str, anchor: str = "") -> list[Request]:
    """Open the thread with a clock that the test moves; collects what asks for new comments."""
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "new.json" in request.url else None)
    page.clock.install()
    page.goto(stage.url + stage.thread(article) + anchor)
    return asked


def test_new_comments_come_by_one_click_and_nothing_typed_or_folded_is_lost(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    here = f"{article}?news"
    [old] = publish(stage, here, "Old")
    publish(stage, here, "Answer", parent=old)
    page = open_page()
    read(page, stage, here)
    page.locator(f"#comment-{old} summary").click()
    page.get_by_role("textbox", name="Comment").fill("Half a thought")
    [first, _] = publish(stage, here, "First new one", "Second new one")
    page.clock.run_for(MINUTE)
    page.get_by_role("status").get_by_role("button", name="2 new comments").click()
    expect(page.locator(f"#comment-{first}")).to_be_focused()
    expect(page.locator(f"#comment-{first}")).to_be_in_viewport()
    expect(page.get_by_role("heading", level=1)).to_have_text("4 comments")
    expect(page.get_by_text("Second new one")).to_be_visible()
    expect(page.get_by_text("Answer", exact=True)).to_be_hidden()
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("Half a thought")
    expect(page.get_by_role("button", name="new comments")).to_have_count(0)


def test_nobody_asks_for_a_page_that_nobody_sees_and_ever_more_rarely_for_others(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    hidden = open_page()
    hidden.add_init_script("Object.defineProperty(document, 'hidden', { get: () => true })")
    asked = read(hidden, stage, f"{article}?quiet")
    hidden.clock.run_for(30 * MINUTE)
    assert asked == []
    seen = open_page()
    asked = read(seen, stage, f"{article}?quiet")
    passed = []
    for _ in range(3):
        before, minutes = len(asked), 0
        while len(asked) == before:
            seen.clock.run_for(MINUTE / 4)
            minutes += 1
            seen.wait_for_timeout(50)
        passed.append(minutes)
    assert 1 <= passed[0] <= 3
    assert passed == sorted(passed) and passed[0] < passed[-1]


def test_a_branch_is_folded_by_key(open_page: OpenPage, stage: Stage, article: str) -> None:
    page = open_page()
    page.goto(stage.url + stage.thread(article))
    branch = page.locator("details.branch").first
    reply = branch.locator("article").first
    expect(reply).to_be_visible()
    branch.locator("> summary").focus()
    page.keyboard.press("Enter")
    expect(reply).to_be_hidden()
    page.keyboard.press("Enter")
    expect(reply).to_be_visible()


def test_a_link_to_a_comment_leads_there_on_whatever_page_it_is(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    here = f"{article}?long"
    *_, last = publish(stage, here, *(f"Comment {number}" for number in range(102)))
    page = open_page()
    page.goto(stage.url + stage.thread(here) + f"#comment-{last}")
    page.wait_for_url(f"**comment={last}#comment-{last}")
    expect(page.locator(f"#comment-{last}")).to_be_in_viewport()
    page.get_by_role("link", name="All comments").click()
    page.get_by_role("link", name="More comments").click()
    expect(page.locator(f"#comment-{last}")).to_be_visible()


def test_a_link_opens_what_is_folded_around_its_comment(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    here = f"{article}?folded"
    [top] = publish(stage, here, "Top")
    [middle] = publish(stage, here, "Middle", parent=top)
    [low] = publish(stage, here, "Low", parent=middle)
    publish(stage, here, *(f"Comment {number}" for number in range(60)))
    page = open_page()
    page.goto(stage.url + stage.thread(here))
    expect(page.get_by_text("Low", exact=True)).to_be_hidden()
    page.goto(stage.url + stage.thread(here) + f"#comment-{low}")
    expect(page.get_by_text("Low", exact=True)).to_be_in_viewport()


def test_a_link_to_no_comment_shows_the_thread_once(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    page = open_page()
    page.goto(stage.url + stage.thread(article) + "#comment-nobody")
    page.get_by_text("is not (or no longer) shown").wait_for()
    loads: list[str] = []
    page.on("request", lambda request: loads.append(request.url))
    page.wait_for_timeout(500)
    assert [url for url in loads if "/comments?" in url] == []


def test_without_javascript_links_and_folds_work(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    here = f"{article}?plain"
    [top] = publish(stage, here, "Top")
    publish(stage, here, "Reply", parent=top)
    page = open_page(java_script_enabled=False)
    page.goto(stage.url + stage.thread(here))
    page.locator(f"#comment-{top} > article .permalink").click()
    expect(page.get_by_role("link", name="All comments")).to_be_visible()
    expect(page.locator(f"#comment-{top} > article")).to_be_in_viewport()
    page.locator("details.branch > summary").click()
    expect(page.locator("details.branch article")).to_be_hidden()
