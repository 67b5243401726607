"""An answer is written right below its comment, with the one form of the page."""

import pytest
from playwright.sync_api import Frame, Locator, Page, expect
from sqlalchemy import select

from moderation.models import Comment
from tests.browser.axe import violations
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.embedding import fits, frame_in
from tests.browser.stage import NEWS, Host, Stage, snippet
from tests.browser.threads import publish
from tests.browser.visits import send
from tests.servers import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MINUTE = 60_000  # milliseconds
TYPED = "Half a thought."


def _text(place: Page | Frame) -> Locator:
    return place.get_by_role("textbox", name="Comment")


def _entry(place: Page | Frame, public_id: str) -> Locator:
    return place.locator(f"#comment-{public_id}")


def _link(place: Page | Frame, public_id: str) -> Locator:
    return _entry(place, public_id).locator("> article .reply")


def _top(locator: Locator) -> float:
    box = locator.bounding_box()
    assert box is not None
    return box["y"]


def _height(locator: Locator) -> float:
    box = locator.bounding_box()
    assert box is not None
    return box["height"]


def _expect_below(place: Page | Frame, public_id: str) -> None:
    expect(_entry(place, public_id).locator("> article + #form")).to_be_visible()
    expect(place.locator("#form").get_by_role("heading", name="Reply to Ada")).to_be_visible()


def _expect_at_home(place: Page | Frame) -> None:
    expect(place.locator("main > #form")).to_be_visible()
    expect(place.get_by_role("heading", name="Leave a comment")).to_be_visible()
    expect(place.get_by_role("link", name="Cancel the reply")).to_be_hidden()


@pytest.fixture
def thread(stage: Stage, article: str, request: pytest.FixtureRequest) -> tuple[str, list[str]]:
    """The address of an article of this test's own, and its comments."""
    here = f"{article}?{request.node.name.replace('[', '-').rstrip(']')}"
    return here, publish(stage, here, *(f"Comment {number}" for number in range(20)))


def _open_framed(page: Page, stage: Stage, host: Host, here: str) -> Frame:
    place = snippet(stage.url, stage.site).replace("data-site", f'data-article="{here}" data-site')
    host.write("reply.html", place)
    page.goto(f"{host.origin(NEWS)}/reply.html")
    frame = frame_in(page)
    wait_until(lambda: fits(page, frame))
    return frame


def _begin(page: Page, stage: Stage, thread: tuple[str, list[str]]) -> Page:
    """The page, with a reply to the fourth comment begun."""
    here, ids = thread
    page.goto(stage.url + stage.thread(here))
    _link(page, ids[3]).click()
    return page


@pytest.mark.parametrize("is_framed", [False, True], ids=["alone", "framed"])
def test_place_and_text_are_kept_and_come_back(
    open_page: OpenPage,
    stage: Stage,
    host: Host,
    thread: tuple[str, list[str]],
    is_framed: bool,
) -> None:
    here, ids = thread
    page, deep = open_page(), ids[15]
    place: Page | Frame = page
    if is_framed:
        place = _open_framed(page, stage, host, here)
    else:
        page.goto(stage.url + stage.thread(here))
    _text(place).fill(TYPED)
    link = _link(place, deep)
    link.evaluate("link => link.scrollIntoView()")
    before = _top(link)
    link.click()
    _expect_below(place, deep)
    expect(_text(place)).to_be_focused()
    expect(_text(place)).to_have_value(TYPED)
    expect(_text(place)).to_be_in_viewport()
    if isinstance(place, Frame):
        frame = place
        wait_until(lambda: fits(page, frame))
    assert abs(_top(link) - before) < 2
    assert violations(place if isinstance(place, Frame) else page.main_frame) == []
    place.get_by_role("link", name="Cancel the reply").click()
    _expect_at_home(place)
    expect(_text(place)).to_have_value(TYPED)
    expect(link).to_be_focused()
    assert abs(_top(link) - before) < 2


