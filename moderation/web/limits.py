"""Rate limits (Flask-Limiter). Addresses are cut to their range and hashed before they count."""

import math
import time

from flask import request
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded
from limits import parse_many

from moderation.privacy.addresses import range_of
from moderation.services import services

UNKNOWN = "unknown"


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


def lets_in(limits: str) -> bool:
    """Count one more for the address range of this request; answers whether `limits` still hold."""
    try:
        with limiter.limit(limits):
            return True
    except RateLimitExceeded:
        return False


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
