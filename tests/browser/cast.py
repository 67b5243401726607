"""The cast of the stage: comments of every kind that readers and moderators may meet."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.flow import jobs
from moderation.flow.review import decide_by_hand
from moderation.models import Comment, Moderator, Site
from moderation.privacy.links import PrivateLinks
from moderation.statuses import Change, Reason, Status
from moderation.sweep import now
from tests.browser.stage import SECRETS, Stage, settle
from tests.factories import NO_SAMPLES, make_comment

LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 4
CLEAN = (
    ("فاطمة الزهراء", "شكرا جزيلا على هذا المقال. الأشجار جميلة جدا!"),
    ("משה", "איזה עץ יפה, תודה רבה. 1234 abc"),
    (
        "🌳🌲 Tree 🦉",
        "🎉🎉 Wonderful! 👩‍👩‍👧‍👦 https://example.com/trees?a=1&b=2 and www.example.org.",
    ),
    (LONG_WORD[:80], f"{LONG_WORD} https://example.com/{'path/' * 40}"),
    ("<b>Bold</b>", "<script>alert(1)</script> & <img src=x onerror=alert(2)>"),
    ("Reader", "\n\n".join(["A long text about trees and towns. " * 12] * 3)),
)
ANSWERERS = ("Marie", "משה", "فاطمة", "Léopoldine de la Tour d’Auvergne")
RUDE = (
    "Horrible Person With A Very Long Name That Goes On And On",
    "You are a stupid idiot, shut up. Buy pills: https://a.example https://b.example "
    "https://c.example or write to me@example.com, +49 30 901820.",
)


@dataclass(frozen=True)
class Cast:
    """Writes and decides under one article, in one transaction."""

    session: Session
    site: Site
    article: str

    def say(self, name: str, body: str, parent: Comment | None = None) -> Comment:
        """A comment that waits for its score."""
        return make_comment(
            self.session,
            self.site,
            status=Status.PROCESSING,
            name=name,
            body=body,
            parent=parent,
            article=self.article,
            now=now(),
        )

    def decide(self, comment: Comment, change: Change) -> Comment:
        """What the first moderator decides; rejections are for insults."""
        fresh = self.session.get_one(Comment, comment.id)
        decide_by_hand(
            self.session,
            fresh.id,
            change,
            version_seen=fresh.version,
            moderator=self.session.scalars(select(Moderator).order_by(Moderator.id).limit(1)).one(),
            now=now(),
            reason=Reason.INSULT if change is Change.REJECTED else None,
        )
        return fresh


def fill(stage: Stage, article: str) -> None:
    """Put the whole cast under `article`, decided by a scorer and a moderator."""
    with stage.services.database.transaction() as session:
        cast = _cast(session, stage, article)
        cast.site.policy = {**NO_SAMPLES, "suspect_words": ["shut up"], "banned_words": ["pills"]}
        first = cast.say("Ada Lovelace", "What a lovely tree, thank you.\n\nI will go.\nSoon.")
        _answer_in_turn(cast, first)
        gone = cast.say("Ghost", "You are a stupid idiot.")
        for name, body in CLEAN:
            cast.say(name, body)
        rude = cast.say(*RUDE, parent=first)
        for number in range(3):
            cast.say(f"Troll {number}", f"You are all idiots, number {number}.")
        refused = cast.say("Troll", "Such an idiot, and it shows.")
    settle(stage.services)
    with stage.services.database.transaction() as session:
        cast = _cast(session, stage, article)
        cast.say("Witness", "I answer one who is gone.", cast.decide(gone, Change.APPROVED))
        cast.decide(refused, Change.REJECTED)
    settle(stage.services)
    with stage.services.database.transaction() as session:
        cast = _cast(session, stage, article)
        cast.decide(gone, Change.REJECTED)  # leaves a placeholder over the witness
        late = cast.say("Late", "Nobody has scored this yet.")
        # In the hands of a scorer that says nothing: whatever a test settles, this one waits.
        taken = jobs.claim(session, now=now(), lease_for=dt.timedelta(days=1), limit=2)
        assert [each.comment_id for each in taken.comments] == [late.id]
    stage.shown, stage.held = first.public_id, rude.public_id
    stage.private = dict(
        zip(
            (Status.APPROVED, Status.HELD, Status.REJECTED, Status.PROCESSING),
            _private_pages((first, rude, refused, late)),
            strict=True,
        )
    )


def _cast(session: Session, stage: Stage, article: str) -> Cast:
    site = session.scalars(select(Site).where(Site.key == stage.site)).one()
    return Cast(session, site, article)


def _answer_in_turn(cast: Cast, comment: Comment) -> None:
    """Replies as deep as they go, each to the one before."""
    for level, name in enumerate(ANSWERERS, start=1):
        comment = cast.say(name, f"A reply at level {level}: {'word ' * 20}", comment)


def _private_pages(comments: Iterable[Comment]) -> Iterable[str]:
    links = PrivateLinks(SECRETS["SECRET_KEY"])
    return [f"/c/{links.issue(found.public_id, found.link_version)}" for found in comments]
