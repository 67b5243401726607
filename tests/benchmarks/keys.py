"""`python -m tests.benchmarks.keys`: what the vault costs a submission, and how fast keys change.

As many commenters' keys change as ROWS in the environment says, 20,000 where it is not set.
"""

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import insert

from config import load_settings
from moderation.app import create_app
from moderation.db import Database
from moderation.flow.commenters import hashes_for
from moderation.flow.keys import rotate_commenters
from moderation.models import Commenter, CommenterEmail, Site
from moderation.privacy.vault import Vault
from moderation.setup import new_key
from tests import databases
from tests.benchmarks.measuring import sqlite
from tests.conftest import SECRETS
from tests.doubles import NOON
from tests.factories import make_site
from tests.web.pages import Reader

ROWS = int(os.environ.get("ROWS", "20000"))
BATCH = 500
SUBMISSIONS = 200
# Nobody waits for a score, and nobody is refused.
FAST = {
    "SCORE_WAIT": 0,
    "FORM_MIN_AGE": 0,
    "RATE_SUBMIT": "10000 per minute",
    "LOG_LEVEL": "WARNING",
}


def main() -> None:
    """Print one line a figure."""
    with _database() as (url, _, site):
        _submissions(url, site)
    with _database() as (_, database, site):
        _rotation(database, site)


def _submissions(url: str, site: Site) -> None:
    app = create_app(load_settings(Path(os.devnull), **SECRETS, **FAST, DATABASE_URL=url))
    vault, reader = app.extensions["moderation"].vault, Reader(app.test_client())
    own, whole = [], []
    for number in range(SUBMISSIONS):
        email = f"reader{number}@example.com"
        fields = reader.fields(email=email, name=f"Reader {number}")
        began = time.perf_counter()
        answer = reader.client.post(reader.path, data=fields)
        whole.append(time.perf_counter() - began)
        assert answer.status_code == 202, answer.text
        began = time.perf_counter()
        hashes_for(vault, site, email)  # for the rate limit
        vault.hashes(email, site=site.key)
        vault.encrypt(email, row="commenter:1")
        vault.fingerprints("\0".join(fields.values()))
        own.append(time.perf_counter() - began)
    part, total = statistics.median(own), statistics.median(whole)
    print(f"vault: {part * 1e6:.0f} µs, {part / total:.1%} of a submission of {total * 1e3:.1f} ms")


def _rotation(database: Database, site: Site) -> None:
    before, index_key = new_key(), new_key()
    _store(database, site, Vault(vault_key=before, index_key=index_key))
    after = Vault(
        vault_key=new_key(),
        index_key=new_key(),
        old_vault_keys=before,
        old_index_keys=index_key,
    )
    times, last = [], 0
    while True:
        began = time.perf_counter()
        with database.transaction() as session:
            done = rotate_commenters(session, after, after=last, limit=BATCH)
        times.append(time.perf_counter() - began)
        if done.last is None:
            break
        last = done.last
    half = len(times) // 2
    slower = statistics.median(times[half:]) / statistics.median(times[:half])
    print(f"keys of {ROWS} commenters changed, {ROWS / sum(times):.0f} a second")
    print(f"a batch of the second half takes {slower:.2f} times one of the first")


def _store(database: Database, site: Site, vault: Vault) -> None:
    for start in range(1, ROWS + 1, BATCH):
        ids = range(start, min(start + BATCH, ROWS + 1))
        with database.transaction() as session:
            session.execute(
                insert(Commenter),
                [
                    {"id": i, "public_id": f"reader{i}", "site_id": site.id, "created_at": NOON}
                    for i in ids
                ],
            )
            session.execute(insert(CommenterEmail), [_row(site, vault, i) for i in ids])


def _row(site: Site, vault: Vault, number: int) -> dict[str, object]:
    email = f"reader{number}@example.com"
    hashes = vault.hashes(email, site=site.key)
    return {
        "commenter_id": number,
        "site_id": site.id,
        "lookup_hash": hashes.site[0],
        "anywhere_hash": hashes.anywhere[0],
        "domain_hash": hashes.domain[0],
        "ciphertext": vault.encrypt(email, row=f"commenter:{number}"),
        "wanted_at": NOON,
    }


@contextmanager
def _database() -> Iterator[tuple[str, Database, Site]]:
    """A fresh SQLite database with a site: its address, itself, the site."""
    with sqlite() as url:
        databases.migrate(url)
        database = Database(url)
        with database.transaction() as session:
            site = make_site(session)
        yield url, database, site
        database.dispose()


if __name__ == "__main__":
    main()
