"""Rate limits (Flask-Limiter). Addresses are cut to their range and hashed before they count."""

import datetime as dt
import math
import time
from collections.abc import Callable
from typing import TypeVar

from flask import request
from flask_babel import format_timedelta
from flask_babel import gettext as _
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded
from limits import parse_many
from werkzeug.sansio.response import Response

from moderation.privacy.addresses import range_of
from moderation.services import services

UNKNOWN = "unknown"
Answer = TypeVar("Answer", bound=Response)


def address_range() -> str:
    """A keyed hash, of today, of the client's /24 (IPv4) or /48 (IPv6): no address is kept.

    The client's address is the peer's, or what TRUSTED_PROXIES proxies said it is.
    """
    day = services().clock().date().isoformat()
    where = range_of(request.remote_addr) or UNKNOWN
    return services().vault.fingerprint(f"{day} {where}").hex()


# Where the storage of the limits does not answer, each process counts for itself meanwhile.
limiter = Limiter(key_func=address_range, in_memory_fallback_enabled=True)


def retry_after() -> int:
    """Seconds until the limit that this request met lets somebody in again; at least one."""
    met = limiter.current_limit
    return max(1, math.ceil(met.reset_at - time.time())) if met else 60


def say_to_wait() -> str:
    """What a form says that comes back with a 429: that nothing is lost, and when to send it."""
    when = format_timedelta(dt.timedelta(seconds=retry_after()), add_direction=True)
    told = _(
        "Too much was sent from your network at once, so this is not sent yet. Your text is still "
        "here: please send it again %(when)s.",
        when=when,
    )
    return str(told)


def ask_to_wait(answer: Answer) -> Answer:
    """The same answer, a 429, with when to come again."""
    answer.headers["Retry-After"] = str(retry_after())
    return answer


def count_form() -> None:
    """Count one more form for the address range of this request, whichever of RATE_SUBMIT's it is.

    Raises RateLimitExceeded beyond it.
    """
    # Not `limit`: that would count each endpoint by itself.
    with limiter.shared_limit(services().settings.RATE_SUBMIT, scope="forms"):
        pass


def count_report() -> None:
    """Likewise, a report. Raises RateLimitExceeded beyond RATE_REPORT."""
    with limiter.limit(services().settings.RATE_REPORT):
        pass


def lets_in(count: Callable[[], None]) -> bool:
    """Whether `count`, one of those above, raises nothing: for pages that keep what was typed.

    Elsewhere it may raise, as web/errors.py answers that.
    """
    try:
        count()
    except RateLimitExceeded:
        return False
    return True


def is_within(limits: str, *key: str) -> bool:
    """Count one more for `key`; answers whether all of `limits` ("20 per hour; …") still hold."""
    return all(limiter.limiter.hit(limit, *key) for limit in parse_many(limits))


def is_first(limits: str, *key: str) -> bool:
    """Whether this is the first for `key` in a window of `limits`: to tell of something once."""
    once = [type(limit)(1, limit.multiples) for limit in parse_many(limits)]
    return all(limiter.limiter.hit(limit, *key) for limit in once)


def forget_count(limits: str, *key: str) -> None:
    """Let `key` begin anew: what was counted turned out to be no attack."""
    for limit in parse_many(limits):
        limiter.limiter.clear(limit, *key)
