"""How to get to every page of the product, each in the state worth looking at."""

import itertools
import secrets
from collections.abc import Callable

import pyotp
from playwright.sync_api import Page

from moderation.statuses import Status
from tests.browser import (
    bans,
    notes,
    personal,
    reports,
    sites,
    surges,
    team,
    texts,
    threads,
    webhooks,
)
from tests.browser.stage import MODERATOR, NEWCOMER, Stage
from tests.browser.team import FRESH, GUARDED, add_person
from tests.factories import PASSWORD

Visit = Callable[[Page, Stage, str], None]  # page, stage, article
_notices = itertools.count()  # each under an article of its own, as nobody says the same twice


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
    with page.expect_navigation():  # the form asks whether the line is up before it goes
        page.get_by_role("button", name="Post comment").click()


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
    page.goto(stage.url + stage.thread(f"{article}?notice={next(_notices)}"))
    send(page, "A text that nobody scores.")


def _refused(page: Page, stage: Stage, article: str) -> None:
    _notice(page, stage, article)
    send(page, "A text that nobody scores.")


def _private(status: Status, act: str = "") -> Visit:
    return lambda page, stage, article: _go(page, stage.url + stage.private[status] + act)


def _refused_sign_in(page: Page, stage: Stage, article: str) -> None:
    sign_in(page, stage, password="wrong")


def _empty_queue(page: Page, stage: Stage, article: str) -> None:
    sign_in(page, stage, NEWCOMER)


def _covered(page: Page, stage: Stage, article: str) -> None:
    page.context.clear_cookies()
    sign_in(page, stage, notes.CALM)
    page.goto(f"{stage.url}/queue")
    page.get_by_text("Covered, as it may be toxic").first.click()


def _comment(page: Page, stage: Stage, article: str) -> None:
    page.goto(f"{stage.url}/queue/{stage.held}")


def _moved(page: Page, stage: Stage, article: str) -> None:
    _comment(page, stage, article)
    page.locator(".decide [name=version]").evaluate("field => { field.value = '1' }")
    page.get_by_role("button", name="Approve", exact=True).click()
    page.get_by_role("alert").wait_for()


def _undone(page: Page, stage: Stage, article: str) -> None:
    page.goto(f"{stage.url}/queue")
    page.get_by_role("button", name="Approve", exact=True).first.click()
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_role("status").get_by_text("Undone").wait_for()


def _proof(name: str) -> Visit:
    return lambda page, stage, article: _go(page, stage.url + stage.proofs[name])


def _numbers(page: Page, stage: Stage, article: str) -> None:
    page.goto(f"{stage.url}/stats?days=7")
    for summary in page.get_by_text("The same as numbers").all():
        summary.click()


def _invitation(name: str) -> Visit:
    return lambda page, stage, article: _go(page, stage.url + stage.invitations[name])


def _decision(name: str) -> Visit:
    return lambda page, stage, article: _go(page, stage.url + stage.decisions[name])


def _notices_badly(page: Page, stage: Stage, article: str) -> None:
    page.goto(f"{stage.url}/account/notices")
    page.get_by_label("Quiet from").fill("22:00")
    page.get_by_role("button", name="Keep this").click()
    page.get_by_role("alert").wait_for()


def _second_step(page: Page, stage: Stage, article: str) -> None:
    sign_in(page, stage, GUARDED)
    page.get_by_label("Code").wait_for()


def _wrong_code(page: Page, stage: Stage, article: str) -> None:
    _second_step(page, stage, article)
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()


def _first_password(page: Page, stage: Stage, article: str) -> None:
    sign_in(page, stage, FRESH)
    page.get_by_label("New password").fill("password12")
    page.get_by_label("The same again").fill("password12")
    page.get_by_role("button", name="Use this password").click()
    page.get_by_role("alert").wait_for()


def _offered(page: Page, stage: Stage, article: str) -> None:
    email = f"factor-{secrets.token_hex(6)}@example.com"
    add_person(stage, email)
    sign_in(page, stage, email)
    page.goto(f"{stage.url}/account/second-factor")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("img", name="QR code").wait_for()


def _recovery_codes(page: Page, stage: Stage, article: str) -> None:
    _offered(page, stage, article)
    secret = (page.locator(".secret").text_content() or "").replace(" ", "")
    page.get_by_role("textbox", name="Code").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Turn it on").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()


def _account_with_factor(page: Page, stage: Stage, article: str) -> None:
    _recovery_codes(page, stage, article)
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("heading", name="Second factor").wait_for()


