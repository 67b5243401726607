"""The readers' form in a browser: second clicks, lost answers, old pages, drafts."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, Request, Route, expect
from sqlalchemy import func, select

from moderation.models import Comment
from tests.browser.conftest import OpenPage, Watched
from tests.browser.embedding import frame_in, profile, slow_line
from tests.browser.stage import NEWS, Host, Stage, snippet
from tests.browser.visits import send
from tests.servers import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
BLOCK_STORAGE = """for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });
}"""
# The browser's own counts no minutes of the clock that the test moves.
TIMEOUT_BY_CLOCK = """AbortSignal.timeout = (time) => {
  const late = new AbortController();
  setTimeout(() => late.abort(), time);
  return late.signal;
}"""
STORED = "() => Object.keys(localStorage).filter((key) => key.startsWith('draft '))"

Opened = Callable[[str], Page]


@pytest.fixture
def lasting_page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A page of a browser that lets frames of other sites store: Chromium does not by itself."""
    with profile(browser, tmp_path, is_strict=False) as page:
        yield page


@pytest.fixture
def at(open_page: OpenPage, stage: Stage, article: str) -> Opened:
    """Opens the plain page of an empty thread of this name."""

    def open_one(name: str) -> Page:
        page = open_page()
        page.goto(stage.url + stage.thread(f"{article}?{name}"))
        return page

    return open_one


def _stored(stage: Stage, body: str) -> int:
    with stage.services.database.reading() as session:
        query = select(func.count()).select_from(Comment).where(Comment.body == body)
        return session.scalar(query) or 0


def _fill(page: Page | Frame, body: str) -> None:
    page.get_by_role("textbox", name="Comment").fill(body)
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Email").fill("ada@example.com")


def _body(page: Page | Frame) -> Any:
    return page.get_by_role("textbox", name="Comment")


def _posts(page: Page) -> list[Request]:
    found: list[Request] = []
    page.on("request", lambda request: found.append(request) if request.method == "POST" else None)
    return found


def _drafts(page: Page | Frame) -> list[str]:
    found: list[str] = page.evaluate(STORED)
    return found


def _expect_no_draft(page: Page | Frame) -> None:
    """The script that takes drafts out runs later than what is looked at before stands there."""
    page.wait_for_function(f"() => ({STORED})().length === 0")


