"""What tests of standing decisions do: set one, and have new comments decided."""

import datetime as dt

from moderation.flow.bulk import Choice, decide_portion, start_batch
from moderation.flow.decide import decide
from moderation.flow.scores import replace_score
from moderation.flow.standing.acts import set_standing
from moderation.models import Comment, Event, Moderator, Score, Site
from moderation.statuses import Change, Code, Reason, Status
from tests.doubles import NOON
from tests.factories import make_comment
from tests.flow.desk import Desk

DAY = dt.timedelta(days=1)
SPAM = "Earn 4000 dollars a week from home, ask me how!"
JOKE = "Plant the mayor instead, you fools, he is wooden enough."
PRESETS = {"balanced": {"toxicity": 0.5}}


def set_one(
    desk: Desk,
    change: Change = Change.REJECTED,
    *,
    body: str = SPAM,
    name: str = "Ada",
    by: Moderator | None = None,
    now: dt.datetime = NOON,
) -> tuple[int, str]:
    """Decide about a held comment as one act, for the like of it too; standing id and batch."""
    moderator = by or desk.grace
    comment_id = desk.comment(body=body, name=name)
    reason = Reason.SPAM if change is Change.REJECTED else None
    with desk.database.transaction() as session:
        comment = session.get_one(Comment, comment_id)
        batch = start_batch(session, moderator, now=now)
        made = set_standing(
            session, comment, change, batch=batch, moderator=moderator, now=now, reason=reason
        )
        choice = Choice(comment.public_id, comment.version)
        decide_portion(
            session, batch.id, [choice], change, moderator=moderator, now=now, reason=reason
        )
        return made.id, batch.public_id


def arrive(
    desk: Desk,
    body: str,
    *,
    now: dt.datetime = NOON,
    toxicity: float | None = 0.1,
    readings: tuple[str, ...] = (),
    site: Site | None = None,
    **known: object,
) -> tuple[Status, Event]:
    """A new comment is stored and decided by the machine; no `toxicity`: nobody scored it."""
    with desk.database.transaction() as session:
        comment = make_comment(
            session,
            session.merge(site or desk.site),
            status=Status.PROCESSING,
            body=body,
            now=now,
            **known,  # type: ignore[arg-type]
        )
        if toxicity is not None:
            replace_score(session, comment, _score(comment, toxicity, now))
        event = decide(
            session,
            comment,
            now=now,
            repeat_window=DAY,
            presets=PRESETS,
            readings=readings,
            failure=None if toxicity is not None else Code.SCORER_UNAVAILABLE,
        )
        return comment.status, event


def _score(comment: Comment, toxicity: float, now: dt.datetime) -> Score:
    return Score(
        comment_id=comment.id,
        model="double",
        checkpoint="0" * 12,
        graph="int8",
        normaliser=1,
        attributes={"toxicity": toxicity},
        complete=True,
        language="en",
        languages=["en"],
        has_words=True,
        created_at=now,
    )
