"""Bans: visits to the pages that set them."""

from playwright.sync_api import Page

from tests.browser.stage import Stage


def visit_new(
    page: Page, stage: Stage, article: str, kind: str = "word", whom: str = "trees"
) -> None:
    """What a ban would have hit, before it is set."""
    page.goto(f"{stage.url}/bans/new")
    page.get_by_label("What to ban").select_option(kind)
    page.get_by_label("Which one").fill(whom)
    page.get_by_label("Where", exact=True).select_option("All sites, those to come too")
    page.get_by_label("Reason, for your colleagues").fill("Too much of it")
    page.get_by_role("button", name="Show what it would have hit").click()
    page.wait_for_load_state()


def visit_refused(page: Page, stage: Stage, article: str) -> None:
    """A ban of what is no email."""
    visit_new(page, stage, article, "email", "nobody")


def visit_commenter(page: Page, stage: Stage, article: str) -> None:
    """A commenter about to be banned."""
    page.goto(f"{stage.url}/commenters/{stage.commenter}/ban")


def visit_forgotten_network(page: Page, stage: Stage, article: str) -> None:
    """A comment whose network is known no more, about to be banned."""
    page.goto(f"{stage.url}/queue/{stage.kept}/ban")
