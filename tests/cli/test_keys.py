"""`flask keys`: from fresh keys to old ones that can be thrown away."""

from collections.abc import Callable
from importlib import import_module

import pytest
from click.testing import Result

from moderation.db import Database
from moderation.flow.bans.acts import ban
from moderation.flow.bans.targets import target_of
from moderation.flow.commenters import find_or_create_commenter
from moderation.privacy.vault import Vault
from moderation.setup import new_key
from tests.conftest import SECRETS
from tests.doubles import NOON
from tests.factories import make_address, make_comment, make_moderator, make_site
from tests.flow.notices.owners import make_webhook

Run = Callable[..., Result]
BEFORE = Vault(vault_key=SECRETS["VAULT_KEY"], index_key=SECRETS["INDEX_KEY"])


@pytest.fixture
def overrides() -> dict[str, str]:
    return {
        "VAULT_KEY": new_key(),
        "INDEX_KEY": new_key(),
        "VAULT_KEYS_OLD": SECRETS["VAULT_KEY"],
        "INDEX_KEYS_OLD": SECRETS["INDEX_KEY"],
    }


@pytest.fixture
def stored(database: Database) -> None:
    """Commenters, a moderator, address ranges and a webhook under the keys from before."""
    with database.transaction() as session:
        site = make_site(session)
        for number in range(3):
            find_or_create_commenter(session, site, f"r{number}@a.example", vault=BEFORE, now=NOON)
        make_webhook(session, make_moderator(session, BEFORE), BEFORE)
        for _ in range(2):
            make_address(session, make_comment(session, site), BEFORE)


@pytest.mark.usefixtures("stored")
def test_what_there_is_to_do_is_told_and_done(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("moderation.cli.keys"), "BATCH", 2)
    todo = "To do: 3 commenters, 1 moderators, 2 address ranges, 1 webhooks."
    dry = run("keys", "rotate", "--dry-run")
    assert (dry.exit_code, dry.output.strip()) == (0, todo)

    done = run("keys", "rotate")

    assert done.exit_code == 0
    assert todo in done.output
    assert "VAULT_KEYS_OLD can be emptied." in done.output
    assert "INDEX_KEYS_OLD can be emptied, too." in done.output
    nothing = "To do: 0 commenters, 0 moderators, 0 address ranges, 0 webhooks."
    assert nothing in run("keys", "rotate").output


@pytest.mark.usefixtures("stored")
def test_a_ban_known_by_its_hash_only_keeps_the_old_index_key(run: Run, database: Database) -> None:
    with database.transaction() as session:
        site = make_site(session, "olds")
        ban(session, site, target_of(BEFORE, site, "x@a.example"), now=NOON)

    done = run("keys", "rotate")

    assert done.exit_code == 0
    assert "1 bans and purged commenters are known by an older hash only" in done.output
    assert "INDEX_KEYS_OLD can be emptied" not in done.output


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("overrides", [{"VAULT_KEY": new_key()}])
def test_a_missing_old_key_is_said_with_its_remedy(run: Run) -> None:
    done = run("keys", "rotate")

    assert done.exit_code == 1
    assert "No key here opens 7 emails, address ranges and webhooks" in done.output
    assert "VAULT_KEYS_OLD" in done.output
    assert "can be emptied" not in done.output


def test_a_fresh_key_is_printed_each_time(run: Run) -> None:
    keys = {run("keys", "new").output.strip() for _ in range(2)}

    assert len(keys) == 2
    for key in keys:
        Vault(vault_key=key, index_key=key)


@pytest.mark.parametrize("name", ["VAULT_KEYS_OLD", "INDEX_KEYS_OLD"])
def test_a_wrong_old_key_is_named_and_not_shown(name: str) -> None:
    keys = {"vault_key": new_key(), "index_key": new_key(), f"old_{name[:-4].lower()}": "A" * 30}
    with pytest.raises(ValueError, match=name) as error:
        Vault(**keys)
    assert "AAAA" not in str(error.value)