def test_a_second_click_on_a_slow_line_sends_nothing_more(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    with slow_line(stage.installation.port) as address:
        page = open_page()
        page.goto(address + stage.thread(f"{article}?twice"))
        posts = _posts(page)
        _fill(page, "Said twice on a slow line.")
        button = page.get_by_role("button", name="Post comment")
        button.dblclick(no_wait_after=True)
        expect(page.locator("#notice")).to_contain_text("received")
        page.close()
    assert len([post for post in posts if post.url.endswith("/comments")]) == 1
    assert _stored(stage, "Said twice on a slow line.") == 1


def test_a_draft_outlives_a_reload_and_goes_when_it_is_posted(at: Opened, stage: Stage) -> None:
    page = at("draft")
    _fill(page, "A thought that took long.")
    page.reload()
    expect(_body(page)).to_have_value("A thought that took long.")
    expect(page.get_by_label("Name")).to_have_value("Ada")
    expect(page.get_by_label("Email")).to_have_value("")
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_role("button", name="Post comment").click()
    expect(page.locator("#notice")).to_contain_text("received")
    _expect_no_draft(page)
    page.reload()
    expect(_body(page)).to_have_value("")


def test_a_draft_stays_out_of_other_threads_and_holds_no_email(
    at: Opened, stage: Stage, article: str
) -> None:
    page = at("mine")
    _fill(page, "Only here.")
    page.goto(stage.url + stage.thread(f"{article}?other"))
    expect(_body(page)).to_have_value("")
    kept = page.evaluate("() => JSON.stringify(localStorage)")
    assert "Only here." in kept and "ada@example.com" not in kept


def test_a_draft_is_kept_while_an_error_is_shown(at: Opened, stage: Stage) -> None:
    page = at("mistaken")
    send(page, "Nearly sent.", email="nonsense")
    expect(page.locator("#problems")).to_be_visible()
    assert len(_drafts(page)) == 1
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_role("button", name="Post comment").click()
    expect(page.locator("#notice")).to_contain_text("received")
    _expect_no_draft(page)


def test_drafts_older_than_a_week_are_dropped(at: Opened, stage: Stage) -> None:
    page = at("old")
    page.clock.install()
    page.reload()
    _fill(page, "A week ago.")
    page.reload()
    expect(_body(page)).to_have_value("A week ago.")
    page.clock.fast_forward(7 * 86_400_000 + 1)
    page.evaluate("location.reload()")
    _expect_no_draft(page)
    expect(_body(page)).to_have_value("")


def test_with_storage_blocked_nothing_breaks(open_page: OpenPage, stage: Stage, host: Host) -> None:
    host.write("blocked.html", snippet(stage.url, stage.site))
    page = open_page()
    page.add_init_script(BLOCK_STORAGE)
    page.goto(f"{host.origin(NEWS)}/blocked.html")
    frame = frame_in(page)
    _fill(frame, "Nothing may be stored here.")
    frame.get_by_role("button", name="Post comment").click()
    expect(frame.locator("#notice")).to_contain_text("received")
    assert _stored(stage, "Nothing may be stored here.") == 1


def test_the_back_button_leads_to_an_empty_form(at: Opened, stage: Stage) -> None:
    page = at("back")
    send(page, "Said, and then back.")
    expect(page.locator("#notice")).to_contain_text("received")
    page.go_back()
    button = page.get_by_role("button", name="Post comment")
    expect(button).to_be_visible()
    _fill(page, "Something else after going back.")
    button.click()
    expect(page.locator("#notice")).to_contain_text("received")
    assert _stored(stage, "Said, and then back.") == 1
    assert _stored(stage, "Something else after going back.") == 1


def test_a_lost_answer_loses_no_text_and_stores_one_comment(
    lasting_page: Page, stage: Stage, host: Host
) -> None:
    host.write("lost.html", snippet(stage.url, stage.site))
    page = lasting_page
    page.clock.install()
    page.goto(f"{host.origin(NEWS)}/lost.html")
    frame = frame_in(page)
    page.route(re.compile("/comments$"), _lose_answer, times=1)
    _fill(frame, "The line broke after this.")
    with page.expect_event("requestfailed"):
        frame.get_by_role("button", name="Post comment").click()
    assert _stored(stage, "The line broke after this.") == 1
    wait_until(lambda: _comes_back(page))
    frame = frame_in(page)
    expect(_body(frame)).to_have_value("The line broke after this.")
    frame.get_by_label("Email").fill("ada@example.com")
    frame.get_by_role("button", name="Post comment").click()
    expect(frame.get_by_text("You said this already")).to_be_visible()
    assert _stored(stage, "The line broke after this.") == 1
    _expect_no_draft(frame)


def _lose_answer(route: Route) -> None:
    route.fetch()
    route.abort()


def _comes_back(page: Page) -> bool:
    page.clock.run_for(1_000)
    return page.frame_locator("#comments iframe").locator("#body").count() == 1


def test_a_form_left_open_for_long_gets_a_fresh_token(at: Opened, stage: Stage) -> None:
    page = at("long")
    page.clock.install()
    page.reload()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    old = page.locator("[name=csrf_token]").input_value()
    _fill(page, "After a long while.")
    page.clock.fast_forward("30:00")
    posts = _posts(page)
    page.get_by_role("button", name="Post comment").click()
    expect(page.locator("#notice")).to_contain_text("received")
    assert len([url for url in asked if "/form-token?" in url]) == 1
    assert old not in str(posts[0].post_data_buffer)


def test_a_line_that_hangs_is_as_good_as_none(at: Opened, stage: Stage) -> None:
    page = at("hanging")
    page.add_init_script(TIMEOUT_BY_CLOCK)
    page.clock.install()
    page.reload()
    asks = re.compile("/form-token")
    page.route(asks, lambda _: None)
    _fill(page, "Into the void.")
    with page.expect_request(asks):
        page.get_by_role("button", name="Post comment").click()
    page.clock.run_for(10_000)
    expect(page.get_by_role("alert")).to_contain_text("offline")
    expect(_body(page)).to_have_value("Into the void.")
    page.unroute(asks)
    page.get_by_role("button", name="Post comment").click()
    expect(page.locator("#notice")).to_contain_text("received")
    assert _stored(stage, "Into the void.") == 1


def test_who_is_offline_is_told_before_anything_is_sent(
    at: Opened, stage: Stage, complaints: Watched
) -> None:
    page = at("offline")
    context: BrowserContext = page.context
    _fill(page, "From a tunnel.")
    context.set_offline(True)
    page.get_by_role("button", name="Post comment").click()
    expect(page.get_by_role("alert")).to_contain_text("offline")
    expect(_body(page)).to_have_value("From a tunnel.")
    context.set_offline(False)
    page.get_by_role("button", name="Post comment").click()
    expect(page.locator("#notice")).to_contain_text("received")
    assert _stored(stage, "From a tunnel.") == 1
    complaints.problems.clear()
