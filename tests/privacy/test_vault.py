"""An email never leaves: not by its ciphertext, not by its hash, not by a stolen file."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url, select

from moderation.db import Database
from moderation.errors import UndecryptableEmail
from moderation.flow.articles import read_page
from moderation.flow.submit import Submission, submit
from moderation.models import CommenterEmail, Moderator, SignIn
from moderation.privacy.vault import Vault, mask, normal_form
from tests import databases
from tests.conftest import SECRETS
from tests.doubles import NOON
from tests.factories import ARTICLE, make_moderator, make_site
from tests.privacy.traces import traces

ROW = "commenter:17"


def _key(letter: bytes) -> str:
    return base64.urlsafe_b64encode(letter * 32).decode().rstrip("=")


VAULT = Vault(vault_key=_key(b"v"), index_key=_key(b"i"))


@given(email=st.text())
def test_what_was_encrypted_is_decrypted(email: str) -> None:
    assert VAULT.decrypt(VAULT.encrypt(email, row=ROW), row=ROW) == email


def test_no_ciphertext_is_like_another() -> None:
    assert VAULT.encrypt("ada@example.com", row=ROW) != VAULT.encrypt("ada@example.com", row=ROW)


@pytest.mark.parametrize("row", ["commenter:1", "commenter:170", "moderator:17", ""])
def test_a_ciphertext_moved_to_another_row_stays_shut(row: str) -> None:
    with pytest.raises(UndecryptableEmail):
        VAULT.decrypt(VAULT.encrypt("ada@example.com", row=ROW), row=row)


def test_another_key_does_not_open_it() -> None:
    other = Vault(vault_key=_key(b"w"), index_key=_key(b"i"))
    with pytest.raises(UndecryptableEmail) as error:
        other.decrypt(VAULT.encrypt("ada@example.com", row=ROW), row=ROW)
    assert "ada" not in str(error.value)


@pytest.mark.parametrize("length", [0, 3, 4, 15, 16, 30])
def test_a_ciphertext_that_was_cut_stays_shut(length: int) -> None:
    with pytest.raises(UndecryptableEmail):
        VAULT.decrypt(VAULT.encrypt("ada@example.com", row=ROW)[:length], row=ROW)


@pytest.mark.parametrize("position", [4, 15, 16, -1])
def test_a_ciphertext_that_was_changed_stays_shut(position: int) -> None:
    changed = bytearray(VAULT.encrypt("ada@example.com", row=ROW))
    changed[position] ^= 1
    with pytest.raises(UndecryptableEmail):
        VAULT.decrypt(bytes(changed), row=ROW)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("ada@example.com", "ada@example.com"),
        ("  Ada@Example.COM ", "ada@example.com"),
        ("ada+news@example.com", "ada@example.com"),
        ("ada+news+more@example.com", "ada@example.com"),
        ("+news@example.com", "+news@example.com"),  # nothing would be left of it
        ("a.da@example.com", "a.da@example.com"),
        ("ada@bücher.de", "ada@xn--bcher-kva.de"),
        ("ada@BÜCHER.de", "ada@xn--bcher-kva.de"),
        ("ada@xn--bcher-kva.de", "ada@xn--bcher-kva.de"),
        ("zoë@example.com", "zoë@example.com"),
        (unicodedata.normalize("NFD", "zoë@example.com"), "zoë@example.com"),
        ("ZOË@example.com", "zoë@example.com"),
        ("No Address", "no address"),
    ],
)
def test_look_up_knows_one_spelling_of_an_address(typed: str, normal: str) -> None:
    assert normal_form(typed.strip()) == normal
    wanted = VAULT.lookup_hash(normal, scope="site:news")
    assert VAULT.lookup_hash(typed.strip(), scope="site:news") == wanted


@given(text=st.text())
def test_any_text_can_be_looked_up(text: str) -> None:
    assert len(VAULT.lookup_hash(text, scope="site:news")) == 36


def test_a_hash_says_nothing_on_another_site_or_with_another_key() -> None:
    other = Vault(vault_key=_key(b"v"), index_key=_key(b"j"))
    hashes = {
        VAULT.lookup_hash("ada@example.com", scope="site:news"),
        VAULT.lookup_hash("ada@example.com", scope="site:olds"),
        VAULT.lookup_hash("ada@example.com", scope="moderators"),
        VAULT.lookup_hash("eve@example.com", scope="site:news"),
        other.lookup_hash("ada@example.com", scope="site:news"),
        VAULT.fingerprint("ada@example.com"),
    }
    assert len(hashes) == 6
    assert len({found[4:] for found in hashes}) == 6


def test_hash_and_ciphertext_begin_with_the_name_of_their_key() -> None:
    other = Vault(vault_key=_key(b"w"), index_key=_key(b"j"))
    one, two = (vault.encrypt("a@b.de", row=ROW) for vault in (VAULT, other))
    assert one[:4] == VAULT.encrypt("c@d.de", row=ROW)[:4]
    assert one[:4] != two[:4]
    one, two = (vault.lookup_hash("a@b.de", scope="x") for vault in (VAULT, other))
    assert one[:4] == VAULT.lookup_hash("c@d.de", scope="x")[:4]
    assert one[:4] != two[:4]


@pytest.mark.parametrize(
    ("email", "masked"),
    [
        ("ada@example.com", "a•••@e•••.com"),
        ("a@b.co.uk", "a•••@b•••.uk"),
        ("", "•••@•••"),
    ],
)
def test_a_masked_address_shows_three_letters_at_most(email: str, masked: str) -> None:
    assert mask(email) == masked


@pytest.mark.parametrize("key", ["", "A" * 42, "A" * 44 + "AA", "not base64 é" + "A" * 32])
@pytest.mark.parametrize("name", ["VAULT_KEY", "INDEX_KEY"])
def test_a_wrong_key_is_named_and_not_shown(name: str, key: str) -> None:
    keys = {"vault_key": _key(b"v"), "index_key": _key(b"i"), name.lower(): key}
    with pytest.raises(ValueError, match=name) as error:
        Vault(**keys)
    assert not key or key not in str(error.value)


def test_a_stolen_database_file_holds_no_email_and_no_plain_hash_of_one(
    sqlite_template: Path, tmp_path: Path
) -> None:
    database = Database(databases.copy_sqlite(sqlite_template, tmp_path))
    _store_and_purge(database)

    files = sorted(tmp_path.glob("comments.db*"))
    assert {file.suffix for file in files} >= {".db", ".db-wal"}
    _assert_untraced(b"".join(file.read_bytes() for file in files))
    database.dispose()


def test_a_stolen_dump_holds_no_email_and_no_plain_hash_of_one(postgres_template: str) -> None:
    dump = shutil.which("pg_dump")
    if dump is None:
        pytest.skip("no pg_dump on this machine")
    with databases.new_postgres(postgres_template) as url:
        database = Database(url)
        _store_and_purge(database)
        database.dispose()
        address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        stolen = subprocess.run([dump, address], capture_output=True, check=True).stdout

    # Binary columns are written in hex.
    raw = [bytes.fromhex(found.decode()) for found in re.findall(rb"\\\\x([0-9a-f]+)", stolen)]
    assert len(raw) > 3
    _assert_untraced(stolen + b"".join(raw))


CANARIES = ("Ada.Canary+tag@Example.com", "grace@example.com", "Purged.Canary@example.com")


def _store_and_purge(database: Database) -> None:
    """A commenter, a moderator, and a commenter whose email is purged again."""
    vault = Vault(vault_key=SECRETS["VAULT_KEY"], index_key=SECRETS["INDEX_KEY"])
    with database.transaction() as session:
        site = make_site(session)
        assert make_moderator(session, vault, email=CANARIES[1]).email_ciphertext
        for email in (CANARIES[0], CANARIES[2]):
            form = Submission(
                submission_id=f"form {len(email)}",
                page=read_page(site, ARTICLE),
                parent="",
                name=f"A name that can be found {len(email)}",
                email=email,
                body="A text that can be found",
            )
            submit(session, site, form, vault=vault, now=NOON, repeat_window=NOON - NOON)
    with database.transaction() as session:
        row = session.scalars(select(CommenterEmail).order_by(CommenterEmail.commenter_id)).all()[
            -1
        ]
        row.ciphertext = row.lookup_hash = None


def _assert_untraced(stolen: bytes) -> None:
    assert b"A text that can be found" in stolen  # it is the right file
    searched = 0
    for email in CANARIES:
        for needle in traces(email):
            assert needle not in stolen.lower()
            searched += 1
    assert searched > 150


def test_traces_are_found_where_they_are() -> None:
    stolen = os.urandom(100) + hashlib.sha256(b"ada@example.com").hexdigest().encode()
    assert any(needle in stolen for needle in traces("ADA@example.com"))
    assert any(needle in b"moc.elpmaxe@ada" for needle in traces("ADA@example.com"))


def test_every_column_that_could_hold_an_email_is_known() -> None:
    """A new table with an email in it must come here and say how it is kept."""
    tables = Moderator.metadata.tables
    columns = [(t.name, c) for t in tables.values() for c in t.columns if not c.foreign_keys]
    named = {f"{table}.{c.name}" for table, c in columns if "mail" in c.name}
    tables_of_team = ("moderators", "invitations")
    assert named == {f"{t}.email_{kind}" for t in tables_of_team for kind in ("hash", "ciphertext")}
    assert {c.name for c in tables["commenter_emails"].columns} == {
        "commenter_id",
        "site_id",
        "lookup_hash",
        "anywhere_hash",
        "domain_hash",
        "ciphertext",
        "wanted_at",
    }
    assert SignIn.__tablename__ in tables


def test_an_address_and_its_domain_are_known_on_all_sites() -> None:
    one = VAULT.hashes("Ada+news@Example.com", site="news")
    other = VAULT.hashes("ada@example.com", site="olds")
    neighbour = VAULT.hashes("eve@EXAMPLE.com", site="news")

    assert one.site != other.site
    assert one.anywhere == other.anywhere != neighbour.anywhere
    assert one.domain == other.domain == neighbour.domain
    assert one.domain != VAULT.hashes("ada@mail.example.com", site="news").domain
    found = {*one, *other, *neighbour}
    assert len(found) == 6  # no hash says anything in another's place
    assert one.site == VAULT.lookup_hashes("ada@example.com", scope="site:news")
