"""What can go wrong, as types with stable codes. Imports nothing of ours.

`code` is part of the public interface (it stands in JSON answers, events and the log); the
message is for people and may change. `web/errors.py` maps each class to a status and a page.
No message ever holds comment text, an email or a token.
"""


class ModerationError(Exception):
    """Base of every error this package raises on purpose."""

    code = "error"


class ScorerUnavailable(ModerationError):
    """The classifier cannot give numbers now: not compiled, not loadable, or it failed on a text.

    The message names the remedy.
    """

    code = "scorer_unavailable"


class UnknownSite(ModerationError):
    """No site has this key."""

    code = "unknown_site"


class ForeignArticle(ModerationError):
    """The article's address is no http(s) address on one of the site's origins."""

    code = "foreign_article"


class ForeignForm(ModerationError):
    """A form was sent by a page that is neither ours nor on one of the site's origins."""

    code = "foreign_form"


class UnknownParent(ModerationError):
    """The comment to reply to is unknown, not public, or in another thread: told alike."""

    code = "unknown_parent"


class ArticleClosed(ModerationError):
    """Nobody can comment under this article any more."""

    code = "article_closed"


class DuplicateComment(ModerationError):
    """The same name said the same under the same article before."""

    code = "duplicate_comment"


class TokenReused(ModerationError):
    """This form was already sent, with another text."""

    code = "token_reused"


class UnknownComment(ModerationError):
    """No such comment, or none this person may see."""

    code = "unknown_comment"


class UnknownCommenter(ModerationError):
    """No such commenter, or none this person may see."""

    code = "unknown_commenter"


class UnknownBan(ModerationError):
    """No such ban, or none this person may see."""

    code = "unknown_ban"


class UnknownLink(ModerationError):
    """A mailed link is forged, too old or revoked, or its commenter is gone: told alike."""

    code = "unknown_link"


class UnknownDecisionLink(ModerationError):
    """A link that decides from a mail is forged, or its mail is long gone: told alike."""

    code = "unknown_decision_link"


class DecisionLinkOver(ModerationError):
    """A link that decides from a mail was used, is too old, or its reader may decide no more."""

    code = "decision_link_over"


class MailRefused(ModerationError):
    """The server will never take this mail to this recipient."""

    code = "mail_refused"


class MailFailed(ModerationError):
    """The mail did not leave now: no connection, no login, or the server wants it later.

    The message names the remedy.
    """

    code = "mail_failed"


class UnknownWebhook(ModerationError):
    """No such webhook, or none that this owner manages."""

    code = "unknown_webhook"


class TooManyWebhooks(ModerationError):
    """There are as many webhooks as there may be on this site, or on all."""

    code = "too_many_webhooks"


class EditRefused(ModerationError):
    """A commenter cannot edit their comment: its time is over, or what became of it forbids it."""

    code = "edit_refused"

    def __init__(self, hindrance: str) -> None:
        """`hindrance` is one of flow/own/edits.py:Hindrance."""
        super().__init__("this comment cannot be edited")
        self.hindrance = hindrance


class VersionConflict(ModerationError):
    """The comment moved since the moderator saw it."""

    code = "version_conflict"

    def __init__(self, *, status: str, by: str) -> None:
        """`status` is where it stands now, `by` the name of who moved it."""
        super().__init__("The comment moved since it was shown")
        self.status = status
        self.by = by


class NothingToUndo(ModerationError):
    """The last change of this comment was not a moderator's decision."""

    code = "nothing_to_undo"


class UnknownArticle(ModerationError):
    """No article has this number, or one of another site."""

    code = "unknown_article"


class UnknownBatch(ModerationError):
    """No act on many comments of this moderator has this id."""

    code = "unknown_batch"


class UnknownStanding(ModerationError):
    """No such standing decision, or none this person may see."""

    code = "unknown_standing"


class TooManyStanding(ModerationError):
    """As many standing decisions are in force on this site as there may be."""

    code = "too_many_standing"


class UnknownText(ModerationError):
    """No such text of this site, or somebody changed it meanwhile."""

    code = "unknown_text"


class UnknownNote(ModerationError):
    """No such note, or none this person may see."""

    code = "unknown_note"


class NothingToNote(ModerationError):
    """What a note would be about is erased or forgotten: it would reach nobody's copy of theirs."""

    code = "nothing_to_note"


class NothingToAppeal(ModerationError):
    """The comment is not rejected, or its commenter has appealed against that before."""

    code = "nothing_to_appeal"


class OwnAppeal(ModerationError):
    """An appeal is judged by somebody else than who rejected the comment."""

    code = "own_appeal"


class AppealUnanswered(ModerationError):
    """An appeal was to be refused without telling the commenter why."""

    code = "appeal_unanswered"


class AddressNotProven(ModerationError):
    """Nobody proved that this commenter's address is theirs, or it is no longer kept."""

    code = "address_not_proven"


class SignInRefused(ModerationError):
    """Email and password do not belong together, or the account is switched off: told alike."""

    code = "sign_in_refused"


class CodeRefused(ModerationError):
    """The code is none of this person's, was used already, or is too old: told alike."""

    code = "code_refused"


class WeakPassword(ModerationError):
    """The password is too short or too easy to guess. The message says why, never what it was."""

    code = "weak_password"


class UnknownModerator(ModerationError):
    """No such person in the team, or none this person manages."""

    code = "unknown_moderator"


class UnknownInvitation(ModerationError):
    """A link of an invitation is forged, used, too old or withdrawn: told alike."""

    code = "unknown_invitation"


class AlreadyThere(ModerationError):
    """Somebody signs in with this email already."""

    code = "already_there"


class LastOwner(ModerationError):
    """Without this person, nobody active would be an owner of all sites any more."""

    code = "last_owner"


class NotAllowed(ModerationError):
    """The person is signed in but their role does not include this."""

    code = "not_allowed"


class UndecryptableEmail(ModerationError):
    """A stored email cannot be decrypted with the key at hand, or belongs to another row."""

    code = "undecryptable_email"
