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


class UnknownParent(ModerationError):
    """The comment to reply to is unknown, not public, or in another thread: told alike."""

    code = "unknown_parent"


class ArticleClosed(ModerationError):
    """Nobody can comment under this article any more."""

    code = "article_closed"


class DuplicateComment(ModerationError):
    """The same name said the same under the same article a moment ago."""

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


class UnknownLink(ModerationError):
    """A mailed link is forged, too old or revoked, or its commenter is gone: told alike."""

    code = "unknown_link"


class MailRefused(ModerationError):
    """The server will never take this mail to this recipient."""

    code = "mail_refused"


class MailFailed(ModerationError):
    """The mail did not leave now: no connection, no login, or the server wants it later.

    The message names the remedy.
    """

    code = "mail_failed"


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


class SignInRefused(ModerationError):
    """Email and password do not belong together, or the account is switched off: told alike."""

    code = "sign_in_refused"


class NotAllowed(ModerationError):
    """The person is signed in but their role does not include this."""

    code = "not_allowed"


class UndecryptableEmail(ModerationError):
    """A stored email cannot be decrypted with the key at hand, or belongs to another row."""

    code = "undecryptable_email"
