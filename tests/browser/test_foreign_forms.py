"""What browsers say of a page that sends a form, and what becomes of it."""

import html

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from moderation.models import Comment
from tests.browser.conftest import OpenPage
from tests.browser.stage import NEWS, OTHER, Host, Stage

pytestmark = [pytest.mark.browser, pytest.mark.slow]
REFUSED = "This form came from a page of another site, so nothing was sent."


@pytest.mark.parametrize(
    "name, policy, is_taken",
    [
        (NEWS, "origin", True),
        (NEWS, "no-referrer", False),  # it says no more of itself than any other page
        (OTHER, "origin", False),
        (OTHER, "no-referrer", False),
    ],
)
def test_only_the_sites_pages_have_their_visitors_send_a_form(
    open_page: OpenPage,
    stage: Stage,
    host: Host,
    article: str,
    name: str,
    policy: str,
    is_taken: bool,
) -> None:
    page, about = open_page(), f"{article}?{name}{policy}"
    page.goto(stage.url + stage.thread(about))
    token = page.locator("[name=csrf_token]").first.input_value()
    fields = {"article": about, "name": "Ada", "email": "ada@example.com", "body": about}
    inputs = "".join(
        f'<input name="{field}" value="{html.escape(value)}">'
        for field, value in {**fields, "csrf_token": token}.items()
    )
    host.write(
        "sends.html",
        f'<meta name="referrer" content="{policy}"><form method="post" '
        f'action="{stage.url}/s/{stage.site}/comments">{inputs}<button>Play</button></form>',
    )

    page.goto(f"{host.origin(name)}/sends.html")
    page.get_by_role("button", name="Play").click()

    expect(page.locator("main")).to_contain_text("Thank you." if is_taken else REFUSED)
    with stage.services.database.reading() as session:
        query = select(func.count()).select_from(Comment).where(Comment.body == about)
        assert session.scalar(query) == is_taken
