"""`flask keys rotate` as a process of its own, while a real server takes comments."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.commenters import find_commenter, find_or_create_commenter
from moderation.flow.keys import count_left
from moderation.models import Comment, Commenter, CommenterEmail, Site
from moderation.privacy.vault import Vault
from moderation.setup import new_key
from tests.conftest import SECRETS
from tests.doubles import NOON
from tests.factories import ARTICLE, make_site
from tests.servers import Installation, Reader, iterate

STORED = 1100  # three batches of the command
READERS = 4
BEFORE = Vault(vault_key=SECRETS["VAULT_KEY"], index_key=SECRETS["INDEX_KEY"])
NEW = {"VAULT_KEY": new_key(), "INDEX_KEY": new_key()}
AFTER = Vault(vault_key=NEW["VAULT_KEY"], index_key=NEW["INDEX_KEY"])
ROTATING = Vault(
    vault_key=NEW["VAULT_KEY"],
    index_key=NEW["INDEX_KEY"],
    old_vault_keys=SECRETS["VAULT_KEY"],
    old_index_keys=SECRETS["INDEX_KEY"],
)


@pytest.fixture
def here(database_url: str) -> Iterator[Database]:
    """The database that the processes share."""
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def installation(database_url: str, here: Database, tmp_path: Path) -> Iterator[Installation]:
    """Commenters under the keys from before, and settings with both pairs of keys."""
    with here.transaction() as session:
        site = make_site(session)
        for number in range(STORED):
            find_or_create_commenter(session, site, known(number), vault=BEFORE, now=NOON)
    env = {
        **SECRETS,
        **NEW,
        "VAULT_KEYS_OLD": SECRETS["VAULT_KEY"],
        "INDEX_KEYS_OLD": SECRETS["INDEX_KEY"],
        "DATABASE_URL": database_url,
        "MODEL_CACHE": str(tmp_path / "models"),
        "ERASED_LIST": str(tmp_path / "erased.list"),
        "SCORER": "worker",
        "SCORE_WAIT": "0",
        "FORM_MIN_AGE": "0",
        "RATE_SUBMIT": "10000 per minute",
        "RATE_COMMENTER": "10000 per minute",
    }
    yield from iterate(Installation(env=env, log=tmp_path / "log"))


def known(number: int) -> str:
    """The email of somebody from before."""
    return f"r{number}@a.example"


@dataclass
class Crowd:
    """Readers who comment until told to stop: each time one from before, then somebody new."""

    url: str
    stop: threading.Event = field(default_factory=threading.Event)
    busy: threading.Event = field(default_factory=threading.Event)
    answers: Counter[int] = field(default_factory=Counter)
    received: dict[str, str] = field(default_factory=dict)  # body → email
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def comment(self, reader: int) -> None:
        """What one of them does."""
        person = Reader(self.url, "news", ARTICLE)
        with person.http:
            for number in range(reader, 100_000, READERS):
                if self.stop.is_set():
                    return
                # From the end, so that some are met before and some after they are turned.
                self._send(person, known(STORED - 1 - number % STORED), f"Known {number}.")
                self._send(person, f"n{number}@b.example", f"New {number}.")

    def _send(self, person: Reader, email: str, body: str) -> None:
        form = {"article": ARTICLE, "name": "Ada", "email": email, "body": body}
        fresh = person.http.get(f"{self.url}/s/news/form-token", params={"article": ARTICLE})
        answer = person.http.post(person.page, data={**form, **fresh.json()})
        with self._lock:
            self.answers[answer.status_code] += 1
            if answer.status_code == 202:
                self.received[body] = email
            if len(self.received) >= 2 * READERS:
                self.busy.set()


@pytest.mark.slow
def test_no_email_and_no_comment_is_lost_and_nobody_is_two_people(
    installation: Installation, here: Database
) -> None:
    with here.reading() as session:
        from_before = set(session.scalars(select(Commenter.id)))
    installation.serve()
    crowd = Crowd(installation.url)
    threads = [threading.Thread(target=crowd.comment, args=(n,)) for n in range(READERS)]
    for thread in threads:
        thread.start()
    try:
        assert crowd.busy.wait(30)
        before = len(crowd.received)
        told = installation.run("keys", "rotate")
        meanwhile = len(crowd.received) - before
    finally:
        crowd.stop.set()
        for thread in threads:
            thread.join()

    assert "Every email, address range and webhook is under the newest keys." in told
    assert meanwhile >= READERS, "comments came while keys turned"
    assert set(crowd.answers) == {202}, crowd.answers
    assert "Traceback" not in installation.log.read_text()
    people = require_all_there(here, crowd.received)
    assert from_before <= people, "who was there is who they were"


def require_all_there(here: Database, received: dict[str, str]) -> set[int]:
    """Fail unless all are under the newest keys, none lost, and each one person; their ids."""
    everyone = {known(number) for number in range(STORED)} | set(received.values())
    with here.reading() as session:
        left = asdict(count_left(session, ROTATING))
        assert not any(left.values()), left
        emails = {
            row.commenter_id: AFTER.decrypt(
                row.ciphertext or b"", row=f"commenter:{row.commenter_id}"
            )
            for row in session.scalars(select(CommenterEmail))
        }
        assert Counter(emails.values()) == Counter(everyone), "each once, none lost"
        assert set(session.scalars(select(Commenter.id))) == emails.keys()
        authors = {row.body: row.commenter_id for row in session.scalars(select(Comment))}
        assert {body: emails[author or 0] for body, author in authors.items()} == received
        site = session.scalars(select(Site)).one()
        for email in everyone:
            found = find_commenter(session, site, email, vault=AFTER)
            assert found is not None
            assert emails[found.id] == email
    return set(emails)
