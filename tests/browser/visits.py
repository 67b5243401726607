"""How to get to every page of the product, each in the state worth looking at."""

from collections.abc import Callable

from playwright.sync_api import Page

from moderation.statuses import Status
from tests.browser.stage import MODERATOR, NEWCOMER, Stage
from tests.factories import PASSWORD

Visit = Callable[[Page, Stage, str], None]  # page, stage, article


def sign_in(page: Page, stage: Stage, email: str = MODERATOR, password: str = PASSWORD) -> None:
    """Fill in the sign-in page and send it."""
    page.goto(f"{stage.url}/login")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()


def send(page: Page, body: str, *, name: str = "Ada", email: str = "ada@example.com") -> None:
    """Fill in the comment form on the page and send it."""
    page.get_by_role("textbox", name="Comment").fill(body)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Email").fill(email)
    page.get_by_role("button", name="Post comment").click()
    page.wait_for_load_state()


def _at(path: str) -> Visit:
    return lambda page, stage, article: _go(page, stage.url + path)


def _go(page: Page, url: str) -> None:
    page.goto(url)


def _demo(page: Page, stage: Stage, article: str) -> None:
    page.goto(f"{stage.url}/demo")
    page.frame_locator("iframe").get_by_role("button", name="Post comment").wait_for()


def _thread(page: Page, stage: Stage, article: str) -> None:
    page.goto(stage.url + stage.thread(article))


def _empty_thread(page: Page, stage: Stage, article: str) -> None:
    page.goto(stage.url + stage.thread(f"{article}?nothing"))


def _reply(page: Page, stage: Stage, article: str) -> None:
    page.goto(stage.url + stage.thread(article, parent=stage.shown) + "#form")


def _closed(page: Page, stage: Stage, article: str) -> None:
    page.goto(f"{stage.url}/s/quiet/comments?article={article}")


def _errors(page: Page, stage: Stage, article: str) -> None:
    _thread(page, stage, article)
    send(page, "", name="me@example.com", email="nonsense")


def _notice(page: Page, stage: Stage, article: str) -> None:
    page.goto(stage.url + stage.thread(f"{article}?notice={id(page)}"))
    send(page, "A text that nobody scores.")


def _refused(page: Page, stage: Stage, article: str) -> None:
    _notice(page, stage, article)
    send(page, "A text that nobody scores.")


def _private(status: Status) -> Visit:
    return lambda page, stage, article: _go(page, stage.url + stage.private[status])


def _refused_sign_in(page: Page, stage: Stage, article: str) -> None:
    sign_in(page, stage, password="wrong")


def _empty_queue(page: Page, stage: Stage, article: str) -> None:
    sign_in(page, stage, NEWCOMER)


def _comment(page: Page, stage: Stage, article: str) -> None:
    page.goto(f"{stage.url}/queue/{stage.held}")


def _moved(page: Page, stage: Stage, article: str) -> None:
    _comment(page, stage, article)
    page.locator("[name=version]").evaluate("field => { field.value = '1' }")
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("alert").wait_for()


def _undone(page: Page, stage: Stage, article: str) -> None:
    page.goto(f"{stage.url}/queue")
    page.get_by_role("button", name="Approve").first.click()
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_role("status").get_by_text("Undone").wait_for()


def _search(page: Page, stage: Stage, article: str) -> None:
    page.goto(f"{stage.url}/commenters")
    page.get_by_label("Full email address").fill("nobody@example.com")
    page.get_by_role("button", name="Search").click()
    page.get_by_text("has this address").wait_for()


READERS: dict[str, Visit] = {
    "the demo article": _demo,
    "a thread": _thread,
    "an empty thread": _empty_thread,
    "a reply": _reply,
    "a closed article": _closed,
    "the form with errors": _errors,
    "the notice after sending": _notice,
    "a text sent twice": _refused,
    "the private page of a published comment": _private(Status.APPROVED),
    "the private page of a held comment": _private(Status.HELD),
    "the private page of a rejected comment": _private(Status.REJECTED),
    "the private page of an undecided comment": _private(Status.PROCESSING),
    "a page that is not there": _at("/s/nobody/comments"),
    "the sign-in page": _at("/login"),
    "a refused sign-in": _refused_sign_in,
    "an empty queue": _empty_queue,
}
MODERATORS: dict[str, Visit] = {
    "the queue": _at("/queue"),
    "the approved comments": _at("/queue?status=approved"),
    "the rejected comments": _at("/queue?status=rejected"),
    "one comment with its history": _comment,
    "a decision about what has moved": _moved,
    "a decision undone": _undone,
    "the log": _at("/log"),
    "the search for a commenter": _search,
}
