"""A surge, a hidden score and a sample: on the stage, and how to get there."""

import datetime as dt

from playwright.sync_api import Page
from sqlalchemy import select

from moderation.models import Comment, Site, Surge
from moderation.statuses import Status
from moderation.sweep import now
from tests.browser.stage import Stage
from tests.factories import make_comment, make_score


def fill_surges(stage: Stage) -> None:
    """Under an article of the demo, where all scores are hidden and all is looked at."""
    with stage.services.database.transaction() as session:
        demo = session.scalars(select(Site).where(Site.key == "demo")).one()
        demo.policy = {"hidden_score_share": 100, "audit_share": 100}
        article = f"{stage.url}/crowd"
        hidden = make_comment(session, demo, body="Only an idiot…", article=article, now=now())
        hidden.score = make_score(hidden, 940)
        make_comment(session, demo, status=Status.APPROVED, article=article, now=now())
        session.add(
            Surge(
                article_id=hidden.article_id,
                site_id=demo.id,
                comments=41,
                holds=12,
                began_at=now(),
                until=now() + dt.timedelta(hours=2),
            )
        )


def visit_hidden_score(page: Page, stage: Stage, article: str) -> None:
    """The comment whose score is hidden; its article has a surge."""
    with stage.services.database.reading() as session:
        hidden = session.scalars(
            select(Comment)
            .join(Site, Site.id == Comment.site_id)
            .where(Site.key == "demo", Comment.status == Status.HELD)
        ).first()
        assert hidden is not None
    page.goto(f"{stage.url}/queue/{hidden.public_id}")
    page.get_by_text("is hidden until you decide").wait_for()


def visit_crowded_thread(page: Page, stage: Stage, article: str) -> None:
    """What readers see meanwhile."""
    page.goto(f"{stage.url}/s/demo/comments?article={stage.url}/crowd")
    page.get_by_text("Many people are writing here").wait_for()
