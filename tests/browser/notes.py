"""Notes, a masked comment and covered texts: on the stage, and how to get there."""

from playwright.sync_api import Page
from sqlalchemy import select

from moderation.flow.notes import add_note
from moderation.flow.redaction import redact
from moderation.flow.trust import trust
from moderation.models import Comment, Commenter, Moderator, Site
from moderation.privacy.links import PrivateLinks
from moderation.statuses import Status
from moderation.sweep import now
from tests.browser.stage import SECRETS, Stage
from tests.browser.team import add_person
from tests.factories import make_comment

CALM = "calm@example.com"  # wants toxic text covered
LONG = "He has written under three names so far, and calls the office whenever one is held. " * 3


def fill_notes(stage: Stage, article: str) -> None:
    """Notes long and short, in both directions; a masked comment; somebody trusted."""
    calm = add_person(stage, CALM)
    with stage.services.database.transaction() as session:
        session.get_one(Moderator, calm.id).covers_toxic = True
        writer = session.scalars(select(Moderator).order_by(Moderator.id).limit(1)).one()
        held = session.scalars(select(Comment).where(Comment.public_id == stage.held)).one()
        known = session.scalars(
            select(Commenter).where(Commenter.public_id == stage.commenter)
        ).one()
        for about in (held, known):
            add_note(session, about, LONG, moderator=writer, now=now())
            add_note(session, about, "شخص لطيف\nwww.example.org", moderator=calm, now=now())
        masked = make_comment(
            session,
            session.scalars(select(Site).where(Site.key == stage.site)).one(),
            status=Status.REJECTED,
            name="Masked",
            body="Ring Bob at +49 30 901820.",
            article=article,
            now=now(),
        )
        redact(
            session, masked.id, ["Bob", "+49 30 901820"],
            version_seen=masked.version, moderator=writer, now=now(),
        )  # fmt: skip
        proven = session.scalars(
            select(Commenter).where(Commenter.confirmed_at.is_not(None))
        ).first()
        assert proven is not None
        trust(session, proven, moderator=writer, now=now())
        links = PrivateLinks(SECRETS["SECRET_KEY"])
        stage.masked = f"/c/{links.issue(masked.public_id, masked.link_version)}"
        stage.trusted = proven.public_id


def visit_masking(page: Page, stage: Stage, article: str) -> None:
    """The form that masks passages of a comment, with what looks like personal data."""
    page.goto(f"{stage.url}/queue/{stage.held}")
    page.get_by_text("Mask passages").click()
    page.get_by_label("me@example.com").check()


def visit_trusted(page: Page, stage: Stage, article: str) -> None:
    """Somebody trusted."""
    page.goto(f"{stage.url}/commenters/{stage.trusted}")


def visit_masked(page: Page, stage: Stage, article: str) -> None:
    """What the commenter reads of a masked comment."""
    page.goto(stage.url + stage.masked)


def visit_note_undone(page: Page, stage: Stage, article: str) -> None:
    """A note just written, with the way back."""
    page.goto(f"{stage.url}/queue/{stage.held}")
    page.get_by_label("A note for colleagues").fill("Seen before.")
    page.get_by_role("button", name="Note it about the comment").click()
    page.get_by_text("The note is written down.").wait_for()
