"""Every page: accessible, without complaints, without horizontal scrolling, in both directions."""

import itertools
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from moderation.statuses import Status
from tests.browser.axe import violations
from tests.browser.conftest import DESKTOP, PHONE, OpenPage, Watched
from tests.browser.stage import Stage
from tests.browser.visits import MODERATORS, OWNERS, READERS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WIDEST = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""
NARROW = {"width": 320, "height": 640}
# In the middle of each, how many pixels below each other are its own.
OWN_HEIGHTS = """links => links.filter((link) => link.checkVisibility()).map((link) => {
  const { left, top, width, height } = link.getBoundingClientRect();
  const isOwn = (y) => link.contains(document.elementFromPoint(left + width / 2, y));
  return [...Array(Math.floor(height)).keys()].filter((y) => isOwn(top + y + 0.5)).length;
})"""


# Who looks at a page: the fixture with their browser's state, and where they go.
LOOKS = [
    pytest.param((state, visit), id=name)
    for state, visits in ((None, READERS), ("desk", MODERATORS), ("office", OWNERS))
    for name, visit in visits.items()
]


@pytest.fixture(params=LOOKS)
def at(request: pytest.FixtureRequest, open_page: OpenPage, stage: Stage, article: str) -> Page:
    """Every page of the product in turn."""
    state, visit = request.param
    page = open_page(storage_state=request.getfixturevalue(state) if state else None)
    visit(page, stage, article)
    return page


def test_axe_finds_nothing_serious_wide_or_narrow_light_or_dark(at: Page) -> None:
    for size, scheme in itertools.product((DESKTOP, PHONE), ("light", "dark")):
        at.set_viewport_size(size)  # type: ignore[arg-type]
        at.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        # Not the frame of the demo article: axe does not see what lies behind it.
        assert violations(at.main_frame) == []


def test_nothing_scrolls_sideways_at_320_pixels(at: Page) -> None:
    at.set_viewport_size(NARROW)  # type: ignore[arg-type]
    for direction in ("ltr", "rtl"):
        for frame in at.frames:
            frame.evaluate("direction => { document.documentElement.dir = direction }", direction)
            assert frame.evaluate(WIDEST) <= 0, direction


def test_no_page_breaks_its_security_policy_or_complains(at: Page, complaints: Watched) -> None:
    at.wait_for_load_state("networkidle")
    assert complaints.problems == []


def test_replies_step_in_from_the_side_where_reading_starts(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    page = open_page()
    page.goto(stage.url + stage.thread(article))
    levels = [page.locator(f".level-{level} article").first for level in range(4)]
    starts = [_box(level)["x"] for level in levels]
    page.evaluate("document.documentElement.dir = 'rtl'")
    ends = [_box(level)["x"] + _box(level)["width"] for level in levels]
    assert starts == sorted(set(starts))
    assert ends == sorted(set(ends), reverse=True)


def _box(locator: Any) -> dict[str, float]:
    box = locator.bounding_box()
    assert box is not None
    found: dict[str, float] = box
    return found


def test_what_is_tapped_is_44_pixels_high(open_page: OpenPage, stage: Stage, article: str) -> None:
    page = open_page(PHONE, has_touch=True, is_mobile=True)
    page.goto(stage.url + stage.thread(article))
    tapped = page.locator(
        "button, input:not([type=hidden], #website), textarea, .reply, .report, .thread header a, "
        ".foot a, .home a, .comment-form .actions a"
    )
    boxes = [box for box in (found.bounding_box() for found in tapped.all()) if box]
    assert len(boxes) > 10
    assert min(box["height"] for box in boxes) >= 44


@pytest.mark.parametrize("language", ["en", "ar"])
def test_what_is_tapped_in_a_header_is_its_own_for_44_pixels_in_lines_that_are_not(
    open_page: OpenPage, stage: Stage, article: str, language: str
) -> None:
    page = open_page({"width": 320, "height": 9_000}, has_touch=True, is_mobile=True)
    page.goto(stage.url + stage.thread(article, lang=language))
    taken = page.locator(".thread header a").evaluate_all(OWN_HEIGHTS)
    assert len(taken) > 10
    assert min(taken) >= 43  # whole pixels of 44
    for header in page.locator(".thread .level-1 > article header").all():
        name, when = header.locator(".name"), header.locator(".permalink")
        assert _middle(when)["y"] - _middle(name)["y"] < 32
        assert _middle(header.locator(".avatar"))["y"] < _middle(when)["y"]


def _middle(locator: Any) -> dict[str, float]:
    box = _box(locator)
    return {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}


def test_a_name_stands_beside_its_avatar_however_long(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    page = open_page(NARROW)
    page.goto(stage.url + stage.thread(article))
    for avatar in page.locator(".thread header .avatar").all():
        name = avatar.locator("+ .name")
        assert _box(name)["y"] < _box(avatar)["y"] + _box(avatar)["height"]


def test_what_deletes_for_good_does_not_look_like_what_sends(
    open_page: OpenPage, stage: Stage
) -> None:
    page = open_page()
    page.goto(f"{stage.url}{stage.private[Status.APPROVED]}/delete")
    button = page.get_by_role("button", name="Delete it for good")
    expect(button).to_have_css("background-color", "rgb(165, 29, 36)")
