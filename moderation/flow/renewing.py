"""While keys change: what is found by an older key's hash moves to the newest.

Bans and what they name move together, so that a ban hits comments that wait, too. `hashes` are
those of one email, domain or address range, the newest first; with one live key nothing is done.
"""

from collections.abc import Sequence

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from moderation.models import Ban, CommentAddress, CommenterEmail, Site

NAMED = (
    (CommenterEmail.commenter_id, CommenterEmail.anywhere_hash),
    (CommenterEmail.commenter_id, CommenterEmail.domain_hash),
    (CommentAddress.comment_id, CommentAddress.range_hash),
)


def renew_email(session: Session, site: Site, hashes: Sequence[bytes]) -> None:
    """Move who is known on a site by an older hash.

    Who is there under the newest already stays; flow/keys.py joins the two.
    """
    newest, *older = hashes
    at_site = CommenterEmail.site_id == site.id
    for lookup_hash in older:
        found = select(exists().where(at_site, CommenterEmail.lookup_hash == newest))
        if session.scalar(found):
            break
        session.execute(
            update(CommenterEmail)
            .where(at_site, CommenterEmail.lookup_hash == lookup_hash)
            .values(lookup_hash=newest)
        )


def renew_bans(session: Session, hashes: Sequence[bytes]) -> None:
    """Move bans, and what they name across sites.

    Where there is a ban under the newest already it stays; flow/keys.py joins the two.
    """
    newest, *older = hashes
    if not older:
        return
    there = set(session.scalars(select(Ban.site_id).where(Ban.lookup_hash == newest)))
    found = session.scalars(select(Ban).where(Ban.lookup_hash.in_(older))).all()
    for row in found:
        if row.site_id not in there:
            there.add(row.site_id)
            row.lookup_hash = newest
    if found:
        renew_named(session, hashes)
    session.flush()


def renew_named(session: Session, hashes: Sequence[bytes]) -> None:
    """Move the emails and comments' addresses that bans of all sites, or of many, would name."""
    newest, *older = hashes
    if not older:
        return
    for row_id, column in NAMED:
        # A locked row is being renewed by who holds it; waiting for each other would be for good.
        free = select(row_id).where(column.in_(older)).with_for_update(skip_locked=True)
        session.execute(update(column.class_).where(row_id.in_(free)).values({column: newest}))
