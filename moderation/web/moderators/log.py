"""The log: every change of status and every sign-in, newest first, searched, and as CSV."""

import json
from collections.abc import Iterator
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from moderation.db import Database
from moderation.flow.log import Entry, Search, read_actors, read_log
from moderation.flow.personal.sight import linked_commenters
from moderation.flow.sites import visible_sites
from moderation.flow.team.accounts import people_in
from moderation.models import Moderator
from moderation.services import services
from moderation.statuses import Change
from moderation.web.csv_answer import Row, csv_answer
from moderation.web.forms.log import LogForm
from moderation.web.gate import current_moderator
from moderation.web.limits import limiter
from moderation.web.moderators import moderators, row_number

PAGE_SIZE = 50
BATCH = 1_000
EXPORTS_PER_HOUR = "30 per hour"  # from one address range: each may read the whole log
HEADER = (
    "id",
    "at",
    "site",
    "change",
    "actor",
    "moderator",
    "comment",
    "from_status",
    "to_status",
    "version",
    "reason",
    "data",
)


@moderators.get("/log")
def log() -> ResponseReturnValue:
    """A page of the entries that the form asks for; `?before=` an entry's number continues it."""
    moderator, before = current_moderator(), request.args.get("before", type=row_number)
    with services().database.reading() as session:
        form = _form()
        is_valid = form.validate()
        entries = (
            read_log(session, moderator, _search(form), before=before, size=PAGE_SIZE + 1)
            if is_valid
            else []
        )
        shown = entries[:PAGE_SIZE]
        events = [entry.event for entry in shown]
        page = render_template(
            "moderators/log.html",
            form=form,
            asked={name: text for name, text in form.data.items() if text},
            entries=shown,
            commenters=linked_commenters(session, events),
            people=people_in(session, events),
            next_before=shown[-1].event.id if len(entries) > PAGE_SIZE else None,
        )
    return page, 200 if is_valid else 400


@moderators.get("/log.csv")
def log_csv() -> ResponseReturnValue:
    """All entries that the form asks for. Ids, codes and numbers, and moderators by name."""
    form = _form()
    if not form.validate():
        return log()
    with limiter.limit(EXPORTS_PER_HOUR):
        batches = _batches(services().database, current_moderator(), _search(form))
        return csv_answer("log", HEADER, batches)


def _form() -> LogForm:
    """The form as the address fills it in, with what this moderator may choose."""
    moderator = current_moderator()
    with services().database.reading() as session:
        return LogForm(
            request.args,
            actors=read_actors(session, moderator),
            sites=visible_sites(session, moderator),
        )


def _search(form: LogForm) -> Search:
    return Search(
        change=Change(form.change.data) if form.change.data else None,
        moderator_id=int(form.moderator.data) if form.moderator.data else None,
        site_id=form.site_ids.get(form.site.data),
        comment=form.comment.data or None,
        first=form.first.data,
        last=form.last.data,
    )


def _batches(database: Database, moderator: Moderator, search: Search) -> Iterator[list[Row]]:
    """The entries, newest first, each batch by a short transaction of its own.

    So neither memory nor a transaction grows with the log; what is added meanwhile is left out.
    """
    before = None
    while True:
        with database.reading() as session:
            entries = read_log(session, moderator, search, before=before, size=BATCH)
        yield [_row(entry) for entry in entries]
        if len(entries) < BATCH:
            return
        before = entries[-1].event.id


def _row(entry: Entry) -> list[Any]:
    event = entry.event
    return [
        event.id,
        event.created_at,
        entry.site,
        event.change,
        event.actor,
        entry.moderator,
        entry.comment,
        event.from_status,
        event.to_status,
        event.version,
        event.reason,
        json.dumps(event.data, sort_keys=True) if event.data else None,
    ]
