"""Texts of a site, standing decisions and replies to hide: on the stage, and how to get there."""

from playwright.sync_api import Page
from sqlalchemy import select

from moderation.flow.bulk import start_batch
from moderation.flow.queue.calls import escalate
from moderation.flow.standing.acts import lift, set_standing
from moderation.flow.telling import explain
from moderation.flow.texts import add_explanation, mark_of_kind, read_texts, save_texts
from moderation.models import Comment, Moderator, Site
from moderation.statuses import Change, Reason, Role, Status, TextKind, Urgency
from moderation.sweep import now
from tests.browser.stage import Stage

LONG = "Please tell us what you think of the article, not of those who wrote it. " * 3


def fill_texts(stage: Stage) -> None:
    """A site with words of its own, somebody who was told why, decisions that stand and ended."""
    with stage.services.database.transaction() as session:
        site = session.scalars(select(Site).where(Site.key == stage.site)).one()
        owner = session.scalars(select(Moderator).where(Moderator.role == Role.OWNER)).first()
        assert owner is not None
        for kind, wanted in (
            (TextKind.REASON, {"hate": LONG, "spam": "Advertise elsewhere."}),
            (TextKind.HELP, {"self_harm": "Call 116 123.\n\nYou are not alone: www.example.org"}),
        ):
            seen = mark_of_kind(read_texts(session, [site.id])[site.id], kind)
            save_texts(session, site, kind, wanted, seen=seen, by=owner, now=now())
        for title in ("The tone", "كن لطيفا"):
            add_explanation(
                session, site, title, f"{LONG.strip()}\n\n{LONG.strip()}", by=owner, now=now()
            )
        rejected = select(Comment).where(Comment.reason == Reason.INSULT)
        refused = session.scalars(rejected.order_by(Comment.id.desc())).first()
        held = session.scalars(select(Comment).where(Comment.status == Status.HELD)).all()
        assert refused is not None
        explain(session, refused, LONG, now=now())
        escalate(session, held[-1], Urgency.SELF_HARM, moderator=owner, now=now())
        for comment, change, reason in (
            (refused, Change.REJECTED, Reason.INSULT),
            (held[0], Change.APPROVED, None),
            (held[1], Change.REJECTED, Reason.SPAM),
        ):
            batch = start_batch(session, owner, now=now())
            made = set_standing(
                session, comment, change, batch=batch, moderator=owner, now=now(), reason=reason
            )
        lift(session, made, moderator=owner, now=now())


def visit_alike(page: Page, stage: Stage, article: str) -> None:
    """The page that decides about a comment and its like."""
    page.goto(f"{stage.url}/queue")
    page.get_by_role("link", name="Decide about all of them at once").first.click()
    page.get_by_label("and for what says the same in the next 24 hours").check()


def visit_below(page: Page, stage: Stage, article: str) -> None:
    """The page that asks whether to hide a comment and what answers it."""
    page.goto(f"{stage.url}/queue/{stage.shown}")
    page.get_by_label("Reason for a rejection").select_option("hate")
    page.get_by_label("below it").check()
    page.get_by_role("button", name="Reject").click()
    page.get_by_role("heading", name="comments at once").wait_for()


def visit_explaining(page: Page, stage: Stage, article: str) -> None:
    """A rejection about to be explained, and what commenters read."""
    page.goto(f"{stage.url}/queue/{stage.held}")
    page.get_by_text("Explain it to the commenter").click()
    page.get_by_label("A prepared explanation", exact=True).select_option("The tone")
    page.locator("#prepared summary").click()


def visit_urgent(page: Page, stage: Stage, article: str) -> None:
    """The urgent queue, with whom to turn to."""
    page.goto(f"{stage.url}/queue?queue=urgent")


def visit_texts(page: Page, stage: Stage, article: str) -> None:
    """All texts of a site, each explanation open."""
    page.goto(f"{stage.url}/sites/{stage.site}/texts")
    for summary in page.locator("main summary").all():
        summary.click()


def visit_preview(page: Page, stage: Stage, article: str) -> None:
    """Help contacts as they will be read."""
    page.goto(f"{stage.url}/sites/{stage.site}/texts")
    help_section = page.locator("section[aria-labelledby=help]")
    help_section.get_by_label("Child abuse").fill("Call the police: 110.\n\nDo not answer.")
    help_section.get_by_role("button", name="Preview").click()
    page.get_by_text("nothing is saved yet").wait_for()


def visit_texts_badly(page: Page, stage: Stage, article: str) -> None:
    """A new explanation without a title."""
    page.goto(f"{stage.url}/sites/{stage.site}/texts")
    page.get_by_text("New explanation").click()
    form = page.locator("form[action$='/texts/explanations']")
    form.evaluate("form => { form.noValidate = true }")
    form.get_by_role("button", name="Save").click()
    page.get_by_text("Please give it a title.").wait_for()
