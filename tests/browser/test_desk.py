"""The moderators' desk in a browser: by keyboard alone, beside colleagues, with many at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import func, select, update

from moderation.flow.review import decide_by_hand
from moderation.models import Comment, Event, FindingRow, Moderator, Site
from moderation.statuses import Actor, Change, Code, Reason, Status, Verdict
from moderation.sweep import now
from tests.browser import stage as theatre
from tests.browser.conftest import PHONE, OpenPage, Watched
from tests.browser.stage import MODERATOR, Host, Stage
from tests.browser.visits import sign_in
from tests.factories import make_comment

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HUNDRED = 100


@pytest.fixture
def office(tmp_path: Path, sqlite_template: Path, host: Host) -> Iterator[Stage]:
    """A served installation of this test's own, without comments."""
    built = theatre.build(tmp_path, sqlite_template, ["http://news.test"])
    try:
        built.installation.serve()
        yield built
    finally:
        built.close()


@pytest.fixture
def page(browser: Browser, office: Stage, open_page: OpenPage) -> Page:
    """A page on which a moderator is signed in."""
    found = open_page()
    sign_in(found, office)
    return found


def hold(office: Stage, count: int) -> None:
    """Put so many held comments into the queue."""
    with office.services.database.transaction() as session:
        site = session.scalars(select(Site).where(Site.key == "news")).one()
        for number in range(count):
            make_comment(
                session,
                site,
                name=f"Reader {number}",
                body=f"Text {number}.",
                article="http://news.test/a",
                now=now(),
            )


def statuses(office: Stage) -> list[Status]:
    with office.services.database.reading() as session:
        return list(session.scalars(select(Comment.status).order_by(Comment.id)))


def card(page: Page, number: int) -> Locator:
    """The card of this reader, decided or not."""
    return page.get_by_role("article").filter(has_text=f"Reader {number}")


def count(page: Page, queue: str) -> Locator:
    """The length of a queue on its tab."""
    return page.locator(f"[data-queue={queue}]")


def test_a_hundred_comments_are_decided_by_keyboard_alone(page: Page, office: Stage) -> None:
    """One key approves or marks as spam, two reject: nothing else is pressed, but once a page."""
    hold(office, HUNDRED)
    page.goto(f"{office.url}/queue")
    pressed, decided = 0, 0
    while decided < HUNDRED:
        expect(page.get_by_role("article").first).to_be_visible()
        page.keyboard.press("j")
        pressed += 1
        for _ in range(min(25, HUNDRED - decided)):
            keys = ("a", "s", "r5", "r1")[decided % 4]
            for key in keys:
                page.keyboard.press(key)
            pressed += len(keys)
            decided += 1
            expect(count(page, "held")).to_have_text(str(HUNDRED - decided))
        page.reload()

    expect(page.get_by_role("heading", name="Nothing waits")).to_be_visible()
    with office.services.database.reading() as session:
        found = session.execute(
            select(Comment.status, Comment.reason, func.count()).group_by(
                Comment.status, Comment.reason
            )
        ).all()
        by_hand = session.scalar(select(func.count()).where(Event.actor == Actor.MODERATOR))
    assert {(status, reason): n for status, reason, n in found} == {
        (Status.APPROVED, None): 25,
        (Status.REJECTED, Reason.SPAM): 25,
        (Status.REJECTED, Reason.PERSONAL_DATA): 25,
        (Status.REJECTED, Reason.INSULT): 25,
    }
    assert by_hand is not None and by_hand >= HUNDRED
    assert pressed == HUNDRED * 1.5 + HUNDRED / 25


def test_keys_may_be_faster_than_the_server(page: Page, office: Stage) -> None:
    hold(office, 12)
    page.goto(f"{office.url}/queue")
    page.keyboard.press("j")
    page.keyboard.type("aasr1asaar2sa")
    expect(count(page, "held")).to_have_text("1")
    assert statuses(office) == [
        Status.REJECTED if key in "sr" else Status.APPROVED for key in "aasrasaarsa"
    ] + [Status.HELD]


def test_a_key_held_down_decides_once(page: Page, office: Stage) -> None:
    hold(office, 3)
    page.goto(f"{office.url}/queue")
    page.keyboard.press("j")
    for _ in range(4):
        page.keyboard.down("a")
    page.keyboard.up("a")
    expect(count(page, "held")).to_have_text("2")
    assert statuses(office) == [Status.APPROVED, Status.HELD, Status.HELD]


def test_a_digit_rejects_only_while_the_reason_is_being_chosen(page: Page, office: Stage) -> None:
    hold(office, 1)
    page.goto(f"{office.url}/queue")
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.locator(".filters summary").click()
    page.get_by_role("searchbox").click()
    page.keyboard.type("2024")
    expect(page.get_by_role("searchbox")).to_have_value("2024")
    assert statuses(office) == [Status.HELD]


