import pytest
from tests.browser.test_reply import *
from tests.browser.conftest import PHONE
@pytest.mark.parametrize("size", [PHONE, {"width":900,"height":1100}])
def test_shot(open_page, stage, thread, size):
    here, ids = thread
    [d] = publish(stage, here, "Deeper", parent=ids[1])
    page = open_page(size)
    page.goto(stage.url + stage.thread(here))
    _link(page, d).click()
    page.screenshot(path=f"/tmp/h/shots/reply-{size['width']}.png", full_page=True, clip=None)