def test_the_place_it_left_shrinks_and_what_is_read_stays(
    open_page: OpenPage, stage: Stage, thread: tuple[str, list[str]]
) -> None:
    here, ids = thread
    page = open_page(PHONE)
    page.goto(stage.url + stage.thread(here))
    # Not every browser holds by itself what is being read.
    page.evaluate("document.querySelector('main').style.overflowAnchor = 'none'")
    whole = _height(page.locator("#form"))
    for number in (12, 15):  # the second while the first is begun
        link = _link(page, ids[number])
        link.evaluate("link => link.scrollIntoView()")
        before = _top(link)
        link.dispatch_event("click")  # a real one would scroll by itself
        _expect_below(page, ids[number])
        assert abs(_top(link) - before) < 2
        assert _height(page.locator(".gap")) < 100 < whole
    page.get_by_role("link", name="Cancel the reply").dispatch_event("click")
    _expect_at_home(page)
    assert abs(_top(link) - before) < 2
    assert _height(page.locator("#form")) == whole


def test_nothing_jumps_where_there_is_nothing_to_scroll_back(
    open_page: OpenPage, stage: Stage, thread: tuple[str, list[str]]
) -> None:
    here, ids = thread
    page = open_page({"width": 1280, "height": 1600})
    page.goto(stage.url + stage.thread(here))
    link = _link(page, ids[1])
    before = _top(link)
    link.click()
    _expect_below(page, ids[1])
    assert abs(_top(link) - before) < 2


def test_what_opens_below_the_window_of_a_frame_is_scrolled_to(
    open_page: OpenPage, stage: Stage, host: Host, thread: tuple[str, list[str]]
) -> None:
    here, ids = thread
    page = open_page()
    frame = _open_framed(page, stage, host, here)
    link = _link(frame, ids[10])
    link.evaluate("link => link.scrollIntoView({ block: 'end' })")
    link.click()
    _expect_below(frame, ids[10])
    expect(_text(frame)).to_be_in_viewport()
    expect(link).to_be_in_viewport()


def test_in_the_deepest_branch_of_a_phone_it_has_room(
    open_page: OpenPage, stage: Stage, thread: tuple[str, list[str]]
) -> None:
    here, (deep, *_) = thread
    for _ in range(6):
        [deep] = publish(stage, here, "Deeper", parent=deep)
    page = open_page({"width": 320, "height": 640})
    page.goto(stage.url + stage.thread(here))
    _link(page, deep).click()
    _expect_below(page, deep)
    box = _text(page).bounding_box()
    assert box and box["width"] > 150
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_two_texts_begun_each_wait_where_they_belong(
    open_page: OpenPage, stage: Stage, thread: tuple[str, list[str]]
) -> None:
    here, ids = thread
    page, begun = open_page(), "An answer begun."
    page.goto(f"{stage.url}{stage.thread(here)}&parent={ids[3]}")
    _text(page).fill(begun)
    page.goto(stage.url + stage.thread(here))
    expect(_text(page)).to_have_value("")
    _text(page).fill(TYPED)
    _link(page, ids[3]).click()
    expect(_text(page)).to_have_value(begun)
    page.get_by_role("link", name="Cancel the reply").click()
    expect(_text(page)).to_have_value(TYPED)


def test_it_lands_below_its_comment_and_no_draft_is_left(
    open_page: OpenPage, stage: Stage, thread: tuple[str, list[str]]
) -> None:
    here, ids = thread
    page = open_page()
    page.goto(stage.url + stage.thread(here))
    _text(page).fill(TYPED)
    page.reload()
    expect(_text(page)).to_have_value(TYPED)
    _link(page, ids[3]).click()
    _link(page, ids[5]).click()
    _expect_below(page, ids[5])
    send(page, "A thought for the fifth.")
    expect(_entry(page, ids[5]).locator(".waiting")).to_contain_text("A thought for the fifth.")
    with stage.services.database.reading() as session:
        said = select(Comment).where(Comment.body == "A thought for the fifth.")
        answered = session.scalars(said).one().parent
        assert answered and answered.public_id == ids[5]
    page.goto(stage.url + stage.thread(here))
    expect(_text(page)).to_have_value("")


