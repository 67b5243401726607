"""The private side of the stage: people with addresses, a legal hold, and their pages."""

import datetime as dt

from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.flow.bans.acts import ban, lift
from moderation.flow.bans.targets import target_of
from moderation.flow.personal.erasure import ask_for_erasure
from moderation.flow.personal.holds import set_hold
from moderation.flow.personal.sight import reveal_email
from moderation.flow.proof import confirm_address
from moderation.models import Comment, Commenter, Moderator, Site
from moderation.privacy.links import ProofLinks
from moderation.privacy.vault import Vault
from moderation.statuses import Actor, ErasureScope, RevealReason, Role, Status
from moderation.sweep import now
from tests.browser.stage import SECRETS, Stage
from tests.factories import make_comment

DAY = dt.timedelta(days=1)
KNOWN = "witness@reader.example"  # an address that a moderator finds


def fill_personal(stage: Stage, article: str) -> None:
    """Put people under `article` whose address is unproven, proven, or about to be erased."""
    vault = stage.services.vault
    with stage.services.database.transaction() as session:
        site = session.scalars(select(Site).where(Site.key == stage.site)).one()
        owner = session.scalars(select(Moderator).where(Moderator.role == Role.OWNER)).one()

        def comment_by(email: str, status: Status = Status.APPROVED) -> Comment:
            return make_comment(
                session,
                site,
                status=status,
                name=f"{email[0].upper()} with a rather long name, as some people have",
                body="I was there, and I have seen the trees.",
                email=email,
                vault=vault,
                article=article,
                now=now(),
            )

        kept = comment_by(KNOWN, Status.REJECTED)
        comment_by(KNOWN)
        people = {
            "unproven": comment_by("unproven@reader.example").commenter,
            "proven": comment_by("proven@reader.example").commenter,
            "leaving": comment_by("leaving@reader.example").commenter,
        }
        for name in ("proven", "leaving"):
            confirm_address(session, people[name], now=now())
        for person in (people["leaving"], kept.commenter):
            ask_for_erasure(
                session,
                person,
                ErasureScope.TEXTS,
                asked_by=Actor.COMMENTER,
                now=now(),
                delay=7 * DAY,
            )
        set_hold(
            session,
            kept,
            reason="Request 12 of the district court",
            expires_at=now() + 90 * DAY,
            now=now(),
            moderator=owner,
        )
        _ban_some(session, site, vault, owner)
        reveal_email(
            session,
            kept.commenter,
            vault=vault,
            moderator=owner,
            reason=RevealReason.LEGAL,
            now=now(),
        )
    stage.kept, stage.commenter = kept.public_id, kept.commenter.public_id
    stage.proofs = {name: _link(person) for name, person in people.items()}


def _ban_some(session: Session, site: Site, vault: Vault, by: Moderator) -> None:
    """Bans of all kinds; the word's is lifted again."""
    for whom, days in ((KNOWN, 7), ("@spam.example", None), ("203.0.113.0/24", 30)):
        ban(
            session,
            site if days else None,
            target_of(vault, site if days else None, whom),
            now=now(),
            until=now() + days * DAY if days else None,
            reason="Advertises the same shop every night, under many names",
            by=by,
        )
    word = ban(session, site, target_of(vault, site, "word:cheap watches"), now=now())
    lift(session, word, now=now(), by=by)


def _link(person: Commenter) -> str:
    links = ProofLinks(SECRETS["SECRET_KEY"])
    token = links.issue(person.public_id, person.link_version, expires_at=now() + DAY)
    return f"/p/{token}"


def visit_search(page: Page, stage: Stage, article: str, email: str = "nobody@example.com") -> None:
    """A search that finds nobody, unless told whom."""
    page.goto(f"{stage.url}/commenters")
    page.get_by_label("Full email address").fill(email)
    page.get_by_role("button", name="Search").click()
    page.locator("#found").wait_for()


def visit_found(page: Page, stage: Stage, article: str) -> None:
    """A search that finds somebody."""
    visit_search(page, stage, article, KNOWN)
    page.get_by_role("main").get_by_role("link").first.wait_for()


def visit_asked(page: Page, stage: Stage, article: str, email: str = KNOWN) -> None:
    """Somebody asked for the link to their data."""
    page.goto(f"{stage.url}/s/{stage.site}/data")
    page.get_by_label("Email").fill(email)
    page.get_by_role("button", name="Mail me the link").click()
    page.wait_for_load_state()


def visit_asked_badly(page: Page, stage: Stage, article: str) -> None:
    """Somebody typed what is no address."""
    visit_asked(page, stage, article, "nonsense")


def visit_commenter(page: Page, stage: Stage, article: str) -> None:
    """The page of who waits to be erased."""
    page.goto(f"{stage.url}/commenters/{stage.commenter}")


def visit_revealed(page: Page, stage: Stage, article: str) -> None:
    """Their email in full, as an owner reads it."""
    visit_commenter(page, stage, article)
    page.get_by_label("Why do you need it?").select_option("legal")
    page.get_by_role("button", name="Show").click()
    page.get_by_text("Their full email").wait_for()


def visit_kept(page: Page, stage: Stage, article: str) -> None:
    """A legal hold, its form open."""
    page.goto(f"{stage.url}/queue/{stage.kept}")
    page.get_by_text("Keep it for longer").click()


def visit_kept_badly(page: Page, stage: Stage, article: str) -> None:
    """A legal hold for no days."""
    page.goto(f"{stage.url}/queue/{stage.kept}")
    page.get_by_text("Keep it for longer").click()
    page.get_by_label("Reason, for your colleagues").fill("A court")
    page.get_by_label("Days from today").fill("0")
    page.locator("form:has([name=days])").evaluate("form => { form.noValidate = true }")
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("alert").wait_for()
