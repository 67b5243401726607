from tests.browser.conftest import PHONE
from tests.browser.embedding import frame_in
def test_dbg(open_page, host, article):
    page = open_page(PHONE)
    page.goto(article)
    link = frame_in(page).locator(".report").last
    link.scroll_into_view_if_needed()
    print(link.get_attribute("href"), page.evaluate("[scrollY, innerHeight]"))
    link.click()
    h = page.frame_locator("#comments iframe").get_by_role("heading", level=1)
    h.get_by_text("Report").wait_for() if False else None
    for i in range(6):
        page.wait_for_timeout(400)
        print(h.all_inner_texts(), h.first.bounding_box(), page.evaluate("[scrollY, document.querySelector('#comments iframe').clientHeight, document.documentElement.scrollHeight]"), page.frames[1].url[-80:])
    page.screenshot(path="/tmp/h_shots/dbg.png")
