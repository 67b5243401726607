"""The snippet on a page of another host: frame, height, theme, deep links, and what goes wrong."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import DESKTOP, PHONE, OpenPage, Watched
from tests.browser.embedding import INNER_HEIGHT, fits, frame_in, is_in_view
from tests.browser.stage import NEWS, OTHER, Host, Stage, snippet
from tests.browser.visits import send
from tests.servers import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_frame_is_as_high_as_the_comments(
    open_page: OpenPage, stage: Stage, article: str, size: dict[str, int]
) -> None:
    page = open_page(size)
    page.goto(article)
    frame = frame_in(page)
    wait_until(lambda: fits(page, frame))
    before = frame.evaluate(INNER_HEIGHT)
    assert before > 1000
    frame.evaluate("document.querySelector('.thread').remove()")
    wait_until(lambda: fits(page, frame))
    assert frame.evaluate(INNER_HEIGHT) < before - 500


def test_a_page_of_a_forbidden_origin_shows_the_link_after_5_seconds(
    open_page: OpenPage, stage: Stage, host: Host, complaints: Watched
) -> None:
    page = open_page()
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    page.goto(f"{host.origin(OTHER)}/trees.html")
    page.locator("#comments iframe").wait_for(state="attached")
    page.clock.run_for(4_999)
    assert page.get_by_role("link", name="Comments").count() == 0
    page.clock.run_for(5_001)  # they count anew from when the browser's own page has loaded
    link = page.get_by_role("link", name="Comments")
    expect(link).to_be_visible()
    assert (link.get_attribute("href") or "").startswith(f"{stage.url}/s/{stage.site}/comments?")
    named = [problem for problem in complaints.problems if "Comments: " in problem]
    assert len(named) == 1
    assert host.origin(OTHER) in named[0] and "frame-ancestors" in named[0]
    complaints.problems.clear()


def test_a_server_that_answers_is_never_replaced_by_the_link(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    page = open_page()
    page.clock.install()
    page.goto(article)
    frame = frame_in(page)
    wait_until(lambda: fits(page, frame))
    page.clock.run_for(10_000)
    expect(page.locator("#comments iframe")).to_be_visible()


def test_comments_hidden_at_first_are_there_when_they_are_shown(
    open_page: OpenPage, stage: Stage, host: Host
) -> None:
    hidden = f"<details><summary>Comments</summary>{snippet(stage.url, stage.site)}</details>"
    host.write("hidden.html", hidden)
    page = open_page()
    page.clock.install()
    page.goto(f"{host.origin(NEWS)}/hidden.html")
    page.wait_for_load_state("networkidle")
    page.clock.run_for(6_000)
    assert page.locator("#comments > *").count() == 0
    page.get_by_text("Comments", exact=True).click()
    wait_until(lambda: fits(page, frame_in(page)))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('<script src="{url}/embed.js" data-site="news"></script>', 'no <div id="comments">'),
        ('<div id="comments"></div><script src="{url}/embed.js"></script>', "no data-site"),
    ],
)
def test_a_mistake_in_the_snippet_is_named_in_the_console(
    open_page: OpenPage, stage: Stage, host: Host, complaints: Watched, body: str, said: str
) -> None:
    host.write("mistake.html", body.format(url=stage.url))
    page = open_page()
    page.goto(f"{host.origin(NEWS)}/mistake.html")
    page.wait_for_load_state("networkidle")
    assert [said in problem for problem in complaints.problems] == [True]
    complaints.problems.clear()


def test_messages_of_others_do_not_move_the_frame(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    page = open_page()
    page.goto(article)
    frame = frame_in(page)
    wait_until(lambda: fits(page, frame))
    page.evaluate(
        """async () => {
          const heard = new Promise((done) => addEventListener("message", done, { once: true }));
          postMessage({ commentsHeight: 9999, commentsShow: 9999 }, "*");
          await heard;
        }"""
    )
    assert fits(page, frame)


def test_the_page_around_is_told_height_and_place_alone(
    open_page: OpenPage, stage: Stage, host: Host
) -> None:
    host.write("told.html", snippet(stage.url, stage.site))
    page = open_page()
    page.add_init_script(
        "window.told = []; addEventListener('message', ({ data }) => told.push(data))"
    )
    page.goto(f"{host.origin(NEWS)}/told.html")
    frame = frame_in(page)
    send(frame, "Nobody around the frame reads this.")  # type: ignore[arg-type]
    expect(frame.locator("#notice")).to_be_visible()
    page.wait_for_function("() => told.some((data) => 'commentsShow' in data)")
    wait_until(lambda: fits(page, frame))
    told = page.evaluate("told")
    assert {name for data in told for name in data} == {"commentsHeight", "commentsShow"}
    assert {type(value) for data in told for value in data.values()} == {int}


def test_a_deep_link_leads_to_its_comment(
    open_page: OpenPage, stage: Stage, host: Host, article: str
) -> None:
    page = open_page(PHONE)
    page.goto(f"{article}#comment-{stage.shown}")
    comment = frame_in(page).locator(f"#comment-{stage.shown}")
    wait_until(lambda: is_in_view(page, comment))


def test_a_link_of_the_page_leads_to_its_comment(
    open_page: OpenPage, stage: Stage, host: Host, article: str
) -> None:
    page = open_page(PHONE)
    page.goto(article)
    comment = frame_in(page).locator(f"#comment-{stage.shown}")
    assert not is_in_view(page, comment)
    page.evaluate("hash => { location.hash = hash }", f"#comment-{stage.shown}")
    wait_until(lambda: is_in_view(page, comment))


def test_the_notice_comes_into_view_after_sending_from_far_down(
    open_page: OpenPage, stage: Stage, host: Host
) -> None:
    lines = "<p>A long article.</p>" * 60
    host.write("long.html", lines + snippet(stage.url, stage.site) + lines)
    page = open_page(PHONE)
    page.goto(f"{host.origin(NEWS)}/long.html#comments")
    frame = frame_in(page)
    button = frame.get_by_role("button", name="Post comment")
    frame.get_by_role("textbox", name="Comment").fill("Nobody scores this.")
    frame.get_by_label("Name").fill("Ada")
    frame.get_by_label("Email").fill("ada@example.com")
    button.scroll_into_view_if_needed()
    page.mouse.wheel(0, 300)
    button.click()
    notice = frame.locator("#notice")
    wait_until(lambda: notice.count() == 1 and is_in_view(page, notice))
    wait_until(lambda: notice.evaluate("notice => notice === document.activeElement"))


def test_a_report_opens_at_its_heading_from_deep_in_a_thread(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    page = open_page(PHONE)
    page.goto(article)
    link = frame_in(page).locator(".report").last
    link.scroll_into_view_if_needed()
    link.click()
    heading = page.frame_locator("#comments iframe").get_by_role("heading", level=1)
    expect(heading).to_have_text("Report a comment")
    expect(heading).to_be_in_viewport(ratio=0.9)


DARK, LIGHT = "background:#112;color:#eee", "background:#fff"
MODERN = "background:oklch(0.2 0.02 250);color:#eee"


@pytest.mark.parametrize(
    ("style", "scheme", "theme"),
    [(DARK, "light", "dark"), (MODERN, "light", "dark"), (LIGHT, "dark", "light")],
)
def test_the_frame_wears_the_theme_of_the_page_even_after_sending(
    open_page: OpenPage, stage: Stage, host: Host, style: str, scheme: Any, theme: str
) -> None:
    host.write("theme.html", snippet(stage.url, stage.site), head=f"<style>body{{{style}}}</style>")
    page = open_page(color_scheme=scheme)
    page.goto(f"{host.origin(NEWS)}/theme.html")
    frame = frame_in(page)
    expect(frame.locator("html")).to_have_attribute("data-theme", theme)
    send(frame, "")  # type: ignore[arg-type]
    expect(frame.locator("#problems")).to_be_visible()
    expect(frame.locator("html")).to_have_attribute("data-theme", theme)
    ink = frame.evaluate("getComputedStyle(document.body).color")
    assert (sum(map(int, ink[4:-1].split(","))) > 3 * 128) is (theme == "dark")


@pytest.mark.parametrize(
    ("color", "theme"),
    [
        ("#ffffff", "light"),
        ("#cccccc", "light solid"),
        ("#d2b48c", "light solid"),
        ("#808080", "dark solid"),
        ("#000000", "dark"),
    ],
)
def test_on_every_tone_the_comments_can_be_read(
    open_page: OpenPage, stage: Stage, host: Host, color: str, theme: str
) -> None:
    place = snippet(stage.url, stage.site)
    place = place.replace("data-site", 'data-article="/trees.html" data-site')
    host.write("tone.html", place, head=f"<style>body{{background:{color}}}</style>")
    page = open_page()
    page.goto(f"{host.origin(NEWS)}/tone.html")
    frame = frame_in(page)
    expect(frame.locator("html")).to_have_attribute("data-theme", theme)
    # axe does not see what is behind a see-through frame.
    frame.evaluate("color => { document.documentElement.style.background = color }", color)
    assert violations(frame) == []
    frame.locator(".report").first.click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Report a comment")
    expect(frame.locator("html")).to_have_attribute("data-theme", theme)


def test_the_frame_follows_when_the_page_turns_dark(
    open_page: OpenPage, stage: Stage, host: Host
) -> None:
    head = "<style>:root{color-scheme:light dark}</style>"
    host.write("both.html", snippet(stage.url, stage.site), head=head)
    page = open_page(color_scheme="light")
    page.goto(f"{host.origin(NEWS)}/both.html")
    html = frame_in(page).locator("html")
    expect(html).to_have_attribute("data-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(html).to_have_attribute("data-theme", "dark")
