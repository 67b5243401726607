"""The password once more, before what a browser left open must not do by itself."""

from moderation.errors import SignInRefused
from moderation.flow.team.passwords import check_password
from moderation.models import Moderator
from moderation.services import services
from moderation.web.forms.team import ConfirmForm
from moderation.web.limits import is_within

WRONG = "This is not your password."


def is_confirmed(moderator: Moderator, password: str) -> bool:
    """Whether the password is theirs; throttled like signing in, by account."""
    if not is_within(services().settings.RATE_SIGN_IN, "confirm", str(moderator.id)):
        return False
    try:
        check_password(moderator, password)
    except SignInRefused:
        return False
    return True


def problem_with(form: ConfirmForm, moderator: Moderator) -> str | None:
    """What is wrong with the form that asks for the password, in a sentence."""
    if not form.validate_on_submit():
        return next((str(e) for found in form.errors.values() for e in found), WRONG)
    return None if is_confirmed(moderator, form.password.data) else WRONG
