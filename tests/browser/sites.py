"""The owner's page of a site in its states, and how to get there."""

import secrets

from playwright.sync_api import Locator, Page

from tests.browser.stage import Stage


def section(page: Page, name: str) -> Locator:
    """One section of the page, by the id of its heading."""
    return page.locator(f"section[aria-labelledby={name}]")


def visit_site(page: Page, stage: Stage, article: str) -> None:
    """Everything about a site, its previews loaded and the limits open."""
    page.goto(f"{stage.url}/sites/{stage.site}")
    page.get_by_text("Limits of your own").click()
    for frame in page.locator(".previews iframe").all():
        frame.scroll_into_view_if_needed()
        frame.content_frame.get_by_text("I own a shop there.").wait_for()


def visit_saved(page: Page, stage: Stage, article: str) -> None:
    """A section just saved, with the way back."""
    page.goto(f"{stage.url}/sites/quiet")
    field = section(page, "writing").get_by_label("Links in a comment")
    field.fill("1" if field.input_value() != "1" else "3")
    section(page, "writing").get_by_role("button", name="Save").click()
    page.get_by_text("Saved: it counts from now on.").wait_for()


def visit_unreadable(page: Page, stage: Stage, article: str) -> None:
    """Colours that nobody could read."""
    page.goto(f"{stage.url}/sites/{stage.site}")
    section(page, "looks").get_by_label("Colour of links and buttons, light").first.fill("#ffcc00")
    section(page, "looks").get_by_role("button", name="Save").click()
    page.get_by_text("would be hard to read").first.wait_for()


def visit_removing(page: Page, stage: Stage, article: str) -> None:
    """An origin about to be removed."""
    page.goto(f"{stage.url}/sites/{stage.site}")
    section(page, "site").get_by_label("Addresses of its pages").fill("https://new.example")
    section(page, "site").get_by_role("button", name="Save").click()
    page.get_by_text("Nothing is saved yet.").wait_for()


def visit_article(page: Page, stage: Stage, article: str) -> None:
    """The rules of one article, just saved, the limits open."""
    page.goto(f"{stage.url}/sites/{stage.site}/articles")
    page.get_by_label("Address of the article").fill(article)
    page.get_by_role("button", name="Open").click()
    page.get_by_label("Names that nobody else may use").fill(f"Guest {secrets.token_hex(4)}")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved: it counts from now on.").wait_for()
    page.get_by_text("Limits of its own").click()


def visit_articles(page: Page, stage: Stage, article: str) -> None:
    """Which articles have rules of their own, after an address that is none of the site's."""
    visit_article(page, stage, article)
    page.goto(f"{stage.url}/sites/{stage.site}/article?article=https://elsewhere.example/")
    page.get_by_text("no address on the site").wait_for()