def _account_refused(page: Page, stage: Stage, article: str) -> None:
    page.goto(f"{stage.url}/account")
    page.get_by_label("Password so far").fill("wrong")
    page.get_by_label("New password").fill("another horse battery")
    page.get_by_label("The same again").fill("another horse battery")
    page.get_by_role("button", name="Change the password").click()
    page.get_by_role("alert").wait_for()


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
    "a comment that its commenter changes": _private(Status.HELD, "/edit"),
    "a comment that can be changed no more": _private(Status.REJECTED, "/edit"),
    "a comment that its commenter deletes": _private(Status.APPROVED, "/delete"),
    "the privacy notice": _at("/s/news/privacy"),
    "the page to ask for one's data": _at("/s/news/data"),
    "one's data asked for": personal.visit_asked,
    "one's data asked for with a bad address": personal.visit_asked_badly,
    "a mailed link": _proof("unproven"),
    "a proven address": _proof("proven"),
    "a proven address about to be erased": _proof("leaving"),
    "a mailed link that does not work": _at("/p/forged"),
    "a page that is not there": _at("/s/nobody/comments"),
    "the sign-in page": _at("/login"),
    "a refused sign-in": _refused_sign_in,
    "an empty queue": _empty_queue,
    "an invitation": _invitation("join"),
    "a link to set a new password": _invitation("reset"),
    "an invitation that does not work": _at("/invitation/forged"),
    "a mailed link that decides": _decision("open"),
    "a mailed link that decided": _decision("used"),
    "a mailed link that is too old": _decision("old"),
    "the second step of signing in": _second_step,
    "a wrong code": _wrong_code,
    "a password that somebody else made": _first_password,
    "a second factor that is offered": _offered,
    "recovery codes": _recovery_codes,
    "an account with a second factor": _account_with_factor,
    "a private page of a masked comment": notes.visit_masked,
    "a thread during a surge": surges.visit_crowded_thread,
    "one comment in its place": threads.visit_one_comment,
    "a link to a comment that is not public": threads.visit_missing_comment,
    "a thread, newest first": threads.visit_newest_first,
    "a report about to be sent": reports.visit_report,
    "a report without a reason": reports.visit_report_badly,
    "a report sent": reports.visit_reported,
    "a report of what is not public": reports.visit_gone,
}
MODERATORS: dict[str, Visit] = {
    "one's account": _at("/account"),
    "an account that refuses a password": _account_refused,
    "what one is told by mail": _at("/account/notices"),
    "what one is told, filled in badly": _notices_badly,
    "a second factor about to be set up": _at("/account/second-factor"),
    "the queue": _at("/queue"),
    "the approved comments": _at("/queue?queue=approved"),
    "the rejected comments": _at("/queue?queue=rejected"),
    "one comment with its history": _comment,
    "a decision about what has moved": _moved,
    "a decision undone": _undone,
    "the log": _at("/log"),
    "the log searched": _at("/log?change=approved&first=2026-01-01"),
    "the log searched badly": _at("/log?first=yesterday&change=nothing"),
    "the statistics": _numbers,
    "the statistics of a year": _at("/stats?days=365"),
    "the statistics of a site without comments": _at("/stats?site=quiet&days=7"),
    "the search for a commenter": personal.visit_search,
    "a commenter found": personal.visit_found,
    "a commenter": personal.visit_commenter,
    "the bans": _at("/bans"),
    "the ended bans": _at("/bans?ended=1"),
    "a new ban": _at("/bans/new"),
    "what a ban would have hit": bans.visit_new,
    "a ban filled in badly": bans.visit_refused,
    "a commenter about to be banned": bans.visit_commenter,
    "a network that is forgotten": bans.visit_forgotten_network,
    "the standing decisions": _at("/standing"),
    "the ended standing decisions": _at("/standing?ended=1"),
    "a decision about all that say the same": texts.visit_alike,
    "a comment with its replies about to be hidden": texts.visit_below,
    "a rejection about to be explained": texts.visit_explaining,
    "the urgent comments": texts.visit_urgent,
    "passages about to be masked": notes.visit_masking,
    "a note just written": notes.visit_note_undone,
    "a trusted commenter": notes.visit_trusted,
    "the queue with covered texts": _covered,
    "a comment whose score is hidden": surges.visit_hidden_score,
    "the sample": _at("/queue?queue=audit"),
    "a thread read by a moderator": threads.visit_staff,
    "a reply as staff": threads.visit_staff_reply,
    "a reply as staff to what is not public": threads.visit_refused_staff_reply,
}
OWNERS: dict[str, Visit] = {
    "the page about personal data": _at("/privacy"),
    "the team": _at("/team"),
    "people to change": team.visit_people,
    "somebody invited": team.visit_invited,
    "somebody invited who is there": team.visit_invited_badly,
    "the sites with their texts": _at("/texts"),
    "the texts of a site": texts.visit_texts,
    "texts before they are saved": texts.visit_preview,
    "texts filled in badly": texts.visit_texts_badly,
    "the sites": _at("/sites"),
    "a site": sites.visit_site,
    "a site with a section just saved": sites.visit_saved,
    "a site in colours that nobody could read": sites.visit_unreadable,
    "a site about to lose an origin": sites.visit_removing,
    "the rules of one article": sites.visit_article,
    "the articles with rules of their own": sites.visit_articles,
    "the webhooks": webhooks.visit_all,
    "a webhook added": webhooks.visit_added,
    "a webhook added badly": webhooks.visit_added_badly,
    "a commenter, for an owner": personal.visit_commenter,
    "an email revealed": personal.visit_revealed,
    "a comment that is kept": personal.visit_kept,
    "a comment kept badly": personal.visit_kept_badly,
}
