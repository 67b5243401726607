"""The owner's page of a site in a browser: copying, the live preview, and both without scripts."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, OpenPage
from tests.browser.sites import section, visit_site
from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.slow]
GREEN, RED = "rgb(10, 92, 54)", "rgb(165, 29, 36)"


def button_in(page: Page, scheme: str) -> Locator:
    """The button of the form in a preview."""
    frame = page.frame_locator(f"iframe[data-scheme={scheme}]")
    return frame.locator("button[type=submit]")


def test_the_preview_follows_what_is_typed_before_it_is_saved(
    open_page: OpenPage, office: Any, stage: Stage, article: str
) -> None:
    page = open_page(storage_state=office)
    visit_site(page, stage, article)
    looks = section(page, "looks")

    looks.get_by_label("Colour of links and buttons, light", exact=True).fill("#0a5c36")
    expect(button_in(page, "light")).to_have_css("background-color", GREEN)
    expect(button_in(page, "dark")).not_to_have_css("background-color", GREEN)
    looks.get_by_label("Pick: Colour of links and buttons, light").fill("#a51d24")
    expect(button_in(page, "light")).to_have_css("background-color", RED)
    looks.get_by_label("Font").select_option("With serifs")
    body = page.frame_locator("iframe[data-scheme=dark]").locator("body")
    expect(body).to_have_css("font-family", re.compile("ui-serif"))

    page.reload()
    page.locator("iframe[data-scheme=light]").scroll_into_view_if_needed()
    expect(button_in(page, "light")).not_to_have_css("background-color", RED)


def test_a_preview_is_as_high_as_its_page_and_cannot_be_used(
    open_page: OpenPage, office: Any, stage: Stage, article: str
) -> None:
    page = open_page(PHONE, storage_state=office)
    visit_site(page, stage, article)

    for frame in page.locator(".previews iframe").all():
        root = frame.content_frame.locator("html")
        expect(root).to_have_js_property("scrollTop", 0)
        gap = "e => e.scrollHeight - e.clientHeight"
        page.wait_for_function("e => e.contentDocument.body.innerText", arg=frame.element_handle())
        assert root.evaluate(gap) <= 1
        assert frame.content_frame.locator("script").count() == 0
        field = frame.content_frame.locator("textarea").first
        field.evaluate("field => field.focus()")
        assert field.evaluate("field => document.activeElement !== field")


def test_what_was_saved_has_the_focus_below_the_title_of_its_section(
    open_page: OpenPage, office: Any, stage: Stage
) -> None:
    page = open_page(storage_state=office)
    page.goto(f"{stage.url}/sites/quiet")
    section(page, "watch").get_by_role("button", name="Save").click()
    told = section(page, "watch").get_by_role("status")
    expect(told).to_contain_text("Nothing was changed.")
    expect(told).to_be_focused()
    expect(told).to_be_in_viewport()


def test_contents_stay_beside_what_they_lead_to(
    open_page: OpenPage, office: Any, stage: Stage
) -> None:
    page = open_page({"width": 1366, "height": 700}, storage_state=office)
    page.goto(f"{stage.url}/sites/{stage.site}")
    contents = page.get_by_role("navigation", name="On this page")
    for name in ("Reports and surges", "Snippet"):
        contents.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name)).to_be_in_viewport()
        expect(contents).to_be_in_viewport(ratio=1)
    beside, panel = contents.bounding_box(), section(page, "snippet").bounding_box()
    assert beside and panel and 0 <= beside["x"] < beside["x"] + beside["width"] < panel["x"]


@pytest.mark.parametrize("width", [1280, 320])
def test_nothing_of_snippet_and_presets_is_cut_off(
    open_page: OpenPage, office: Any, stage: Stage, article: str, width: int
) -> None:
    page = open_page({"width": width, "height": 740}, storage_state=office)
    visit_site(page, stage, article)

    cut = "e => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]"
    assert max(page.get_by_label("The snippet").evaluate(cut)) <= 0
    table = page.get_by_role("table", name="Limits of the presets").bounding_box()
    field = page.get_by_label("Sexual content").bounding_box()
    assert table and field and table["width"] <= width - 2 * field["x"]


def test_fields_side_by_side_stand_level(open_page: OpenPage, office: Any, stage: Stage) -> None:
    page = open_page(storage_state=office)
    page.goto(f"{stage.url}/sites/{stage.site}")
    names = ("Held comments under one article", "Within so many minutes")
    boxes = [section(page, "watch").get_by_label(name).bounding_box() for name in names]
    assert len({box["y"] for box in boxes if box}) == 1


def test_the_snippet_is_copied(open_page: OpenPage, office: Any, stage: Stage) -> None:
    page = open_page(storage_state=office, permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{stage.url}/sites/{stage.site}")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f'data-site="{stage.site}"' in copied and "<noscript>" in copied


def test_a_theme_reaches_readers_once_it_is_saved(
    open_page: OpenPage, office: Any, stage: Stage
) -> None:
    page, reader = open_page(storage_state=office), open_page()
    page.goto(f"{stage.url}/sites/demo")
    looks = section(page, "looks")
    looks.get_by_label("Colour of links and buttons, light", exact=True).fill("#0a5c36")
    looks.get_by_role("button", name="Save").click()
    expect(section(page, "looks").get_by_text("Saved")).to_be_visible()

    reader.goto(f"{stage.url}/s/demo/comments?article={stage.url}/demo")
    expect(reader.get_by_role("button", name="Post comment")).to_have_css("background-color", GREEN)
    reader.emulate_media(media="print")
    expect(reader.locator("body")).to_have_css("color", "rgb(29, 33, 41)")

    with page.expect_navigation():  # the page before says the same
        section(page, "looks").get_by_role("button", name="Undo").click()
    expect(section(page, "looks").get_by_text("Saved")).to_be_visible()
    reader.emulate_media(media="screen")
    reader.reload()
    expect(reader.get_by_role("button", name="Post comment")).not_to_have_css(
        "background-color", GREEN
    )


def test_without_javascript_a_button_shows_the_preview(
    open_page: OpenPage, office: Any, stage: Stage
) -> None:
    page = open_page(storage_state=office, java_script_enabled=False)
    page.goto(f"{stage.url}/sites/{stage.site}")
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    looks = section(page, "looks")
    looks.get_by_label("Colour of links and buttons, light", exact=True).fill("#0a5c36")
    looks.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("nothing is saved yet")).to_be_visible()
    page.locator("iframe[data-scheme=light]").scroll_into_view_if_needed()
    expect(button_in(page, "light")).to_have_css("background-color", GREEN)
