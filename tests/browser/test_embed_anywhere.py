"""The same snippet under all conditions: it works, and axe finds nothing serious anywhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import PHONE, OpenPage, Watched
from tests.browser.embedding import (
    SHIFTED,
    WATCH_SHIFTS,
    fits,
    frame_in,
    profile,
    roomy,
    slow_line,
    write_article,
)
from tests.browser.stage import NEWS, OTHER, Host, Stage, snippet
from tests.browser.visits import send
from tests.servers import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DARK = "#112"
DARK_PAGE = f"<style>:root{{color-scheme:dark}}body{{background:{DARK};color:#eee}}</style>"


def _visit(page: Page, host: Host, name: str, place: str, **more: str) -> Frame:
    write_article(host, name, roomy(place), **more)
    page.add_init_script(WATCH_SHIFTS)
    page.goto(f"{host.origin(NEWS)}/{name}#comments")
    frame = frame_in(page)
    wait_until(lambda: fits(page, frame))
    return frame


def _is_sound(page: Page, frame: Frame) -> None:
    assert violations(page.main_frame, at_least=3) == []
    assert violations(frame) == []
    assert page.evaluate(SHIFTED) <= 0.02


def test_on_an_allowed_site(open_page: OpenPage, stage: Stage, host: Host) -> None:
    page = open_page()
    _is_sound(page, _visit(page, host, "wide.html", snippet(stage.url, stage.site)))


def test_on_a_forbidden_site_there_is_a_link_and_a_reason(
    open_page: OpenPage, stage: Stage, host: Host, complaints: Watched
) -> None:
    write_article(host, "forbidden.html", snippet(stage.url, stage.site), language="de")
    page = open_page()
    page.clock.install()
    page.goto(f"{host.origin(OTHER)}/forbidden.html#comments")
    page.locator("#comments iframe").wait_for(state="attached")
    page.clock.run_for(5_000)
    expect(page.get_by_role("link", name="Kommentare")).to_be_visible()
    assert any(host.origin(OTHER) in problem for problem in complaints.problems)
    assert violations(page.main_frame, at_least=3) == []
    complaints.problems.clear()


def test_on_a_phone(open_page: OpenPage, stage: Stage, host: Host) -> None:
    page = open_page(PHONE, has_touch=True)
    frame = _visit(page, host, "phone.html", snippet(stage.url, stage.site))
    _is_sound(page, frame)
    widest = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(widest) <= 0
    assert frame.evaluate(widest) <= 0


def test_on_a_dark_page(open_page: OpenPage, stage: Stage, host: Host) -> None:
    page = open_page(color_scheme="light")
    frame = _visit(page, host, "dark.html", snippet(stage.url, stage.site), head=DARK_PAGE)
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")
    # axe does not see what is behind a see-through frame.
    frame.evaluate("color => { document.documentElement.style.background = color }", DARK)
    _is_sound(page, frame)


def test_on_an_arabic_page(open_page: OpenPage, stage: Stage, host: Host) -> None:
    place = snippet(stage.url, stage.site).replace("data-site", 'data-lang="ar" data-site')
    page = open_page(PHONE)
    frame = _visit(page, host, "arabic.html", place, language='ar" dir="rtl')
    expect(frame.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("iframe")).to_have_attribute("title", "التعليقات")
    _is_sound(page, frame)
    frame.locator("#form [type=submit]").click()
    expect(frame.locator("#problems")).to_be_visible()
    expect(frame.locator("html")).to_have_attribute("lang", "ar")


def test_on_a_slow_line(open_page: OpenPage, stage: Stage, host: Host) -> None:
    with slow_line(stage.installation.port) as address:
        page = open_page()
        frame = _visit(page, host, "slow.html", snippet(address, stage.site))
        _is_sound(page, frame)
        send(frame, "Said on a slow line.")  # type: ignore[arg-type]
        expect(frame.locator("#notice")).to_contain_text("received")
        page.close()


def test_without_javascript_the_link_leads_to_a_page_that_does_everything(
    open_page: OpenPage, stage: Stage, host: Host, article: str
) -> None:
    link = f'<a href="{stage.url}{stage.thread(article)}">Comments</a>'
    write_article(host, "plain.html", f'<div id="comments">{link}</div>')
    page = open_page(java_script_enabled=False)
    page.goto(f"{host.origin(NEWS)}/plain.html")
    page.get_by_role("link", name="Comments").click()
    send(page, "Said on the plain page.")
    expect(page.locator("#notice")).to_contain_text("received")


@pytest.fixture
def strict_page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A page of a browser that lets no frame of another site store anything."""
    with profile(browser, tmp_path, is_strict=True) as page:
        yield page


def test_with_third_party_storage_blocked(strict_page: Page, stage: Stage, host: Host) -> None:
    frame = _visit(strict_page, host, "strict.html", snippet(stage.url, stage.site))
    reason = "() => { try { localStorage.length; return ''; } catch (e) { return e.name; } }"
    assert frame.evaluate(reason) == "SecurityError"
    _is_sound(strict_page, frame)
    send(frame, "Nothing is stored in my browser.")  # type: ignore[arg-type]
    expect(frame.locator("#notice")).to_contain_text("received")