def test_escape_ends_it_where_nothing_is_typed(
    open_page: OpenPage, stage: Stage, thread: tuple[str, list[str]]
) -> None:
    here, ids = thread
    page = open_page()
    page.goto(stage.url + stage.thread(here))
    address = page.url
    _link(page, ids[3]).focus()
    page.keyboard.press("Enter")
    page.keyboard.type("x")
    page.keyboard.press("Escape")
    _expect_below(page, ids[3])
    page.keyboard.press("Backspace")
    page.keyboard.press("Escape")
    _expect_at_home(page)
    expect(_link(page, ids[3])).to_be_focused()
    assert page.url == address


def test_where_the_form_stood_something_leads_back(
    open_page: OpenPage, stage: Stage, thread: tuple[str, list[str]]
) -> None:
    page = _begin(open_page(), stage, thread)
    _text(page).fill(TYPED)
    page.get_by_role("button", name="Leave a comment").click()
    _expect_at_home(page)
    expect(_text(page)).to_be_focused()
    expect(_text(page)).to_have_value(TYPED)


def test_a_reload_shows_the_reply_and_its_text(
    open_page: OpenPage, stage: Stage, thread: tuple[str, list[str]]
) -> None:
    page = _begin(open_page(), stage, thread)
    _text(page).fill(TYPED)
    page.reload()
    expect(page.locator("main > #form").get_by_role("heading", name="Reply to Ada")).to_be_visible()
    expect(_text(page)).to_have_value(TYPED)


def test_a_refused_reply_is_one_still_and_cancelled_with_its_text(
    open_page: OpenPage, stage: Stage, thread: tuple[str, list[str]]
) -> None:
    page = _begin(open_page(), stage, thread)
    _, ids = thread
    send(page, TYPED, email="nonsense")
    expect(page.locator("#problems")).to_be_visible()
    expect(page.locator("main > #form").get_by_role("heading", name="Reply to Ada")).to_be_visible()
    assert page.locator("[name=parent]").input_value() == ids[3]
    _link(page, ids[5]).click()
    _expect_below(page, ids[5])
    expect(page.locator("#form .quote")).to_be_hidden()
    page.get_by_role("link", name="Cancel the reply").click()
    expect(page.locator("#form .quote")).to_be_visible()
    assert page.locator("[name=parent]").input_value() == ids[3]
    page.get_by_role("link", name="Cancel the reply").click()
    page.wait_for_url(f"**comment={ids[3]}*#comment-{ids[3]}")
    expect(_entry(page, ids[3])).to_be_in_viewport()
    expect(_text(page)).to_have_value(TYPED)
    _expect_at_home(page)


def test_a_page_for_a_reply_begins_with_what_was_typed_in_the_thread(
    open_page: OpenPage, stage: Stage, thread: tuple[str, list[str]]
) -> None:
    here, ids = thread
    page = open_page()
    page.goto(stage.url + stage.thread(here))
    _text(page).fill(TYPED)
    page.goto(stage.url + stage.thread(here, parent=ids[3]))
    expect(_text(page)).to_have_value(TYPED)
    page.go_back()
    expect(_text(page)).to_have_value(TYPED)
    page.goto(stage.url + stage.thread(here, parent=ids[3]))
    send(page, TYPED)
    expect(page.locator("#notice")).to_contain_text("received")
    page.goto(stage.url + stage.thread(here))
    expect(_text(page)).to_have_value("")


def test_new_comments_leave_it_where_it_is(
    open_page: OpenPage, stage: Stage, thread: tuple[str, list[str]]
) -> None:
    here, ids = thread
    page = open_page()
    page.clock.install()
    page.goto(stage.url + stage.thread(here))
    _link(page, ids[3]).click()
    _text(page).fill(TYPED)
    [new] = publish(stage, here, "New one")
    page.clock.run_for(MINUTE)
    page.get_by_role("button", name="1 new comment").click()
    expect(_entry(page, new)).to_be_focused()
    _expect_below(page, ids[3])
    expect(_text(page)).to_have_value(TYPED)
