"""In a thread: what is new, what is folded, and links to one comment."""

import re

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import OpenPage, Watched
from tests.browser.stage import Stage
from tests.browser.threads import publish

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MINUTE = 60_000  # milliseconds
COUNT = """(() => {
  const plain = fetch;
  window.looks = window.answers = 0;
  window.fetch = async (address, ...more) => {
    const isLook = String(address).includes("new.json");
    window.looks += isLook;
    const answer = await plain(address, ...more);
    window.answers += isLook;
    return answer;
  };
})()"""
WHOLE = re.compile(r"/comments\?")


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


def test_what_is_shown_and_typed_stays_where_new_comments_do_not_come(
    open_page: OpenPage, stage: Stage, article: str, complaints: Watched
) -> None:
    here = f"{article}?busy"
    publish(stage, here, "Old")
    page = open_page()
    read(page, stage, here)
    page.get_by_role("textbox", name="Comment").fill("Half a thought")
    [first] = publish(stage, here, "New one")
    page.clock.run_for(MINUTE)
    for fail in (_is_busy, _is_away):
        page.route(WHOLE, fail, times=1)
        with page.expect_request(WHOLE):
            page.get_by_role("button", name="1 new comment").click()
    page.get_by_role("button", name="1 new comment").click()
    expect(page.locator(f"#comment-{first}")).to_be_focused()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 comments")
    expect(page.get_by_text("Old", exact=True)).to_be_visible()
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("Half a thought")
    assert len(complaints.problems) == 3, "one by the browser for each, and the busy answer"
    complaints.problems.clear()


def test_where_another_page_comes_than_the_thread_the_link_is_followed(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    here = f"{article}?another"
    publish(stage, here, "Old")
    page = open_page()
    read(page, stage, here)
    [first] = publish(stage, here, "New one")
    page.clock.run_for(MINUTE)
    page.route(WHOLE, lambda route: route.fulfill(body="<h1 id=comments>Moved</h1>"), times=1)
    page.get_by_role("button", name="1 new comment").click()
    page.wait_for_url(re.compile(rf"comment={first}.*#comment-{first}$"))
    expect(page.get_by_text("New one")).to_be_visible()


def _is_busy(route: Route) -> None:
    route.fulfill(status=503, body="Busy.")


def _is_away(route: Route) -> None:
    route.abort()


def quarters_until_asked(page: Page) -> int:
    """How many quarters of a minute pass until the page looks again; its answer is waited for."""
    before = page.evaluate("looks")
    for quarters in range(1, 60):
        page.clock.run_for(MINUTE / 4)
        if page.evaluate("looks") > before:
            page.wait_for_function("() => answers === looks")
            return quarters
    raise AssertionError("it never looks again")


def test_nobody_asks_for_a_page_that_nobody_sees_and_ever_more_rarely_for_others(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    hidden = open_page()
    hidden.add_init_script("Object.defineProperty(document, 'hidden', { get: () => true })")
    asked = read(hidden, stage, f"{article}?quiet")
    hidden.clock.run_for(30 * MINUTE)
    assert asked == []
    seen = open_page()
    seen.add_init_script(COUNT)
    read(seen, stage, f"{article}?quiet")
    passed = [quarters_until_asked(seen) for _ in range(3)]
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
    page.wait_for_url(re.compile(rf"comment={last}.*#comment-{last}$"))
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