def test_a_refusal_that_is_no_card_leaves_the_card_and_says_so(
    page: Page, office: Stage, complaints: Watched
) -> None:
    hold(office, 2)
    page.goto(f"{office.url}/queue")
    page.evaluate("document.querySelectorAll('[name=csrf_token]').forEach(f => f.value = 'x')")
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator("#said")).to_have_text("This was refused. Please reload the page.")
    expect(card(page, 0)).to_be_focused()
    assert statuses(office) == [Status.HELD, Status.HELD]
    complaints.problems.clear()


def test_a_decision_that_does_not_arrive_says_so_and_can_be_made_again(
    page: Page, office: Stage, complaints: Watched
) -> None:
    hold(office, 2)
    page.goto(f"{office.url}/queue")
    page.route("**/decisions*", lambda route: route.abort())
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator("#said")).to_have_text("This decision did not arrive. Please try again.")
    expect(card(page, 0)).to_be_focused()
    page.unroute("**/decisions*")
    page.keyboard.press("a")
    expect(count(page, "held")).to_have_text("1")
    assert statuses(office) == [Status.APPROVED, Status.HELD]
    complaints.problems.clear()


def test_undo_works_in_place_as_soon_as_it_is_there(page: Page, office: Stage) -> None:
    hold(office, 2)
    page.goto(f"{office.url}/queue")
    page.evaluate(
        """() => new MutationObserver((_, observer) => {
             const undo = document.querySelector("[data-undo]");
             if (undo) { observer.disconnect(); undo.click(); }
           }).observe(document.getElementById("cards"), { childList: true })"""
    )
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator("#said")).to_contain_text("Undone")
    assert statuses(office) == [Status.HELD, Status.HELD]


def test_the_focus_goes_on_and_one_key_takes_the_last_decision_back(
    page: Page, office: Stage
) -> None:
    hold(office, 3)
    page.goto(f"{office.url}/queue")
    page.keyboard.press("j")
    expect(card(page, 0)).to_be_focused()
    page.keyboard.press("a")
    expect(card(page, 1)).to_be_focused()
    expect(page.locator("#said")).to_have_text("Approved: the comment is public.")
    expect(card(page, 0)).to_contain_text("Approved")
    page.keyboard.press("z")
    expect(page.locator("#said")).to_contain_text("Undone")
    expect(card(page, 0)).to_be_focused()
    assert statuses(office) == [Status.HELD] * 3
    page.keyboard.press("k")
    expect(card(page, 0)).to_be_focused()
    page.keyboard.press("j")
    expect(card(page, 1)).to_be_focused()
    page.keyboard.press("s")
    expect(card(page, 2)).to_be_focused()
    expect(count(page, "spam")).to_have_text("1")
    assert statuses(office) == [Status.HELD, Status.REJECTED, Status.HELD]


def test_ticked_ones_are_decided_by_shift_and_undone_by_one_key(page: Page, office: Stage) -> None:
    hold(office, 4)
    page.goto(f"{office.url}/queue")
    for key in ("j", "x", "j", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("[data-chosen]")).to_have_text("With the 2 ticked:")
    page.keyboard.press("Shift+R")
    page.keyboard.press("7")
    expect(page.get_by_role("status").get_by_text("2 rejected.")).to_be_visible()
    assert statuses(office) == [Status.REJECTED, Status.HELD, Status.REJECTED, Status.HELD]
    page.keyboard.press("z")
    expect(page.get_by_text("2 stand where they stood before.")).to_be_visible()
    assert statuses(office) == [Status.HELD] * 4


def test_a_covered_text_is_shown_by_one_key_and_no_screen_reader_reads_it_before(
    page: Page, office: Stage
) -> None:
    hold(office, 2)
    with office.services.database.transaction() as session:
        session.execute(update(Moderator).values(covers_toxic=True))
        for comment in session.scalars(select(Comment)):
            session.add(
                FindingRow(
                    comment_id=comment.id, event_id=1, code=Code.TOXICITY, verdict=Verdict.HOLD,
                    status=comment.status,
                )
            )  # fmt: skip
    page.goto(f"{office.url}/queue")
    first, second = (card(page, number) for number in (0, 1))
    expect(first.get_by_text("Text 0.")).to_be_hidden()
    assert "Text 0." not in first.aria_snapshot()
    page.keyboard.press("j")
    page.keyboard.press("v")
    expect(first.get_by_text("Text 0.")).to_be_visible()
    expect(second.get_by_text("Text 1.")).to_be_hidden()
    page.keyboard.press("v")
    expect(first.get_by_text("Text 0.")).to_be_hidden()


