"""Keys from before, in the middle and after a change; who is found and turned with them."""

import base64

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.db import Database
from moderation.flow.bans.force import kinds_in_force
from moderation.flow.commenters import find_or_create_commenter
from moderation.flow.keys import rotate_commenters, rotate_moderators
from moderation.models import Comment, Site
from moderation.privacy.vault import Vault
from tests.doubles import NOON

EMAILS = tuple(f"reader{number}@example.com" for number in range(7))


def key(letter: bytes) -> str:
    return base64.urlsafe_b64encode(letter * 32).decode()


BEFORE = Vault(vault_key=key(b"v"), index_key=key(b"i"))
MIDDLE = Vault(
    vault_key=key(b"w"),
    index_key=key(b"j"),
    old_vault_keys=key(b"v"),
    old_index_keys=f"{key(b'h')} {key(b'i')}",
)
AFTER = Vault(vault_key=key(b"w"), index_key=key(b"j"))


def find(session: Session, site: Site, email: str, vault: Vault) -> int:
    commenter = find_or_create_commenter(session, site, email, vault=vault, now=NOON)
    assert commenter
    return commenter.id


def is_banned(session: Session, person: int) -> bool:
    site_id = session.scalars(select(Site.id)).first()
    comment = Comment(id=0, site_id=site_id, commenter_id=person)
    return bool(kinds_in_force(session, comment, now=NOON))


def turn_all(database: Database, vault: Vault = MIDDLE, batch: int = 3) -> list[int]:
    """Rotate in batches, each in a transaction of its own; answers their sizes."""
    sizes, after = [], 0
    while True:
        with database.transaction() as session:
            done = rotate_commenters(session, vault, after=after, limit=batch)
        sizes.append(done.rows)
        if done.last is None:
            break
        after = done.last
    with database.transaction() as session:
        rotate_moderators(session, vault, after=0, limit=batch)
    return sizes
