"""On the thread's page: whether a moderator reads it, who may write there as staff."""

from dataclasses import dataclass

from flask import current_app, request

from moderation.flow.staff import may_write
from moderation.models import Comment, Moderator
from moderation.web.forms.staff import StaffForm
from moderation.web.gate import find_signed_in
from moderation.web.headers import allow_framing_by
from moderation.web.readers.stand import Stand


@dataclass(frozen=True)
class Staff:
    """Who writes as staff, and the form for it."""

    moderator: Moderator
    form: StaffForm


def staff_form(stand: Stand, *, parent: Comment | None) -> Staff | None:
    """The form for a moderator of this site who opened the page by itself; nobody else gets it.

    In a frame, where the page around it could lead a hand, there is none: browsers tell what they
    load a page for (Fetch Metadata), and one that does not tell gets none either. Without a cookie
    no session is looked for, so readers' pages stay the same for all.
    """
    is_page = request.method == "GET" and request.headers.get("Sec-Fetch-Dest") == "document"
    wants_own = request.args.get("as") == "reader"
    if not is_page or wants_own or current_app.config["SESSION_COOKIE_NAME"] not in request.cookies:
        return None
    moderator = find_signed_in()
    if moderator is None or not may_write(moderator, stand.site) or stand.is_closed:
        return None
    allow_framing_by(())
    form = StaffForm.fresh(article=stand.page.url, title=stand.page.title, parent=parent)
    return Staff(moderator, form)
