"""Threads: visits to their pages, and comments that appear while somebody reads."""

import datetime as dt

from playwright.sync_api import Page
from sqlalchemy import select

from moderation.models import Comment, Site
from moderation.statuses import Status
from moderation.sweep import now
from tests.browser.stage import Stage
from tests.factories import make_comment


def publish(stage: Stage, article: str, *bodies: str, parent: str = "") -> list[str]:
    """Comments become public under the article, now; answers their public ids."""
    with stage.services.database.transaction() as session:
        site = session.scalars(select(Site).where(Site.key == stage.site)).one()
        above = session.scalar(select(Comment).where(Comment.public_id == parent))
        return [
            make_comment(
                session,
                site,
                status=Status.APPROVED,
                body=body,
                article=article,
                parent=above,
                now=now() + dt.timedelta(microseconds=number),
            ).public_id
            for number, body in enumerate(bodies)
        ]


def visit_one_comment(page: Page, stage: Stage, article: str) -> None:
    """A link to a comment, followed."""
    page.goto(stage.url + stage.thread(article, comment=stage.shown) + f"#comment-{stage.shown}")


def visit_missing_comment(page: Page, stage: Stage, article: str) -> None:
    """A link to a comment that is not public."""
    page.goto(stage.url + stage.thread(article, comment=stage.held))


def visit_newest_first(page: Page, stage: Stage, article: str) -> None:
    """The thread in the other order."""
    page.goto(stage.url + stage.thread(article))
    page.get_by_role("link", name="Newest first").click()


def visit_staff(page: Page, stage: Stage, article: str) -> None:
    """The thread as a moderator finds it in a tab of its own, answering a comment."""
    page.goto(stage.url + stage.thread(article, parent=stage.shown))
    page.get_by_role("button", name="Post as staff").wait_for()


def visit_staff_reply(page: Page, stage: Stage, article: str) -> None:
    """A published comment about to be answered from its page."""
    page.goto(f"{stage.url}/queue/{stage.shown}/reply")


def visit_refused_staff_reply(page: Page, stage: Stage, article: str) -> None:
    """A comment that is not public cannot be answered."""
    page.goto(f"{stage.url}/queue/{stage.held}/reply")
