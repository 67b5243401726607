"""What a person can do with their data, without an account: ask for the link, export, erase.

The link in the mail is the proof: whoever has it read the mail. So its forms need no other token;
they do nothing that a stranger without the link could ask for.
"""

import datetime as dt
import json

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from moderation.flow.articles import find_site, policy_of
from moderation.flow.commenters import find_commenter
from moderation.flow.personal.erasure import ask_for_erasure, cancel_erasure
from moderation.flow.personal.export import export_commenter
from moderation.models import Site
from moderation.services import services
from moderation.statuses import Actor, ErasureScope
from moderation.web.forms.comments import OwnDataForm
from moderation.web.headers import refuse_foreign
from moderation.web.languages import speak_as
from moderation.web.limits import count_form
from moderation.web.readers import readers
from moderation.web.readers.own.links import keep_private
from moderation.web.readers.own.proof import find_proven, lead_to_proof_page


@readers.route("/s/<site_key>/data", methods=["GET", "POST"])
def own_data(site_key: str) -> ResponseReturnValue:
    """Ask for the link to one's data; known and unknown addresses are answered alike."""
    form = OwnDataForm(request.form if request.method == "POST" else None)
    with services().database.reading() as session:
        site = find_site(session, site_key)
    speak_as(site)
    if request.method == "POST":
        refuse_foreign(site.origins)
    sent = False
    if request.method == "POST" and services().settings.SMTP_HOST:
        count_form()
        sent = form.validate()
        if sent:
            _ask(site.key, form.email.data)
    page = render_template(
        "readers/ask.html",
        site=site,
        form=form,
        sent=sent,
        contact=policy_of(site).contact,
        sends_mail=bool(services().settings.SMTP_HOST),
    )
    return page, 400 if form.errors else 200


@readers.post("/p/<token>/export")
def export(token: str) -> AnyResponse:
    """A person's data as a file: `format` is json, or html to read."""
    as_json = request.form.get("format") != "html"
    with services().database.reading() as session:
        find_proven(session, token)  # first: a refusal speaks the site's language
    count_form()
    with services().database.transaction() as session:
        commenter = find_proven(session, token)
        data = export_commenter(
            session,
            commenter,
            vault=services().vault,
            actor=Actor.COMMENTER,
            now=services().clock(),
        )
    if as_json:
        response = make_response(json.dumps(data, ensure_ascii=False, indent=2))
        response.content_type = "application/json; charset=utf-8"
    else:
        response = make_response(render_template("readers/export.html", data=data))
    ending = "json" if as_json else "html"
    response.headers["Content-Disposition"] = f'attachment; filename="my-comments.{ending}"'
    return keep_private(response)


@readers.post("/p/<token>/erasure")
def erasure(token: str) -> AnyResponse:
    """Want one's texts, or everything, gone; carried out after the days to think it over."""
    scope = request.form.get("scope", "")
    with services().database.transaction() as session:
        commenter = find_proven(session, token)
        if scope not in list(ErasureScope):
            raise BadRequest
        days = policy_of(session.get_one(Site, commenter.site_id)).erasure_days
        ask_for_erasure(
            session,
            commenter,
            ErasureScope(scope),
            asked_by=Actor.COMMENTER,
            now=services().clock(),
            delay=dt.timedelta(days=days),
        )
    return lead_to_proof_page(token)


@readers.post("/p/<token>/erasure/cancel")
def cancel(token: str) -> AnyResponse:
    """Change one's mind."""
    with services().database.transaction() as session:
        cancel_erasure(session, find_proven(session, token), now=services().clock())
    return lead_to_proof_page(token)


def _ask(site_key: str, email: str) -> None:
    """Write the mail, whether anybody has this address or not: the sender drops the latter."""
    with services().database.transaction() as session:
        site = find_site(session, site_key)
        commenter = find_commenter(session, site, email, vault=services().vault)
        services().mail_proof(session, site, commenter)
