"""Passwords: argon2id (RFC 9106), not too easy to guess, hashed anew when its parameters change.

Hashing and checking take tens of milliseconds on purpose: call them outside any transaction.
"""

import re
import secrets
import threading
from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import matching, zxcvbn

from moderation.errors import SignInRefused, WeakPassword
from moderation.models import Moderator

PASSWORD_MIN = 10
# zxcvbn's scale from 0 to 4: below 3 somebody who has the hash needs fewer than 10^8 guesses.
STRENGTH_MIN = 3
READ_AT_MOST = 72  # characters that zxcvbn looks at: its time grows faster than the text
OWN_WORDS = ("moderation", "moderator", "moderate", "comments", "comment", "queue", "detoxify")
# Signs that stand for one letter ("c", "i" or "l", "t", "s", "a"). zxcvbn tries all combinations of
# those in a text, for up to 9 s; where there are many, it is given one for each letter.
SIGNS = frozenset("({[<1!|7+5$4@")
SIGNS_AT_MOST = 4
FOLDED = str.maketrans("{[<!|+$@", "(((11754")
TOO_EASY = "This password is too easy to guess. {why}"
LONGER = "Several uncommon words in a row are hard to guess and easy to remember."
_hasher = PasswordHasher()
# zxcvbn keeps the words it is given in a dictionary that all its callers share.
_zxcvbn_lock = threading.Lock()


def new_password() -> str:
    """A generated one, of 128 random bits."""
    return secrets.token_urlsafe(16)


def hash_password(password: str, *, about: Iterable[str] = ()) -> str:
    """The argon2id hash of a new password.

    `about` is what an attacker knows of the person: their address, the key and name of their site.
    Raises WeakPassword, with a sentence for people, where it is too short or too easy to guess.
    """
    if len(password) < PASSWORD_MIN:
        raise WeakPassword(f"A password needs at least {PASSWORD_MIN} characters.")
    why = _why_too_easy(password[:READ_AT_MOST], [*OWN_WORDS, *_words_of(about)])
    if why is not None:
        raise WeakPassword(TOO_EASY.format(why=why or LONGER))
    return _hasher.hash(password)


def check_password(moderator: Moderator | None, password: str) -> Moderator:
    """The moderator, if the password is theirs and the account is on. Raises SignInRefused."""
    is_right = is_password(moderator, password)
    if moderator is None or not is_right or not moderator.is_active:
        raise SignInRefused("email and password do not belong together")
    return moderator


def is_password(moderator: Moderator | None, password: str) -> bool:
    """Whether the password is theirs; takes as long for nobody's account."""
    stored = moderator.password_hash if moderator else _nobodys_hash()
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def hash_again(moderator: Moderator, password: str) -> str | None:
    """A fresh hash of a password just checked, where today's parameters differ from its own."""
    if _hasher.check_needs_rehash(moderator.password_hash):
        return _hasher.hash(password)
    return None


def _why_too_easy(password: str, words: list[str]) -> str | None:
    """A sentence, maybe empty, or None where the password is hard enough."""
    if len(SIGNS & set(password)) > SIGNS_AT_MOST:
        password = password.translate(FOLDED)
    with _zxcvbn_lock:
        found = zxcvbn(password, user_inputs=words)
        matching.RANKED_DICTIONARIES["user_inputs"] = {}  # nobody's address stays behind
    return None if found["score"] >= STRENGTH_MIN else str(found["feedback"]["warning"])


def _words_of(texts: Iterable[str]) -> list[str]:
    """The texts, what stands before an @, and the words in them that are long enough to matter."""
    return [
        word
        for text in texts
        for word in (text, text.partition("@")[0], *re.split(r"\W+", text))
        if len(word) > 2
    ]


@cache
def _nobodys_hash() -> str:
    """Checked for unknown accounts, so that their refusal takes as long as a wrong password's."""
    return _hasher.hash(secrets.token_hex(16))
