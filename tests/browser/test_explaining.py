"""A rejection is explained with a script: what was prepared can be read and changed before."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.stage import Stage
from tests.browser.texts import LONG, visit_explaining

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_prepared_explanation_fills_the_field_but_no_typed_words(
    open_page: OpenPage, stage: Stage, article: str, desk: object
) -> None:
    page = open_page(storage_state=desk)
    visit_explaining(page, stage, article)
    words = page.get_by_label("Your own words")
    expect(words).to_have_value(f"{LONG.strip()}\n\n{LONG.strip()}")

    prepared = page.get_by_label("A prepared explanation", exact=True)
    prepared.select_option("None")
    expect(words).to_have_value("")
    words.fill("Typed with care.")
    prepared.select_option("The tone")
    expect(words).to_have_value("Typed with care.")


def test_the_key_for_undoing_takes_back_that_one_was_lifted(
    open_page: OpenPage, stage: Stage, desk: object
) -> None:
    page = open_page(storage_state=desk)
    page.goto(f"{stage.url}/standing")
    before = page.get_by_role("button", name="Lift").count()
    page.get_by_role("button", name="Lift").first.click()
    page.get_by_text("It is lifted").wait_for()
    assert page.get_by_role("button", name="Lift").count() == before - 1

    page.keyboard.press("z")

    page.get_by_text("It is in force again").wait_for()
    assert page.get_by_role("button", name="Lift").count() == before
