"""Readers report a published comment, without an account: the page, and what it sends."""

import structlog
from flask import Response, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from moderation.flow.reports import URGENCY_OF, take_report
from moderation.flow.texts import read_texts
from moderation.models import Comment
from moderation.privacy.addresses import range_of
from moderation.services import services
from moderation.statuses import ReportReason, Urgency
from moderation.web.answers import wants_json
from moderation.web.forms.reports import ReportForm
from moderation.web.headers import allow_framing_by
from moderation.web.limits import UNKNOWN, ask_to_wait, count_report, lets_in
from moderation.web.readers import readers
from moderation.web.readers.addresses import Addresses
from moderation.web.readers.reading import read_reading
from moderation.web.readers.stand import Stand, expect_form, find_stand
from moderation.web.readers.thread import find_public

log = structlog.get_logger()

# Where somebody may be in danger, the page says whom to turn to.
IN_DANGER = (Urgency.THREAT_TO_LIFE, Urgency.SELF_HARM, Urgency.CHILD_ABUSE)


@readers.get("/s/<site_key>/report")
def report_form(site_key: str) -> Response:
    """The comment that `?comment=` names, and the reasons to choose from."""
    with services().database.reading() as session:
        stand = find_stand(session, site_key, request.args)
        form = ReportForm(
            None,
            meta={"csrf_context": stand.form_place()},
            data={"article": stand.page.url, "comment": request.args.get("comment", "")},
        )
        return _page(session, stand, form)


@readers.post("/s/<site_key>/reports")
def report_comment(site_key: str) -> Response:
    """Take a report: 202 whether it counts or not, otherwise the form again."""
    expect_form(site_key)
    with services().database.reading() as session:
        stand = find_stand(session, site_key, request.form)
    place = stand.form_place(request.form.get("csrf_token", ""))
    form = ReportForm(request.form, meta={"csrf_context": place})
    if not lets_in(count_report):
        return _refuse(stand, form, 429, _("Too many reports at once. Please try again later."))
    if not form.validate():
        return _refuse(stand, form, 400)
    reason = ReportReason(form.reason.data)
    if not form.website.data:  # what fills in the trap is a program, and need not know
        _take(stand, form.comment.data, reason)
    return _thank(stand, form, reason)


def _take(stand: Stand, public_id: str, reason: ReportReason) -> None:
    with services().database.transaction() as session:
        comment = find_public(session, stand.article, public_id)
        if comment is not None:
            take_report(
                session,
                comment,
                reason,
                range_hash=_range_hash(comment),
                now=services().clock(),
            )
            log.info("comment_reported", comment=comment.id, site=stand.site.id)


def _range_hash(comment: Comment) -> bytes:
    """Tells who reported this comment from others who did, and nothing else."""
    where = range_of(request.remote_addr) or UNKNOWN
    return services().vault.fingerprint(f"report {comment.public_id} {where}")


def _thank(stand: Stand, form: ReportForm, reason: ReportReason) -> Response:
    """The same for a report that counts, one that came before, and one of a comment that is gone:
    who could tell them apart would learn who else reported."""
    message = _("Thank you. The people who moderate here will look at it.")
    with services().database.reading() as session:
        contact = _contacts(session, stand).get(reason)
    if wants_json():
        response = jsonify(message=message, help=contact)
        response.status_code = 202
        return response
    allow_framing_by(stand.site.origins)
    page = render_template(
        "readers/reported.html",
        stand=stand,
        back=_back(_addresses(stand), form.comment.data),
        message=message,
        contact=contact,
    )
    return make_response(page, 202)


def _refuse(stand: Stand, form: ReportForm, code: int, message: str | None = None) -> Response:
    log.info("report_refused", site=stand.site.id, code=code, fields=sorted(form.errors))
    if wants_json():
        errors = {name: [str(each) for each in found] for name, found in form.errors.items()}
        response = jsonify(errors={"form": [message]} if message else errors)
        response.status_code = code
    else:
        with services().database.reading() as session:
            response = _page(session, stand, form, code=code, message=message)
    if code == 429:
        ask_to_wait(response)
    return response


def _page(
    session: Session, stand: Stand, form: ReportForm, *, code: int = 200, message: str | None = None
) -> Response:
    allow_framing_by(stand.site.origins)
    comment = find_public(session, stand.article, form.comment.data or "")
    addresses = _addresses(stand)
    page = render_template(
        "readers/report.html",
        stand=stand,
        form=form,
        comment=comment,
        addresses=addresses,
        back=_back(addresses, comment.public_id if comment else ""),
        contacts=_contacts(session, stand),
        message=message,
    )
    return make_response(page, 404 if comment is None and code == 200 else code)


def _addresses(stand: Stand) -> Addresses:
    """Of the thread as it was read: its order comes along, also with the form."""
    return read_reading(stand, request.values).addresses


def _back(addresses: Addresses, public_id: str) -> str:
    """The page to come back to: the comment in its place, or the whole thread."""
    return addresses.place(public_id) if public_id else addresses.thread()


def _contacts(session: Session, stand: Stand) -> dict[ReportReason, str]:
    """Whom to turn to, by the reasons that say somebody may be in danger; as the site wrote it."""
    texts = read_texts(session, [stand.site.id])[stand.site.id].help
    return {
        reason: texts[kind]
        for reason, kind in URGENCY_OF.items()
        if kind in IN_DANGER and kind in texts
    }
