"""The team's side of the stage: people half signed in, links made for somebody, and their page."""

import datetime as dt

from playwright.sync_api import Page
from sqlalchemy import select

from moderation.flow.notices.links import make_link
from moderation.flow.team.accounts import add_moderator
from moderation.flow.team.invitations import invite, make_password_link
from moderation.models import Comment, DecisionLink, Mail, Moderator
from moderation.privacy.links import DecisionLinks
from moderation.statuses import MailAction, MailKind, Role
from moderation.sweep import now
from tests.browser.stage import MODERATOR, SECRETS, Stage
from tests.factories import PASSWORD
from tests.web.people import give_second_factor

GUARDED = "guarded@example.com"  # has a second factor
FRESH = "fresh@example.com"  # whose password somebody else made


def fill_team(stage: Stage) -> None:
    """Put them there; their links lie in `stage.invitations`."""
    services = stage.services
    guarded = add_person(stage, GUARDED)
    give_second_factor(services, guarded)
    fresh = add_person(stage, FRESH, must_change=True)
    off = add_person(stage, "former-colleague-with-a-long-name@example.com")
    with services.database.transaction() as session:
        session.get_one(Moderator, off.id).is_active = False
        person = session.get_one(Moderator, fresh.id)
        links = {
            "join": invite(
                session,
                "invited@colleague.example",
                role=Role.MODERATOR,
                site_id=None,
                by=None,
                vault=services.vault,
                now=now(),
            ),
            "reset": make_password_link(session, person, by=None, now=now()),
        }
    fill_decisions(stage)
    url = services.settings.public_url
    stage.invitations = {
        name: services.link_to(each).removeprefix(url) for name, each in links.items()
    }


def fill_decisions(stage: Stage) -> None:
    """Mails whose links decide about a rejected comment: one that works, a used and an old one."""
    issue = DecisionLinks(SECRETS["SECRET_KEY"]).address
    with stage.services.database.transaction() as session:
        person = session.scalars(select(Moderator).where(Moderator.role == Role.MODERATOR)).first()
        comment = session.scalars(select(Comment).where(Comment.public_id == stage.kept)).one()
        assert person is not None
        for name, age, used in (("open", 0, None), ("used", 0, now()), ("old", 25, None)):
            at = now() - dt.timedelta(hours=age)
            mail = Mail(
                moderator_id=person.id,
                comment_id=comment.id,
                kind=MailKind.URGENT,
                message_id=name,
                created_at=at,
                run_after=at,
                ended_at=at,
            )
            session.add(mail)
            session.flush()
            make_link(session, mail, comment, person, now=at)
            link = session.get_one(DecisionLink, mail.id)
            link.used_at, link.used_for = used, MailAction.SPAM if used else None
            stage.decisions[name] = issue("", mail.id, link.key, MailAction.REJECT)


def add_person(stage: Stage, email: str, *, must_change: bool = False) -> Moderator:
    """A moderator of all sites, who signs in with PASSWORD."""
    with stage.services.database.transaction() as session:
        return add_moderator(
            session,
            email,
            PASSWORD,
            role=Role.MODERATOR,
            site=None,
            vault=stage.services.vault,
            now=now(),
            must_change=must_change,
        )


def visit_people(page: Page, stage: Stage, article: str) -> None:
    """The team, with the forms about each open."""
    page.goto(f"{stage.url}/team")
    for summary in page.locator("summary").all():
        summary.click()


def visit_invited(page: Page, stage: Stage, article: str) -> None:
    """Somebody invited, the link shown once."""
    page.goto(f"{stage.url}/team")
    page.get_by_label("Email").fill("somebody@colleague.example")
    page.get_by_role("button", name="Invite").click()
    page.get_by_text("Shown this once").wait_for()


def visit_invited_badly(page: Page, stage: Stage, article: str) -> None:
    """Somebody invited who signs in already."""
    page.goto(f"{stage.url}/team")
    page.get_by_label("Email").fill(MODERATOR)
    page.get_by_role("button", name="Invite").click()
    page.get_by_text("signs in with this email already").wait_for()