def test_a_note_and_a_masking_are_taken_back_by_one_key(page: Page, office: Stage) -> None:
    hold(office, 1)
    page.goto(f"{office.url}/queue")
    page.keyboard.press("o")
    page.get_by_label("A note for colleagues").fill("Odd.")
    page.get_by_role("button", name="Note it about the comment").click()
    expect(page.get_by_role("status").filter(has_text="The note is written down.")).to_be_visible()
    page.keyboard.press("z")
    expect(page.get_by_role("status").filter(has_text="The note is removed.")).to_be_visible()

    page.get_by_text("Mask passages").click()
    page.get_by_label("Mask these words").fill("Text")
    page.get_by_role("button", name="Mask", exact=True).click()
    expect(card(page, 0)).to_contain_text("█████ 0.")
    page.keyboard.press("z")
    expect(card(page, 0)).to_contain_text("Text 0.")


def test_the_help_names_every_key_and_switches_them_off(page: Page, office: Stage) -> None:
    hold(office, 1)
    page.goto(f"{office.url}/queue")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    for key in "jkrasuzxo?":
        expect(dialog.locator("kbd", has_text=key).first).to_be_visible()
    dialog.get_by_label("Keys are on in this browser").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("a")
    page.wait_for_timeout(300)
    assert statuses(office) == [Status.HELD]
    page.reload()
    page.keyboard.press("?")
    dialog.get_by_label("Keys are on in this browser").check()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(count(page, "held")).to_have_text("0")


def test_keys_are_letters_where_people_type(page: Page, office: Stage) -> None:
    hold(office, 1)
    page.goto(f"{office.url}/queue")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("sauxz text")
    expect(page.get_by_role("searchbox")).to_have_value("sauxz text")
    assert statuses(office) == [Status.HELD]
    page.get_by_role("searchbox").fill("tex")
    page.keyboard.press("Enter")
    expect(card(page, 0)).to_be_visible()
    expect(page.get_by_text("1 found, oldest first.")).to_be_visible()


def test_what_a_colleague_decided_shows_without_moving_anything(
    page: Page, office: Stage, complaints: Watched
) -> None:
    hold(office, 2)
    page.goto(f"{office.url}/queue")
    before = [box["y"] for box in boxes(page)]
    with office.services.database.transaction() as session:
        colleague = session.scalars(select(Moderator).order_by(Moderator.id.desc())).first()
        comment = session.scalars(select(Comment).order_by(Comment.id)).first()
        assert colleague and comment
        decide_by_hand(
            session,
            comment.id,
            Change.APPROVED,
            version_seen=comment.version,
            moderator=colleague,
            now=now(),
        )
        name = colleague.name
    expect(card(page, 0).locator(".moved")).to_have_text(f"approved by {name} meanwhile")
    expect(count(page, "held")).to_have_text("1")
    assert [box["y"] for box in boxes(page)] == before

    card(page, 0).get_by_role("button", name="Spam").click()
    expect(card(page, 0).get_by_role("alert")).to_contain_text(
        f"This comment has moved: it is approved now, by {name}."
    )
    assert statuses(office) == [Status.APPROVED, Status.HELD]
    assert [problem[:4] for problem in complaints.problems] == ["409:"], "and no other"
    complaints.problems.clear()


def boxes(page: Page) -> list[dict[str, float]]:
    found = [each.bounding_box() for each in page.get_by_role("article").all()]
    return [dict(box) for box in found if box]


@pytest.mark.parametrize("size", [None, PHONE], ids=["desktop", "phone"])
def test_everything_works_without_a_script(
    open_page: OpenPage, office: Stage, size: dict[str, int] | None
) -> None:
    page = open_page(java_script_enabled=False, **({"size": size} if size else {}))
    sign_in(page, office, MODERATOR)
    hold(office, 4)
    page.goto(f"{office.url}/queue")
    said = page.locator(".notice.done")
    card(page, 0).get_by_role("button", name="Spam").click()
    expect(said).to_contain_text("Rejected")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(said).to_contain_text("Undone")
    for number in (1, 2):
        card(page, number).get_by_role("checkbox").check()
    page.get_by_role("form", name="All ticked comments").get_by_role(
        "button", name="Approve"
    ).click()
    expect(said).to_contain_text("2 approved.")
    page.get_by_role("button", name="Undo all of it").click()
    expect(said).to_contain_text("2 stand where they stood before.")
    page.get_by_role("link", name="All of the queue").click()
    page.get_by_role("button", name="Approve 4").click()
    expect(said).to_contain_text("4 approved.")
    assert statuses(office) == [Status.APPROVED] * 4


def test_one_by_one_leads_through_the_queue(page: Page, office: Stage) -> None:
    hold(office, 3)
    page.goto(f"{office.url}/queue")
    page.get_by_role("button", name="One by one").click()
    for number, key in enumerate("asa"):
        expect(card(page, number)).to_be_visible()
        page.wait_for_load_state()  # the script that hears keys comes last
        page.keyboard.press(key)
    expect(page.get_by_role("heading", name="Nothing waits")).to_be_visible()
    assert statuses(office) == [Status.APPROVED, Status.REJECTED, Status.APPROVED]
