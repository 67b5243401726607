"""Back to the page that answered a sent form: it is the thread, not a form to be sent again."""

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.embedding import frame_in
from tests.browser.stage import NEWS, Host, Stage, snippet
from tests.browser.threads import publish
from tests.browser.visits import send

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def _open(page: Page, stage: Stage, host: Host, here: str, *, is_framed: bool) -> Page | Frame:
    if not is_framed:
        page.goto(stage.url + stage.thread(here))
        return page
    place = snippet(stage.url, stage.site).replace("data-site", f'data-article="{here}" data-site')
    host.write("back.html", place)
    page.goto(f"{host.origin(NEWS)}/back.html")
    return frame_in(page)


@pytest.mark.parametrize("is_framed", [False, True], ids=["alone", "framed"])
@pytest.mark.parametrize("email", ["ada@example.com", "nonsense"], ids=["received", "refused"])
def test_back_to_the_answer_of_a_form_shows_the_thread(
    open_page: OpenPage, stage: Stage, host: Host, article: str, is_framed: bool, email: str
) -> None:
    here = f"{article}?back-{is_framed}-{email}"
    publish(stage, here, "Old")
    page = open_page()
    place = _open(page, stage, host, here, is_framed=is_framed)
    send(place, "Said before going on.", email=email)  # type: ignore[arg-type]
    expect(place.locator("#notice, #problems")).to_be_visible()
    place.get_by_role("link", name="Report the comment by").click()
    expect(place.get_by_role("heading", level=1)).to_contain_text("Report")
    methods: list[str] = []
    page.on("request", lambda request: methods.append(request.method))
    page.evaluate("history.back()")  # of the frame where that went on
    expect(place.get_by_text("Old", exact=True)).to_be_visible()
    expect(place.locator("#notice, #problems")).to_have_count(0)
    assert methods[0] == "GET"


def test_back_to_a_refused_reply_is_a_reply_still(
    open_page: OpenPage, stage: Stage, article: str
) -> None:
    here = f"{article}?refused-reply"
    [asked] = publish(stage, here, "Old")
    page = open_page()
    page.goto(stage.url + stage.thread(here, parent=asked))
    send(page, "A reply to keep.", email="nonsense")
    expect(page.locator("#problems")).to_be_visible()
    assert f"parent={asked}" in page.url
    page.reload()
    expect(page.get_by_role("heading", name="Reply to")).to_be_visible()
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("A reply to keep.")
