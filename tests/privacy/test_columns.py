"""docs/privacy.md knows every column: its class, why it is there, and how long it stays."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from moderation.db import Base

PAGE = Path(__file__).parents[2] / "docs" / "privacy.md"
CLASSES = {"public", "moderator", "private", "secret"}
# Columns that nobody may call public or show to moderators, whatever the page says.
NEVER_SEEN = {
    "commenter_emails.ciphertext",
    "commenter_emails.lookup_hash",
    "commenter_emails.anywhere_hash",
    "commenter_emails.domain_hash",
    "bans.lookup_hash",
    "comment_addresses.ciphertext",
    "comment_addresses.range_hash",
    "moderators.email_hash",
    "moderators.email_ciphertext",
    "moderators.password_hash",
    "moderators.totp_ciphertext",
    "webhooks.url_ciphertext",
    "webhooks.secret_ciphertext",
    "webhooks.previous_ciphertext",
    "recovery_codes.code_hash",
    "sign_ins.token_hash",
    "sign_ins.totp_ciphertext",
    "invitations.public_id",
    "invitations.email_hash",
    "invitations.email_ciphertext",
}


class Kept(NamedTuple):
    columns: tuple[str, ...]
    kind: str
    why: str
    stays: str


def rows() -> Iterator[Kept]:
    lines = PAGE.read_text("utf-8").partition("## Every column")[2].splitlines()
    for line in lines:
        if line.startswith("| `"):
            table, columns, kind, why, stays = (cell.strip() for cell in line.strip("|").split("|"))
            names = tuple(f"{table.strip('`')}.{name.strip()}" for name in columns.split(","))
            yield Kept(names, kind, why, stays)


def test_every_column_is_told_once_and_no_other() -> None:
    told = Counter(name for row in rows() for name in row.columns)
    tables = Base.metadata.tables.values()

    assert set(told) == {
        f"{table.name}.{column.name}" for table in tables for column in table.columns
    }
    assert set(told.values()) == {1}


def test_every_column_has_a_class_a_reason_and_a_time() -> None:
    for row in rows():
        assert row.kind in CLASSES, row
        assert row.why, row
        assert row.stays, row


def test_what_nobody_may_see_is_private_or_secret() -> None:
    kinds = {name: row.kind for row in rows() for name in row.columns}

    assert {kinds[name] for name in NEVER_SEEN} == {"private", "secret"}
