"""Where the snippet meets the page: near the window, several places, changing pages, numbers."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, OpenPage, Watched
from tests.browser.embedding import (
    FOOTER,
    SHIFTED,
    WATCH_SHIFTS,
    fits,
    frame_in,
    is_in_view,
    roomy,
    write_article,
)
from tests.browser.stage import NEWS, Host, Stage, snippet
from tests.servers import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SHIFT_BUDGET = 0.02


def _script(stage: Stage, **data: str) -> str:
    given = "".join(f' data-{name}="{value}"' for name, value in data.items())
    return f'<script src="{stage.url}/embed.js"{given}></script>'


def _src(page: Page, place: str) -> str:
    return page.locator(f"{place} iframe").get_attribute("src") or ""


def test_the_frame_is_made_when_the_reader_comes_near(
    open_page: OpenPage, stage: Stage, host: Host
) -> None:
    write_article(host, "near.html", f'<div style="height:9000px"></div>{_snippet(stage)}')
    page = open_page()
    page.goto(f"{host.origin(NEWS)}/near.html")
    page.wait_for_load_state("networkidle")
    assert page.locator("#comments iframe").count() == 0
    page.mouse.wheel(0, 9_000)
    frame_in(page)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_jumps_while_a_reader_scrolls_to_the_comments(
    open_page: OpenPage, stage: Stage, host: Host, size: dict[str, int]
) -> None:
    write_article(host, "calm.html", _snippet(stage))
    page = open_page(size)
    page.add_init_script(WATCH_SHIFTS)
    page.goto(f"{host.origin(NEWS)}/calm.html")
    is_loaded = False
    while not page.evaluate("scrollY + innerHeight >= document.body.scrollHeight"):
        page.mouse.wheel(0, 300)
        page.evaluate(SHIFTED)
        if not is_loaded and page.locator("#comments iframe").count():
            wait_until(lambda: fits(page, frame_in(page)))
            is_loaded = True
    assert is_loaded
    assert page.evaluate(SHIFTED) <= SHIFT_BUDGET


def test_nothing_jumps_where_the_comments_are_seen_at_once(
    open_page: OpenPage, stage: Stage, host: Host
) -> None:
    host.write("top.html", roomy(_snippet(stage)) + FOOTER)
    page = open_page()
    page.add_init_script(WATCH_SHIFTS)
    for _visit in range(2):  # the second time the height is known
        page.goto(f"{host.origin(NEWS)}/top.html")
        wait_until(lambda: fits(page, frame_in(page)))
        assert page.evaluate(SHIFTED) <= SHIFT_BUDGET


def test_what_stands_below_a_short_thread_stays_out_of_sight(
    open_page: OpenPage, stage: Stage, host: Host
) -> None:
    host.write("short.html", _snippet(stage) + FOOTER)
    page = open_page({"width": 1280, "height": 2400})
    page.goto(f"{host.origin(NEWS)}/short.html")
    wait_until(lambda: fits(page, frame_in(page)))
    assert not is_in_view(page, page.locator("footer"))
    page.reload()
    wait_until(lambda: fits(page, frame_in(page)))
    place = page.locator("#comments").evaluate("place => place.clientHeight")
    assert place == page.locator("#comments iframe").evaluate("frame => frame.clientHeight")


def test_several_places_show_their_own_articles(
    open_page: OpenPage, stage: Stage, host: Host, article: str
) -> None:
    places = '<div id="one" data-comments data-article="/trees.html" data-lang="de"></div>' + (
        '<div id="two" data-comments data-article="/other.html" data-theme="dark"></div>'
    )
    host.write("several.html", places + _script(stage, site=stage.site))
    page = open_page({"width": 1280, "height": 6000})
    page.goto(f"{host.origin(NEWS)}/several.html")
    page.evaluate("hash => { location.hash = hash }", f"#comment-{stage.shown}")  # whose is it?
    one, two = frame_in(page, "#one"), frame_in(page, "#two")
    wait_until(lambda: fits(page, one, "#one") and fits(page, two, "#two"))
    assert one.locator(f"#comment-{stage.shown}").count() == 1
    assert two.locator(".thread").count() == 0
    expect(one.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("#one iframe")).to_have_attribute("title", "Kommentare")
    expect(two.locator("html")).to_have_attribute("data-theme", "dark")
    assert "comment=" not in two.url


def test_a_page_that_changes_puts_comments_in_and_takes_them_out(
    open_page: OpenPage, stage: Stage, host: Host, article: str
) -> None:
    host.write("app.html", f'<div id="app"></div>{_script(stage)}')
    page = open_page()
    page.goto(f"{host.origin(NEWS)}/app.html")
    _mount(page, stage, "/trees.html")
    wait_until(lambda: fits(page, frame_in(page, "#app"), "#app"))
    _mount(page, stage, "/other.html")
    expect(page.locator("#app iframe")).to_have_count(1)
    assert parse_qs(urlsplit(_src(page, "#app")).query)["article"] == [
        f"{host.origin(NEWS)}/other.html"
    ]
    wait_until(lambda: fits(page, frame_in(page, "#app"), "#app"))
    page.evaluate("Comments.unmount(document.getElementById('app'))")
    assert page.locator("#app").inner_html() == ""
    assert page.locator("#app").get_attribute("style") == ""
    page.evaluate("location.hash = '#comments'")  # nobody listens any more
    page.wait_for_load_state("networkidle")
    assert page.locator("iframe").count() == 0


def _mount(page: Page, stage: Stage, article: str) -> None:
    options = {"site": stage.site, "article": article}
    page.evaluate("options => Comments.mount(document.getElementById('app'), options)", options)


def test_a_place_taken_out_before_the_answer_complains_of_nothing(
    open_page: OpenPage, stage: Stage, host: Host
) -> None:
    host.write("gone.html", f'<div id="app"></div>{_script(stage)}')
    page = open_page()
    page.clock.install()
    page.goto(f"{host.origin(NEWS)}/gone.html")
    _mount(page, stage, "/trees.html")
    page.locator("#app iframe").wait_for(state="attached")
    page.evaluate("Comments.unmount(document.getElementById('app'))")
    page.clock.run_for(10_000)  # open_page looks at the console
    assert page.locator("#app > *").count() == 0


def test_numbers_of_comments_stand_where_a_page_wants_them(
    open_page: OpenPage, stage: Stage, host: Host
) -> None:
    links = "".join(f'<a href="/{n}.html" data-comments-count>?</a> ' for n in range(120))
    links += f'<b data-comments-count="{host.origin(NEWS)}/trees.html?utm_source=x">?</b>'
    host.write("front.html", links + _script(stage, site=stage.site))
    page = open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{host.origin(NEWS)}/front.html")
    expect(page.get_by_text("?", exact=True)).to_have_count(0)  # two answers, in any order
    assert int(page.locator("b").inner_text()) > 10
    assert set(page.locator("a").all_inner_texts()) == {"0"}
    questions = [parse_qs(urlsplit(url).query) for url in asked if "counts.json" in url]
    assert sum(len(question["article"]) for question in questions) == 121
    assert max(len(question["article"]) for question in questions) <= 100


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"theme": "drak"}, 'data-theme="drak" is none of auto,light,dark.'),
        ({"lang": "xx"}, 'data-lang="xx" is none of en,de,'),
        ({"article": "http://["}, 'data-article="http://[" is no address.'),
    ],
)
def test_a_value_that_is_not_allowed_is_named_and_left_out(
    open_page: OpenPage,
    stage: Stage,
    host: Host,
    complaints: Watched,
    data: dict[str, str],
    said: str,
) -> None:
    host.write("odd.html", f'<div id="comments"></div>{_script(stage, site=stage.site, **data)}')
    page = open_page()
    page.goto(f"{host.origin(NEWS)}/odd.html")
    wait_until(lambda: fits(page, frame_in(page)))
    assert [said in problem for problem in complaints.problems] == [True]
    complaints.problems.clear()


def test_the_keyboard_goes_into_the_comments_and_out_again(
    open_page: OpenPage, stage: Stage, host: Host
) -> None:
    around = '<a id="before" href="#x">Before</a>{}<a id="after" href="#y">After</a>'
    empty = f'<div id="comments" data-article="/nothing.html"></div>{_script(stage, site="news")}'
    host.write("keys.html", around.format(empty))
    page = open_page()
    page.goto(f"{host.origin(NEWS)}/keys.html")
    wait_until(lambda: fits(page, frame_in(page)))
    page.locator("#before").focus()
    frame = frame_in(page)
    page.keyboard.press("Tab")
    # The focus goes from one process of the browser to another, which takes a moment.
    wait_until(lambda: frame.evaluate("document.activeElement !== document.body"))
    for _ in range(20):
        page.keyboard.press("Tab")
        if frame.evaluate("document.activeElement === document.body"):
            break
    wait_until(lambda: page.evaluate("document.activeElement.id") == "after")
    page.keyboard.press("Shift+Tab")
    wait_until(lambda: frame.evaluate("document.hasFocus()"))


def test_after_a_link_to_a_comment_the_next_tab_goes_on_there(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    page = open_page()
    page.goto(article)
    frame = frame_in(page)
    wait_until(lambda: fits(page, frame))
    page.evaluate("hash => { location.hash = hash }", f"#comment-{stage.shown}")
    wait_until(lambda: is_in_view(page, frame.locator(f"#comment-{stage.shown}")))
    page.keyboard.press("Tab")
    inside = "id => document.getElementById(id).contains(document.activeElement)"
    assert frame.evaluate(inside, f"comment-{stage.shown}")


def _snippet(stage: Stage, **data: Any) -> str:
    return snippet(stage.url, stage.site)
