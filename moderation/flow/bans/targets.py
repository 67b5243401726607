"""What a ban may name: as somebody types it, or as it is stored of a commenter or comment."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from moderation.errors import UndecryptableEmail
from moderation.flow.commenters import open_email
from moderation.models import Comment, CommentAddress, Commenter, CommenterEmail, Site
from moderation.privacy.addresses import mask_range, range_of
from moderation.privacy.vault import Vault, is_email, mask
from moderation.statuses import BanKind
from moderation.text import fold

WORD_MIN, WORD_MAX = 3, 100  # characters; shorter ones stand in too many harmless texts
WORD_PREFIX = "word:"  # what tells a word from an email, where neither is asked for by kind


@dataclass(frozen=True)
class Target:
    """What a ban names on a site, or on all.

    `hashes` are those of each live key, the newest first (of a word none); `label` is what
    colleagues know it by, without learning an address; None where nobody can tell.
    """

    kind: BanKind
    hashes: tuple[bytes, ...] = ()
    label: str | None = None
    word: str | None = None


def target_of(vault: Vault, site: Site | None, whom: str) -> Target:
    """What "ada@example.com", "@example.com", "192.0.2.0/24" or "word:buy now" names.

    On a site, or on all (None). A single address stands for its /24 or /48. Raises ValueError,
    with a sentence for who typed it, for anything else.
    """
    if whom.startswith(WORD_PREFIX):
        return word_target(whom.removeprefix(WORD_PREFIX))
    if whom.startswith("@") and is_email(f"anybody{whom}"):
        return Target(BanKind.DOMAIN, vault.domain_hashes(whom[1:]), _mask_domain(whom))
    if is_email(whom):
        hashes = vault.hashes(whom, site=site.key if site else "")
        return Target(BanKind.EMAIL, hashes.site if site else hashes.anywhere, mask(whom))
    address_range = range_of(whom)
    if address_range is None:
        raise ValueError(
            "name an email, a domain with its @, or a network address; ranges wider than /24 "
            "(IPv4) or /48 (IPv6) cannot be banned"
        )
    hashes_of_range = vault.address_hashes(address_range)
    return Target(BanKind.ADDRESS, hashes_of_range, mask_range(address_range))


def word_target(typed: str) -> Target:
    """A word or a phrase, in the form in which texts are compared. Raises ValueError."""
    word = fold(typed)
    if not WORD_MIN <= len(word) <= WORD_MAX:
        raise ValueError(f"a word has {WORD_MIN} to {WORD_MAX} characters")
    return Target(BanKind.WORD, word=word)


def commenter_target(
    session: Session, vault: Vault, commenter: Commenter, site: Site | None
) -> Target | None:
    """A commenter by what is stored of them, on their site or on all; None where it is no more."""
    row = session.get(CommenterEmail, commenter.id)
    lookup_hash = row and (row.lookup_hash if site else row.anywhere_hash)
    if not lookup_hash:
        return None
    try:
        email = open_email(row, vault)
    except UndecryptableEmail:
        email = None
    return Target(BanKind.EMAIL, (lookup_hash,), mask(email) if email else None)


def network_target(session: Session, vault: Vault, comment: Comment) -> Target | None:
    """The range that a comment came from; None where it is no longer stored."""
    row = session.get(CommentAddress, comment.id)
    if row is None:
        return None
    try:
        label = mask_range(vault.decrypt(row.ciphertext, row=f"address:{comment.id}"))
    except UndecryptableEmail:
        label = None
    return Target(BanKind.ADDRESS, (row.range_hash,), label)


def _mask_domain(domain: str) -> str:
    return mask(domain)[mask(domain).index("@") :]
