"""New comments in threads of several pages, in frames, and what is typed meanwhile."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, Watched
from tests.browser.embedding import frame_in
from tests.browser.stage import NEWS, Host, Stage, snippet
from tests.browser.threads import publish

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MINUTE = 60_000  # milliseconds


def _read(page: Page, stage: Stage, here: str) -> Locator:
    """Open the thread with a clock that the test moves, begin to write; answers the text area."""
    page.clock.install()
    page.goto(stage.url + stage.thread(here))
    text = page.get_by_role("textbox", name="Comment")
    text.fill("Half a thought")
    return text


def _show(page: Page, name: str) -> None:
    page.clock.run_for(MINUTE)
    page.get_by_role("button", name=name).click()


def test_those_of_a_later_page_come_with_the_newest_first(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    here = f"{article}?many"
    publish(stage, here, *(f"Comment {number}" for number in range(101)))
    page = open_page()
    text = _read(page, stage, here)
    [first, _, last] = publish(stage, here, "First new", "Second new", "Third new")
    _show(page, "3 new comments")
    expect(page.locator(f"#comment-{first}")).to_be_focused()
    expect(page.locator(f"#comment-{first}")).to_be_in_viewport()
    expect(page.locator(f"#comment-{last}")).to_be_visible()
    expect(page.get_by_role("link", name="Newest first")).to_have_attribute("aria-current", "true")
    expect(text).to_have_value("Half a thought")


def test_one_deep_in_a_long_thread_comes_by_itself(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    here = f"{article}?deep"
    middle = publish(stage, here, *(f"Comment {number}" for number in range(205)))[102]
    page = open_page()
    text = _read(page, stage, here)
    [first] = publish(stage, here, "A new answer", parent=middle)
    _show(page, "1 new comment")
    expect(page.locator(f"#comment-{first}")).to_be_focused()
    expect(page.get_by_text("This is one comment")).to_be_visible()
    expect(text).to_have_value("Half a thought")


def test_one_that_is_gone_again_is_said_to_be(
    open_page: OpenPage, stage: Stage, article: str, complaints: Watched
) -> None:
    here = f"{article}?gone"
    publish(stage, here, "Old")
    page = open_page()
    news = {"count": 1, "first": "nobody", "text": "1 new comment"}
    page.route(re.compile("new.json"), lambda route: route.fulfill(json=news), times=1)
    text = _read(page, stage, here)
    _show(page, "1 new comment")
    expect(page.get_by_text("is not (or no longer) shown")).to_be_visible()
    expect(page.locator("#discussion")).to_be_focused()
    expect(text).to_have_value("Half a thought")
    assert [problem[:3] for problem in complaints.problems] == ["404"]
    complaints.problems.clear()


def test_nobody_who_writes_is_led_away(open_page: OpenPage, stage: Stage, article: str) -> None:
    here = f"{article}?moved"
    publish(stage, here, "Old")
    page = open_page()
    text = _read(page, stage, here)
    publish(stage, here, "New one")
    moved = re.compile(r"/comments\?")
    page.route(moved, lambda route: route.fulfill(body="<h1 id=comments>Moved</h1>"), times=1)
    with page.expect_response(moved):
        _show(page, "1 new comment")
    page.get_by_role("button", name="1 new comment").click()
    expect(page.get_by_text("New one")).to_be_visible()
    expect(text).to_have_value("Half a thought")


def test_in_a_frame_the_end_of_the_thread_says_it_as_well(
    open_page: OpenPage, stage: Stage, host: Host, article: str
) -> None:
    here = f"{article}?frame"
    publish(stage, here, "Old")
    place = snippet(stage.url, stage.site).replace("data-site", f'data-article="{here}" data-site')
    host.write("news.html", place)
    page = open_page()
    page.clock.install()
    page.goto(f"{host.origin(NEWS)}/news.html")
    frame = frame_in(page)
    publish(stage, here, "New one")
    page.clock.run_for(MINUTE)
    buttons = frame.get_by_role("button", name="1 new comment")
    expect(buttons).to_have_count(2)
    expect(frame.get_by_role("status").filter(has_text="new comment")).to_have_count(1)
    buttons.last.click()
    expect(frame.get_by_text("New one")).to_be_visible()
    expect(buttons).to_have_count(0)
