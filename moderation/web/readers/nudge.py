"""The nudge: where a site wants it, a form asks once a day whether to change what scores high.

Nothing of the text is kept meanwhile: it goes back with the form. Only a keyed hash of it travels
in the form's token, by which the answer is counted. Whatever is late or fails asks nobody.
"""

import datetime as dt

import structlog
from flask import Response, jsonify, request
from flask_babel import gettext as _
from limits import RateLimitItem, parse
from sqlalchemy.orm import Session

from moderation.flow.commenters import hashes_for
from moderation.flow.nudges import Answer, count_nudge
from moderation.flow.submit import Submission, would_store
from moderation.metrics import SUBMISSIONS
from moderation.policy.thresholds import thresholds_in_force
from moderation.preview import Seen
from moderation.services import services
from moderation.text import fold
from moderation.web.answers import wants_json
from moderation.web.forms.comments import CommentForm
from moderation.web.limits import address_range, limiter
from moderation.web.readers.stand import Stand
from moderation.web.readers.thread import render_thread
from moderation.web.tokens import FormToken, FormTokens

log = structlog.get_logger()

ONCE = parse("1 per day")
# From one range of addresses, whatever emails they give: the question tells that a text scores
# high without anything being posted, and nobody should tune a text by it.
FROM_ONE_RANGE = parse("10 per day")


def nudge(stand: Stand, form: CommentForm, submission: Submission) -> Response | None:
    """The question in place of storing the comment; None where nobody is to be asked.

    Raises what `submit` would raise of a comment that it would refuse.
    """
    token = form.token
    if token is None or not _may_ask(stand, form, token):
        return None
    keys = _keys(stand, submission, token)
    if not _was_asked(keys) and not (_is_open(keys) and _is_new_and_high(stand, submission)):
        return None
    if _begin(keys):
        with services().database.transaction() as session:
            count_nudge(session, stand.site.id, services().clock().date(), Answer.ASKED)
    elif not _was_asked(keys):
        return None  # another form of theirs was faster
    SUBMISSIONS.labels("nudged").inc()
    return _ask(stand, form, token)


def count_answer(session: Session, stand: Stand, form: CommentForm) -> None:
    """Count what became of the question, if this form asked it, with the comment it brought.

    Once: fresh tokens of the same form, made with the one that was answered, say so as well.
    """
    token = form.token
    if token is None or not token.asked:
        return
    day, asked_about, *asking_form = token.asked.split(" ")
    if not limiter.limiter.hit(ONCE, "nudge answer", *asking_form):
        return
    answer = Answer.KEPT if asked_about == _hash_of(form) else Answer.CHANGED
    count_nudge(session, stand.site.id, dt.date.fromisoformat(day), answer)


def _may_ask(stand: Stand, form: CommentForm, token: FormToken) -> bool:
    """Whether site, sender and form allow it. Scripts are asked only where they say so."""
    if not stand.policy.nudge or token.asked or form.website.data or stand.is_closed:
        return False
    return not wants_json() or request.form.get("nudge") == "1"


def _is_new_and_high(stand: Stand, submission: Submission) -> bool:
    """Whether it would be stored, and hold an attribute at or over a limit of the site."""
    with services().database.reading() as session:
        is_new = would_store(
            session,
            stand.site,
            submission,
            vault=services().vault,
            now=services().clock(),
            repeat_window=services().repeat_window,
        )
    if not is_new:
        return False
    within = services().settings.SCORE_WAIT
    seen = services().preview(submission.name, submission.body, within=within)
    return seen is not None and _is_high(stand, seen)


def _is_high(stand: Stand, seen: Seen) -> bool:
    """Of a language that the model does not know its numbers say too little to ask anybody."""
    if seen.score.language not in seen.info.languages:
        return False
    limits = thresholds_in_force(stand.policy, seen.info.presets) or {}
    values = seen.score.attributes
    return any(values[name] >= limit for name, limit in limits.items() if name in values)


Keys = dict[str, tuple[RateLimitItem, tuple[str, ...]]]


def _keys(stand: Stand, submission: Submission, token: FormToken) -> Keys:
    """What is counted for a day, by hashes alone: the form, who writes, and whence."""
    who = address_range()
    if submission.email:
        # Both together: else a stranger could find out whether an address was asked today.
        who += hashes_for(services().vault, stand.site, submission.email)[0].hex()
    return {
        "form": (ONCE, ("nudge form", token.submission_id)),
        "commenter": (ONCE, ("nudge", stand.site.key, who)),
        "range": (FROM_ONE_RANGE, ("nudge range", address_range())),
    }


def _was_asked(keys: Keys) -> bool:
    """Whether this very form got the question: sent a second time, it gets it again."""
    limit, key = keys["form"]
    return not limiter.limiter.test(limit, *key)


def _is_open(keys: Keys) -> bool:
    return all(limiter.limiter.test(*_flat(keys[name])) for name in ("commenter", "range"))


def _begin(keys: Keys) -> bool:
    """Note that the question is asked; False where it was, of this form or this person."""
    if not limiter.limiter.hit(*_flat(keys["form"])):
        return False
    if all(limiter.limiter.hit(*_flat(keys[name])) for name in ("commenter", "range")):
        return True
    limiter.limiter.clear(*_flat(keys["form"]))
    return False


def _flat(entry: tuple[RateLimitItem, tuple[str, ...]]) -> tuple[RateLimitItem, *tuple[str, ...]]:
    return (entry[0], *entry[1])


def _ask(stand: Stand, form: CommentForm, token: FormToken) -> Response:
    """The form as it was sent, with a token that says it was asked."""
    now = services().clock()
    tokens = FormTokens(services().settings.SECRET_KEY.get_secret_value())
    fresh = tokens.issue(
        stand.site.key,
        stand.page.key,
        now=now,
        first_at=token.first_at,
        asked=f"{now.date().isoformat()} {_hash_of(form)} {token.submission_id}",
    )
    message = _(
        "A program finds that this may hurt somebody. It can be wrong. Do you want to change it, "
        "or post it as it is?"
    )
    if wants_json():
        response = jsonify(nudge=True, message=message, csrf_token=fresh)
        response.status_code = 409
        return response
    form["csrf_token"].current_token = fresh
    with services().database.reading() as session:
        return render_thread(
            session, stand, form, status=409, notice={"kind": "nudge", "text": message}
        )


def _hash_of(form: CommentForm) -> str:
    """Tells whether the text is still the same; case and spacing are no change."""
    return services().vault.fingerprint(f"nudge {fold(form.body.data or '')}").hex()[:32]
