"""The page of statistics, and each of its tables as CSV."""

import datetime as dt

from flask import Response, render_template, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from moderation.flow.numbers.read import Numbers, read_numbers
from moderation.flow.numbers.window import Window
from moderation.flow.sites import find_visible_site, visible_sites
from moderation.models import Moderator, Site
from moderation.services import services
from moderation.web.csv_answer import csv_answer
from moderation.web.gate import current_moderator
from moderation.web.moderators import moderators
from moderation.web.moderators.plots import Plot, lines, shares, stack
from moderation.web.moderators.tables import OUTCOMES, TABLES

DAYS = (7, 30, 90, 365)
USUAL_DAYS = 30
# The colour of each decision, and its name.
BY_HAND = (("held_approved", "Approved"), ("held_rejected", "Rejected"))
ACTS = (*BY_HAND, ("put_back", "Put back into the queue"))
CHECKED = (("held_approved", "Confirmed"), ("held_rejected", "Taken down"))
WAITS = (("median", "Median"), ("p95", "95th percentile"))


@moderators.get("/stats")
def stats() -> str:
    """What became of the comments of the last `?days=`, on `?site=` or all that one may see."""
    moderator = current_moderator()
    with services().database.reading() as session:
        site, window = _chosen(session, moderator)
        numbers = read_numbers(session, window)
        sites = visible_sites(session, moderator)
    return render_template(
        "moderators/stats.html",
        numbers=numbers,
        tables={name: (table, table.rows(numbers)) for name, table in TABLES.items()},
        plots=_plots(numbers),
        window=window,
        site=site,
        sites=sites,
        choices=DAYS,
    )


@moderators.get("/stats/<name>.csv")
def stats_csv(name: str) -> Response:
    """One table of the page; `?site=` and `?days=` as there."""
    table = TABLES.get(name)
    if table is None:
        raise NotFound
    with services().database.reading() as session:
        _, window = _chosen(session, current_moderator())
        rows = table.rows(read_numbers(session, window))
    return csv_answer(table.name, table.header, [rows])


def _chosen(session: Session, moderator: Moderator) -> tuple[Site | None, Window]:
    """The site that the address names, and its days. Raises UnknownSite."""
    key = request.args.get("site")
    site = find_visible_site(session, key, moderator) if key else None
    wanted = request.args.get("days", USUAL_DAYS, type=int)
    number = wanted if wanted in DAYS else USUAL_DAYS
    now: dt.datetime = services().clock()
    return site, Window(now, number, site.id if site else moderator.site_id)


def _plots(numbers: Numbers) -> dict[str, Plot | list[Plot] | list[list[Plot]]]:
    """The shapes for each table."""
    titles = [(column.name, column.title) for column in OUTCOMES]
    people = [[row.approved, row.rejected, row.put_back] for row in numbers.moderators]
    busiest = max(map(sum, people), default=0)
    return {
        "outcomes": stack(titles, [[getattr(d, n) for n, _ in titles] for d in numbers.outcomes]),
        "waiting": stack([("waiting", "Held")], [[day.waiting] for day in numbers.waiting]),
        "waits": lines(WAITS, [[d.median_seconds, d.p95_seconds] for d in numbers.waits]),
        "moderators": [shares(ACTS, row, busiest) for row in people],
        "held": lines([("share", "Share approved")], [[d.share] for d in numbers.held], top=1),
        "codes": [
            shares(BY_HAND, [row.approved, row.decided - row.approved], row.decided)
            for row in numbers.codes
        ],
        "bands": [
            shares(BY_HAND, [row.approved or 0, row.rejected or 0], row.decisions)
            for row in numbers.bands
        ],
        "agreement": [
            [
                shares(
                    BY_HAND, [row.hidden_approved, row.hidden - row.hidden_approved], row.hidden
                ),
                shares(BY_HAND, [row.shown_approved, row.shown - row.shown_approved], row.shown),
            ]
            for row in numbers.agreement
        ],
        "audit": [
            shares(CHECKED, [row.looked_at - row.taken_down, row.taken_down], row.looked_at)
            for row in numbers.audit
        ],
    }
