"""How to get to the page by which a reader reports a comment."""

from playwright.sync_api import Page

from tests.browser.stage import Stage


def visit_report(page: Page, stage: Stage, article: str) -> None:
    """The page with its reasons, reached from the thread."""
    page.goto(stage.url + stage.thread(article))
    page.locator(f"#comment-{stage.shown} > article").get_by_role("link", name="Report").click()
    page.get_by_role("heading", name="Report a comment").wait_for()


def visit_report_badly(page: Page, stage: Stage, article: str) -> None:
    """No reason was chosen."""
    visit_report(page, stage, article)
    page.get_by_role("button", name="Report it").click()
    page.get_by_text("Please choose a reason.").wait_for()


def visit_reported(page: Page, stage: Stage, article: str) -> None:
    """The thanks."""
    visit_report(page, stage, article)
    page.get_by_label("It is advertising").check()
    page.get_by_role("button", name="Report it").click()
    page.get_by_role("status").wait_for()


def visit_gone(page: Page, stage: Stage, article: str) -> None:
    """A comment that is not public."""
    page.goto(f"{stage.url}/s/{stage.site}/report?article={article}&comment={stage.held}")
