"""The whole story in a browser, the form in a frame on a page of another host; the real model."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser import stage as theatre
from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.stage import NEWS, Host, Stage, snippet
from tests.browser.visits import sign_in
from tests.servers import MODELS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CLEAN = "What a lovely tree, thank you."
TOXIC = "You are a stupid idiot, shut up."
WORSE = "Shut your mouth, you disgusting idiot."


@pytest.fixture(scope="module")
def live(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, host: Host
) -> Iterator[Stage]:
    """A served installation that scores by itself."""
    built = theatre.build(
        tmp_path_factory.mktemp("live"),
        sqlite_template,
        [host.origin(NEWS)],
        MODEL="home",
        MODEL_CACHE=str(MODELS),
        SCORER="embedded",
        SCORE_WAIT="20",  # long enough that every answer names the outcome
    )
    try:
        built.installation.serve()
        built.installation.wait_ready()
        yield built
    finally:
        built.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_comments_on_another_host_are_published_held_approved_and_rejected(
    open_page: OpenPage, live: Stage, host: Host, size: dict[str, int]
) -> None:
    name = f"story-{size['width']}.html"
    host.write(name, snippet(live.url, live.site))
    reader, moderator = open_page(size), open_page(size)
    reader.goto(f"{host.origin(NEWS)}/{name}")
    comments = reader.frame_locator("#comments iframe")

    _send(comments, CLEAN, f"ada{size['width']}")
    expect(comments.locator("#notice")).to_contain_text("Your comment is published.")
    expect(comments.get_by_role("link", name="Show it")).to_be_visible()
    _send(comments, TOXIC, f"rude{size['width']}")
    expect(comments.locator("#notice")).to_contain_text("a person will look at it")
    _send(comments, WORSE, f"worse{size['width']}")
    expect(comments.locator("#notice")).to_contain_text("a person will look at it")
    private = comments.get_by_role("link", name="Your private page for this comment")
    private_address = private.get_attribute("href") or ""
    _expect_shown(reader, CLEAN)
    assert _shown(reader) == [CLEAN]

    moderator.goto(f"{live.url}/queue")
    expect(moderator).to_have_title("Sign in")
    sign_in(moderator, live)
    card = moderator.get_by_role("article").filter(has_text=TOXIC)
    expect(card.get_by_label("Why it is here")).to_contain_text("The model finds")
    expect(card.get_by_label("Scores")).to_contain_text("toxicity")
    card.get_by_role("button", name="Approve", exact=True).click()
    expect(moderator.get_by_role("status")).to_contain_text("Approved")
    card = moderator.get_by_role("article").filter(has_text=WORSE)
    card.get_by_label("Reason for a rejection").select_option("insult")
    card.get_by_role("button", name="Reject").click()
    expect(moderator.get_by_role("status")).to_contain_text("Rejected")

    _expect_shown(reader, TOXIC)
    assert _shown(reader) == [CLEAN, TOXIC]
    reader.goto(private_address)
    expect(reader.get_by_role("heading", level=1)).to_have_text("Your comment was not published.")
    expect(reader.get_by_text("It insults somebody.")).to_be_visible()


def _send(comments: FrameLocator, body: str, name: str) -> None:
    comments.get_by_role("textbox", name="Comment").fill(body)
    comments.get_by_label("Name").fill(name)
    comments.get_by_label("Email").fill(f"{name}@example.com")
    comments.get_by_role("button", name="Post comment").click()
    expect(comments.get_by_role("textbox", name="Comment")).to_have_value("")


def _expect_shown(reader: Page, body: str) -> None:
    reader.reload()
    shown = reader.frame_locator("#comments iframe").locator(".thread")
    expect(shown.get_by_text(body)).to_be_visible()


def _shown(reader: Page) -> list[str]:
    """The texts that a visitor of the foreign page reads."""
    texts = reader.frame_locator("#comments iframe").locator(".thread .text")
    return [text.strip() for text in texts.all_inner_texts()]
